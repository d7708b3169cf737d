import { encodeTape } from "../circuit/tape.ts";
import type { Template } from "../circuit/templates.ts";
import type { Kernels, Ptr } from "../engine/kernels.ts";
import type { Instance } from "../engine/load.ts";
import { NONE, u8 } from "../engine/memory.ts";
import { fanInUniform, sizeOf, type TensorSpec } from "./parameters.ts";

const MOMENTUM = 0.1;
const EPSILON = 1e-5;

/** (height, width, channels) of an image, (features) of a vector. */
export type Shape = readonly number[];

/** Where the blocks of one layer lie. Names are the layer's own. */
export interface Blocks {
  params: Record<string, Ptr>;
  grads: Record<string, Ptr>;
  /** What forward keeps for backward, and the layer's output as "out". */
  saved: Record<string, Ptr>;
  scratch: Ptr;
}

/** One step of the network: its tensors, its memory, forward and backward. */
export interface Layer {
  name: string;
  kind: string;
  inShape: Shape;
  outShape: Shape;
  tensors: TensorSpec[];
  /** Multiply-adds of a forward pass for one image; null where the count has no meaning (a circuit). */
  multiplyAdds: number | null;
  /** Bytes of each saved block for a batch of N; "out" is the output. */
  saved(N: number): Record<string, number>;
  /** Bytes of the widest gradient that backward puts into a spare block. */
  spare(N: number): number;
  scratchBytes(N: number): number;
  /** Fills constant blocks once after they are placed. */
  prepare?(blocks: Blocks): void;
  forward(blocks: Blocks, x: Ptr, N: number, training: boolean): void;
  /** Overwrites dx, adds to blocks.grads. dx is NONE for the first layer. dout and spare are free afterwards. */
  backward(blocks: Blocks, dx: Ptr, dout: Ptr, x: Ptr, spare: Ptr, N: number): void;
}

const bytes = (shape: Shape, N: number) => 4 * N * sizeOf(shape);
const plain = { kind: "plain" } as const;
const constant = (value: number) => ({ kind: "constant", value }) as const;

/** Conv2d 3×3, BatchNorm2d, ReLU, and where asked MaxPool2d 2×2: one block of the thesis's network. */
export function convBlock(
  { kernels }: Instance,
  name: string,
  inShape: Shape,
  options: { channels: number; pad: 0 | 1; pool: boolean; first: boolean },
): Layer {
  const [H, W, C] = inShape;
  const { channels: OC, pad, pool, first } = options;
  const OH = H + 2 * pad - 2;
  const OW = W + 2 * pad - 2;
  const outShape = pool ? [OH >> 1, OW >> 1, OC] : [OH, OW, OC];
  const convolution = convolutionKernels(kernels, H, W, C, OC, pad);
  return {
    name,
    kind: `Conv2d 3×3${pad ? " padded" : ""}, BatchNorm2d, ReLU${pool ? ", MaxPool2d 2×2" : ""}`,
    inShape,
    outShape,
    multiplyAdds: OH * OW * OC * 9 * C,
    tensors: [
      {
        name: `${name}.0.weight`,
        role: "param",
        shape: [OC, C, 3, 3],
        layout: { kind: "filter" },
        init: fanInUniform(9 * C),
      },
      { name: `${name}.0.bias`, role: "param", shape: [OC], layout: plain, init: fanInUniform(9 * C) },
      { name: `${name}.1.weight`, role: "param", shape: [OC], layout: plain, init: constant(1) },
      { name: `${name}.1.bias`, role: "param", shape: [OC], layout: plain, init: constant(0) },
      { name: `${name}.1.running_mean`, role: "buffer", shape: [OC], layout: plain, init: constant(0) },
      { name: `${name}.1.running_var`, role: "buffer", shape: [OC], layout: plain, init: constant(1) },
    ],
    saved: (N) => ({
      convolved: bytes([OH, OW, OC], N),
      filters: convolution.filterBytes,
      mean: 4 * OC,
      rstd: 4 * OC,
      out: bytes(outShape, N),
    }),
    spare: (N) => bytes([OH, OW, OC], N),
    scratchBytes: (N) => Math.max(convolution.scratchBytes, 8 * OC * N),
    forward({ params, saved, scratch }, x, N, training) {
      convolution.forward(saved.convolved, saved.filters, x, params["0.weight"], params["0.bias"], scratch, N);
      if (training) {
        kernels.batchNorm2dStatistics(
          saved.mean,
          saved.rstd,
          params["1.running_mean"],
          params["1.running_var"],
          saved.convolved,
          scratch,
          N,
          OH * OW,
          OC,
          MOMENTUM,
          EPSILON,
        );
      } else {
        kernels.batchNorm2dRunning(
          saved.mean,
          saved.rstd,
          params["1.running_mean"],
          params["1.running_var"],
          OC,
          EPSILON,
        );
      }
      const read = [saved.convolved, saved.mean, saved.rstd, params["1.weight"], params["1.bias"]] as const;
      if (pool) kernels.batchNorm2dReluMaxPool2dForward(saved.out, ...read, N, OH, OW, OC);
      else kernels.batchNorm2dReluForward(saved.out, ...read, N * OH * OW, OC);
    },
    backward({ params, grads, saved, scratch }, dx, dout, x, spare, N) {
      const written = [spare, grads["1.weight"], grads["1.bias"]] as const;
      const read = [
        dout,
        saved.convolved,
        saved.mean,
        saved.rstd,
        params["1.weight"],
        params["1.bias"],
        scratch,
      ] as const;
      if (pool) kernels.batchNorm2dReluMaxPool2dBackward(...written, ...read, N, OH, OW, OC);
      else kernels.batchNorm2dReluBackward(...written, ...read, N, OH * OW, OC);
      const filters = convolution.winograd ? saved.filters : params["0.weight"];
      convolution.backward(first ? NONE : dx, grads["0.weight"], grads["0.bias"], spare, x, filters, scratch, N);
    },
  };
}

/** Winograd where channels come in fours, else im2col: the first layer's one or three channels, which also needs no dx. */
function convolutionKernels(kernels: Kernels, H: number, W: number, C: number, OC: number, pad: number) {
  const dimensions = [H, W, C, OC, pad] as const;
  const winograd = C % 4 === 0;
  return {
    winograd,
    filterBytes: winograd ? kernels.conv2dWinogradFilterBytes(C, OC) : 0,
    scratchBytes: winograd
      ? kernels.conv2dWinogradScratchBytes(...dimensions)
      : kernels.conv2dScratchBytes(...dimensions),
    forward(out: Ptr, filters: Ptr, x: Ptr, w: Ptr, b: Ptr, scratch: Ptr, N: number) {
      if (winograd) kernels.conv2dWinogradForward(out, filters, x, w, b, scratch, N, ...dimensions);
      else kernels.conv2dForward(out, x, w, b, scratch, N, ...dimensions);
    },
    /** filters: what forward saved for Winograd, else w. */
    backward(dx: Ptr, dw: Ptr, db: Ptr, dout: Ptr, x: Ptr, filters: Ptr, scratch: Ptr, N: number) {
      const kernel = winograd ? kernels.conv2dWinogradBackward : kernels.conv2dBackward;
      kernel(dx, dw, db, dout, x, filters, scratch, N, ...dimensions);
    },
  };
}

/** Linear, and where asked a ReLU behind it. An image is flattened in PyTorch's order (channel, row, column) as far as files can tell. */
export function linear({ kernels }: Instance, name: string, inShape: Shape, features: number, relu: boolean): Layer {
  const K = sizeOf(inShape);
  const layout =
    inShape.length === 3
      ? ({ kind: "flattened", channels: inShape[2], pixels: inShape[0] * inShape[1] } as const)
      : plain;
  return {
    name,
    kind: relu ? "Linear, ReLU" : "Linear",
    inShape,
    outShape: [features],
    multiplyAdds: K * features,
    tensors: [
      { name: `${name}.weight`, role: "param", shape: [features, K], layout, init: fanInUniform(K) },
      { name: `${name}.bias`, role: "param", shape: [features], layout: plain, init: fanInUniform(K) },
    ],
    saved: (N) => ({ out: bytes([features], N) }),
    spare: () => 0,
    scratchBytes: () => 0,
    forward({ params, saved }, x, N) {
      kernels.linearForward(saved.out, x, params.weight, params.bias, N, K, features);
      if (relu) kernels.reluForward(saved.out, saved.out, N * features);
    },
    backward({ params, grads, saved }, dx, dout, x, _spare, N) {
      if (relu) kernels.reluBackward(dout, dout, saved.out, N * features);
      kernels.linearBackward(dx, grads.weight, grads.bias, dout, x, params.weight, N, K, features);
    },
  };
}

/** tanh: what stands in the quantum layer's place in the dense twin. */
export function tanh({ kernels }: Instance, name: string, features: number): Layer {
  return {
    name,
    kind: "Tanh",
    inShape: [features],
    outShape: [features],
    multiplyAdds: 0,
    tensors: [],
    saved: (N) => ({ out: bytes([features], N) }),
    spare: () => 0,
    scratchBytes: () => 0,
    forward: ({ saved }, x, N) => kernels.tanhForward(saved.out, x, N * features),
    backward: ({ saved }, dx, dout, _x, _spare, N) => kernels.tanhBackward(dx, dout, saved.out, N * features),
  };
}

/** A circuit whose inputs are the features and whose outputs are ⟨Z⟩ on every wire; weights start uniform in [0, 2π) as PennyLane's TorchLayer. */
export function quantum(instance: Instance, name: string, template: Template): Layer {
  const { kernels } = instance;
  const { circuit, tensors } = template;
  const { numWires, numInputs, numWeights } = circuit;
  const tape = encodeTape(circuit);
  const first = tensors[0].name;
  return {
    name,
    kind: `Circuit, ${circuit.operations.length} gates`,
    inShape: [numInputs],
    outShape: [numWires],
    multiplyAdds: null,
    tensors: tensors.map((tensor) => ({
      name: `${name}.${tensor.name}`,
      role: "param",
      shape: [...tensor.shape],
      layout: plain,
      init: { kind: "uniform", low: 0, high: 2 * Math.PI },
    })),
    saved: (N) => ({ tape: tape.bytes.length, out: bytes([numWires], N) }),
    spare: () => 0,
    scratchBytes: () => kernels.quantumScratchBytes(numWires, numWeights, tape.numOps),
    prepare: ({ saved }) => u8(instance, saved.tape, tape.bytes.length).set(tape.bytes),
    forward({ params, saved, scratch }, x, N) {
      kernels.quantumForward(saved.out, x, params[first], saved.tape, scratch, N, numInputs, numWires, tape.numOps);
    },
    backward({ params, grads, saved, scratch }, dx, dout, x, _spare, N) {
      kernels.quantumBackward(
        dx,
        grads[first],
        dout,
        x,
        params[first],
        saved.tape,
        scratch,
        N,
        numInputs,
        numWeights,
        numWires,
        tape.numOps,
      );
    },
  };
}
