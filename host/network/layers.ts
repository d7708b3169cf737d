import { encodeTape } from "../circuit/tape.ts";
import type { Template } from "../circuit/templates.ts";
import type { Kernels, Ptr } from "../engine/kernels.ts";
import type { Instance } from "../engine/load.ts";
import { f32, NONE, offset, u8 } from "../engine/memory.ts";
import { aligned } from "../engine/plan.ts";
import { STREAMS } from "../engine/random.ts";
import { fanInUniform, sizeOf, type TensorSpec } from "./parameters.ts";
import { eachBlock, eachGroup, type Share } from "./share.ts";

const MOMENTUM = 0.1;
const EPSILON = 1e-5;
/** What conv2d kernels do behind the convolution. */
const TAIL = { none: 0, relu: 1, reluPool: 2 } as const;

/** (height, width, channels) of an image, (features) of a vector. */
export type Shape = readonly number[];

/** Where the blocks of one layer lie. Names are the layer's own. */
export interface Blocks {
  params: Record<string, Ptr>;
  grads: Record<string, Ptr>;
  /** What forward keeps for backward, and the layer's output as "out". */
  saved: Record<string, Ptr>;
  /** A part of `stride` bytes for every group of images: the group's sums towards grads. */
  partial: Ptr;
  stride: number;
}

/** One step of the network: its tensors, its memory, forward and backward for one thread's share of the batch. */
export interface Layer {
  name: string;
  /** PyTorch's modules in order, with commas between; the first word of each says which. */
  kind: string;
  inShape: Shape;
  outShape: Shape;
  tensors: TensorSpec[];
  /** Whether its tensors stay as they are; it then works as in inference. */
  frozen?: boolean;
  /** Multiply-adds of a forward pass for one image; null where the count has no meaning (a circuit). */
  multiplyAdds: number | null;
  /** Those that a forward pass really does in matrix products, where Winograd's are fewer. */
  products?: number;
  /** Bytes of each saved block for a batch of N in `groups` groups; "out" is the output. */
  saved(N: number, groups: number): Record<string, number>;
  /** Bytes of one group's partial sums. */
  partialBytes: number;
  /** Bytes of scratch a thread. */
  scratchBytes: number;
  /** Fills constant blocks once after they are placed. */
  prepare?(blocks: Blocks): void;
  /** Before a training pass: what depends on params alone. */
  start?(blocks: Blocks, share: Share): void;
  forward(blocks: Blocks, x: Ptr, share: Share): void;
  /**
   * Overwrites dx, and the partial sums of the share's groups. dx is NONE for the first layer. dout is free afterwards.
   */
  backward(blocks: Blocks, dx: Ptr, dout: Ptr, x: Ptr, share: Share): void;
  /** Adds the partial sums of all groups to grads, in their order. */
  reduce?(blocks: Blocks, share: Share): void;
  /** Before inference with changed params or running statistics. */
  fold?(blocks: Blocks, share: Share): void;
  /** Forward with running statistics, for images first … last − 1 of the batch. Default: forward. */
  infer?(blocks: Blocks, x: Ptr, first: number, last: number, share: Share): void;
}

const bytes = (shape: Shape, N: number) => 4 * N * sizeOf(shape);
const plain = { kind: "plain" } as const;
const constant = (value: number) => ({ kind: "constant", value }) as const;

/** How a 3×3 convolution is computed; "direct" is there to compare with. */
export type ConvolutionKind = "winograd" | "direct";

/** Conv2d 3×3, BatchNorm2d, ReLU, and where asked MaxPool2d 2×2: one block of the thesis's network. */
export function convBlock(
  instance: Instance,
  name: string,
  inShape: Shape,
  options: { channels: number; pad: 0 | 1; pool: boolean; first: boolean; kind: ConvolutionKind },
): Layer {
  const { kernels } = instance;
  const [H, W, C] = inShape;
  const { channels: OC, pad, pool, first, kind } = options;
  const OH = H + 2 * pad - 2;
  const OW = W + 2 * pad - 2;
  const pixels = OH * OW;
  const outShape = pool ? [OH >> 1, OW >> 1, OC] : [OH, OW, OC];
  const convolve = kind === "winograd" && C % 4 === 0 ? winogradKernels : directKernels;
  const convolution = convolve(kernels, { H, W, C, OC, pad, pool });
  const { images } = convolution;
  const [inBytes, convolvedBytes, outBytes] = [bytes(inShape, 1), bytes([pixels, OC], 1), bytes(outShape, 1)];
  // A thread's scratch: the kernel's own, the gradient of the convolved block at hand, two means a channel.
  const kernelScratch = aligned(convolution.scratchBytes);
  const spareBytes = aligned(images * convolvedBytes);
  return {
    name,
    kind: `Conv2d 3×3${pad ? " padded" : ""}, BatchNorm2d, ReLU${pool ? ", MaxPool2d 2×2" : ""}`,
    inShape,
    outShape,
    multiplyAdds: pixels * OC * 9 * C,
    products: convolution.products,
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
    saved: (N, groups) => ({
      convolved: N * convolvedBytes,
      moments: groups * 12 * OC,
      sums: groups * 8 * OC,
      mean: 4 * OC,
      rstd: 4 * OC,
      foldedW: 36 * C * OC,
      foldedB: 4 * OC,
      ...convolution.saved,
      out: N * outBytes,
    }),
    partialBytes: convolution.gradientBytes + 4 * OC,
    scratchBytes: kernelScratch + spareBytes + 8 * OC,
    prepare({ saved }) {
      for (const [block, value] of Object.entries(convolution.constants)) f32(instance, saved[block], OC).fill(value);
    },
    start({ params, saved }, share) {
      convolution.start?.(saved, params["0.weight"], share);
    },
    forward({ params, saved }, x, share) {
      const { N, size, thread, scratch } = share;
      const { mean, rstd, convolved, moments } = saved;
      eachBlock(share, images, ({ n, count, group, add }) => {
        const out = offset(convolved, n * convolvedBytes);
        const from = offset(x, n * inBytes);
        convolution.forward(out, from, saved, params["0.weight"], params["0.bias"], scratch, count, TAIL.none);
        kernels.batchNorm2dMoments(offset(moments, group * 12 * OC), out, count, pixels, OC, Number(add));
      });
      share.barrier();
      // Every thread computes the same statistics and writes the same bits; the running ones must move only once.
      const [rm, rv] = thread === 0 ? [params["1.running_mean"], params["1.running_var"]] : [NONE, NONE];
      kernels.batchNorm2dStatistics(mean, rstd, rm, rv, moments, N, size, pixels, OC, MOMENTUM, EPSILON);
      const own = share.last - share.first;
      const out = offset(saved.out, share.first * outBytes);
      const from = offset(convolved, share.first * convolvedBytes);
      const read = [from, mean, rstd, params["1.weight"], params["1.bias"]] as const;
      if (pool) kernels.batchNorm2dReluMaxPool2dForward(out, ...read, own, OH, OW, OC);
      else kernels.batchNorm2dReluForward(out, ...read, own * pixels, OC);
    },
    backward({ params, grads, saved, partial, stride }, dx, dout, x, share) {
      const { N, groups, thread, scratch } = share;
      const { mean, rstd, sums } = saved;
      const norm = [mean, rstd, params["1.weight"], params["1.bias"]] as const;
      const spare = offset(scratch, kernelScratch);
      const slopes = offset(spare, spareBytes);
      eachBlock(share, images, ({ n, count, group, add }) => {
        const to = offset(sums, group * 8 * OC);
        const read = [offset(dout, n * outBytes), offset(saved.convolved, n * convolvedBytes), ...norm] as const;
        if (pool) kernels.batchNorm2dReluMaxPool2dSums(to, ...read, count, OH, OW, OC, Number(add));
        else kernels.batchNorm2dReluSums(to, ...read, count, pixels, OC, Number(add));
      });
      share.barrier();
      const [dw, db] = thread === 0 ? [grads["1.weight"], grads["1.bias"]] : [NONE, NONE];
      kernels.batchNorm2dGradients(slopes, dw, db, sums, rstd, groups, N * pixels, OC);
      eachBlock(share, images, ({ n, count, group, add }) => {
        const read = [
          offset(dout, n * outBytes),
          offset(saved.convolved, n * convolvedBytes),
          ...norm,
          slopes,
        ] as const;
        if (pool) kernels.batchNorm2dReluMaxPool2dCentre(spare, ...read, count, OH, OW, OC);
        else kernels.batchNorm2dReluCentre(spare, ...read, count * pixels, OC);
        const sum = offset(partial, group * stride);
        const written = [first ? NONE : offset(dx, n * inBytes), sum, offset(sum, convolution.gradientBytes)] as const;
        const from = offset(x, n * inBytes);
        convolution.backward(...written, spare, from, saved, params["0.weight"], scratch, count, Number(add));
      });
    },
    reduce({ grads, partial, stride }, share) {
      convolution.reduce(grads["0.weight"], partial, stride, share);
      const db = offset(partial, convolution.gradientBytes);
      if (share.thread === 0) kernels.addGroups(grads["0.bias"], db, share.groups, stride, OC);
    },
    fold({ params, saved }, share) {
      const { foldedW, foldedB } = saved;
      if (share.thread === 0) {
        const convolutionRead = [params["0.weight"], params["0.bias"]] as const;
        const normRead = [
          params["1.weight"],
          params["1.bias"],
          params["1.running_mean"],
          params["1.running_var"],
        ] as const;
        kernels.batchNorm2dFold(foldedW, foldedB, ...convolutionRead, ...normRead, 9 * C, OC, EPSILON);
      }
      share.barrier();
      convolution.fold?.(saved, foldedW, share);
    },
    infer({ saved }, x, from, to, { scratch }) {
      const tail = pool ? TAIL.reluPool : TAIL.relu;
      for (let n = from; n < to; n += images) {
        const count = Math.min(images, to - n);
        const out = offset(saved.out, n * outBytes);
        const { foldedW, foldedB } = saved;
        convolution.forward(out, offset(x, n * inBytes), saved, foldedW, foldedB, scratch, count, tail);
      }
    },
  };
}

interface ConvolutionShape {
  H: number;
  W: number;
  C: number;
  OC: number;
  pad: number;
  pool: boolean;
}

/** One way to compute a convolution, for blocks of at most `images` images. */
interface ConvolutionKernels {
  images: number;
  /** Multiply-adds of one image's matrix products. */
  products: number;
  saved: Record<string, number>;
  scratchBytes: number;
  /** Bytes of a group's sum towards dw. */
  gradientBytes: number;
  /** Saved blocks that hold one number throughout. */
  constants: Record<string, number>;
  start?(saved: Blocks["saved"], w: Ptr, share: Share): void;
  fold?(saved: Blocks["saved"], w: Ptr, share: Share): void;
  forward(out: Ptr, x: Ptr, saved: Blocks["saved"], w: Ptr, b: Ptr, scratch: Ptr, N: number, tail: number): void;
  backward(
    dx: Ptr,
    dw: Ptr,
    db: Ptr,
    dout: Ptr,
    x: Ptr,
    saved: Blocks["saved"],
    w: Ptr,
    scratch: Ptr,
    N: number,
    add: number,
  ): void;
  reduce(dw: Ptr, partial: Ptr, stride: number, share: Share): void;
}

/** Winograd's F(m×m, 3×3), with the m that needs the fewest products. */
function winogradKernels(kernels: Kernels, { H, W, C, OC, pad, pool }: ConvolutionShape): ConvolutionKernels {
  const [OH, OW] = [H + 2 * pad - 2, W + 2 * pad - 2];
  const m = tileSize(OH, OW, pool);
  const image = [H, W, C, OC, pad] as const;
  const filterBytes = kernels.conv2dWinogradFilterBytes(m, C, OC);
  const tiles = tilesOf(OH, OW, m);
  const images = blockImages(tiles);
  return {
    images,
    products: tiles * (m + 2) ** 2 * C * OC,
    saved: { u: filterBytes, ut: filterBytes },
    scratchBytes: kernels.conv2dWinogradScratchBytes(m, images, ...image),
    gradientBytes: filterBytes,
    constants: {},
    start({ u, ut }, w, share) {
      kernels.conv2dWinogradFilters(u, ut, w, share.scratch, m, C, OC, ...share.slice(C));
    },
    fold({ u }, w, share) {
      kernels.conv2dWinogradFilters(u, NONE, w, share.scratch, m, C, OC, ...share.slice(C));
    },
    forward(out, x, { u }, _w, b, scratch, N, tail) {
      kernels.conv2dWinogradForward(out, x, u, b, scratch, m, N, ...image, tail);
    },
    backward(dx, du, db, dout, x, { ut }, _w, scratch, N, add) {
      kernels.conv2dWinogradBackward(dx, du, db, dout, x, ut, scratch, m, N, ...image, add);
    },
    reduce(dw, du, stride, share) {
      const { scratch, groups } = share;
      kernels.conv2dWinogradFilterGradient(dw, du, scratch, groups, stride, m, C, OC, ...share.slice(C));
    },
  };
}

/** Direct sums: the first layer, whose one or three channels fill no vector and which needs no dx. */
function directKernels(kernels: Kernels, { H, W, C, OC, pad, pool }: ConvolutionShape): ConvolutionKernels {
  const image = [H, W, C, OC, pad] as const;
  const pooled = [H + 2 * pad - 2, W + 2 * pad - 2, OC] as const;
  const kernelScratch = aligned(kernels.conv2dScratchBytes(...image));
  return {
    images: 1,
    products: pooled[0] * pooled[1] * OC * 9 * C,
    saved: pool ? { zeros: 4 * OC, ones: 4 * OC } : {},
    scratchBytes: kernelScratch + (pool ? bytes(pooled, 1) : 0),
    gradientBytes: aligned(36 * C * OC),
    constants: pool ? { ones: 1 } : {},
    forward(out, x, { zeros, ones }, w, b, scratch, N, tail) {
      const to = tail === TAIL.reluPool ? offset(scratch, kernelScratch) : out;
      kernels.conv2dForward(to, x, w, b, scratch, N, ...image, tail);
      // max(0, (x − 0) · 1 · 1 + 0): the pooling kernel alone. Only networks made of direct sums, which are there to
      // compare with, come here.
      if (to !== out) kernels.batchNorm2dReluMaxPool2dForward(out, to, zeros, ones, ones, zeros, N, ...pooled);
    },
    backward(dx, dw, db, dout, x, _saved, w, scratch, N, add) {
      kernels.conv2dBackward(dx, dw, db, dout, x, w, scratch, N, ...image, add);
    },
    reduce(dw, partial, stride, share) {
      if (share.thread === 0) kernels.addGroups(dw, partial, share.groups, stride, 9 * C * OC);
    },
  };
}

function tilesOf(OH: number, OW: number, m: number): number {
  return Math.ceil(OH / m) * Math.ceil(OW / m);
}

/** Fewest products of a tile size; a pooled layer's tile is even. The smaller of equals rounds less. */
export function tileSize(OH: number, OW: number, pool: boolean): number {
  const products = (m: number) => tilesOf(OH, OW, m) * (m + 2) ** 2;
  return [4, 5, 6].filter((m) => !pool || m % 2 === 0).reduce((best, m) => (products(m) < products(best) ? m : best));
}

/**
 * Images a block of Winograd's: products of 64 rows, which is where they stop getting faster; at most 16 images, a
 * group.
 */
function blockImages(tiles: number): number {
  return Math.min(16, Math.max(1, Math.floor(64 / tiles)));
}

/** Dropout with probability p where the pass draws random numbers; else, and in inference, nothing changes. */
export function dropout(instance: Instance, name: string, inShape: Shape, p: number): Layer {
  const { kernels } = instance;
  const K = sizeOf(inShape);
  const row = 4 * K;
  return {
    name,
    kind: `Dropout ${p}`,
    inShape,
    outShape: inShape,
    multiplyAdds: 0,
    tensors: [],
    saved: (N) => ({ mask: N * row, out: N * row }),
    partialBytes: 0,
    scratchBytes: 0,
    forward({ saved }, x, { first, last, ids, draw }) {
      const [out, mask, from] = [saved.out, saved.mask, x].map((at) => offset(at, first * row));
      const { seed, epoch } = draw ?? { seed: 0, epoch: 0 };
      const numbers = [draw ? p : 0, seed, STREAMS.dropout, epoch] as const;
      kernels.dropoutForward(out, mask, from, offset(ids, 4 * first), last - first, K, ...numbers);
    },
    backward({ saved }, dx, dout, _x, { first, last }) {
      const [to, from, mask] = [dx, dout, saved.mask].map((at) => offset(at, first * row));
      kernels.dropoutBackward(to, from, mask, last - first, K);
    },
    infer({ saved }, x, first, last) {
      const count = (last - first) * row;
      u8(instance, offset(saved.out, first * row), count).set(u8(instance, offset(x, first * row), count));
      f32(instance, offset(saved.mask, first * row), count / 4).fill(1); // for gradientAt
    },
  };
}

/**
 * Linear, and where asked a ReLU behind it. An image is flattened in PyTorch's order (channel, row, column) as far as
 * files can tell.
 */
export function linear({ kernels }: Instance, name: string, inShape: Shape, features: number, relu: boolean): Layer {
  const K = sizeOf(inShape);
  const layout =
    inShape.length === 3
      ? ({ kind: "flattened", channels: inShape[2], pixels: inShape[0] * inShape[1] } as const)
      : plain;
  const partialBytes = 4 * features * (K + 1);
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
    partialBytes,
    scratchBytes: 0,
    forward({ params, saved }, x, { first, last }) {
      const out = offset(saved.out, first * 4 * features);
      kernels.linearForward(out, offset(x, first * 4 * K), params.weight, params.bias, last - first, K, features);
      if (relu) kernels.reluForward(out, out, (last - first) * features);
    },
    backward({ params, saved, partial, stride }, dx, dout, x, share) {
      eachGroup(share, ({ n, count, group }) => {
        const [dy, out] = [offset(dout, n * 4 * features), offset(saved.out, n * 4 * features)];
        const dw = offset(partial, group * stride);
        kernels.zero(dw, partialBytes);
        if (relu) kernels.reluBackward(dy, dy, out, count * features);
        const db = offset(dw, 4 * features * K);
        kernels.linearBackward(
          offset(dx, n * 4 * K),
          dw,
          db,
          dy,
          offset(x, n * 4 * K),
          params.weight,
          count,
          K,
          features,
        );
      });
    },
    reduce: addPartialSums(kernels, "weight", features * (K + 1)),
  };
}

/** tanh: what stands in the quantum layer's place in the dense twin. */
export function tanh({ kernels }: Instance, name: string, features: number): Layer {
  const row = 4 * features;
  return {
    name,
    kind: "Tanh",
    inShape: [features],
    outShape: [features],
    multiplyAdds: 0,
    tensors: [],
    saved: (N) => ({ out: N * row }),
    partialBytes: 0,
    scratchBytes: 0,
    forward({ saved }, x, { first, last }) {
      kernels.tanhForward(offset(saved.out, first * row), offset(x, first * row), (last - first) * features);
    },
    backward({ saved }, dx, dout, _x, { first, last }) {
      const [to, from, out] = [dx, dout, saved.out].map((at) => offset(at, first * row));
      kernels.tanhBackward(to, from, out, (last - first) * features);
    },
  };
}

/** The products of {1, cos, sin} of the features: see assembly/ops/trigonometric.ts. */
export function trigonometric({ kernels }: Instance, name: string, wires: number): Layer {
  const features = 3 ** wires - 1;
  return {
    name,
    kind: "Products of cos and sin",
    inShape: [wires],
    outShape: [features],
    multiplyAdds: features,
    tensors: [],
    saved: (N) => ({ out: bytes([features], N) }),
    partialBytes: 0,
    scratchBytes: kernels.trigonometricScratchBytes(wires),
    forward({ saved }, x, { first, last, scratch }) {
      const [to, from] = [offset(saved.out, first * 4 * features), offset(x, first * 4 * wires)];
      kernels.trigonometricForward(to, from, scratch, last - first, wires);
    },
    backward(_blocks, dx, dout, x, { first, last, scratch }) {
      const [to, from] = [offset(dx, first * 4 * wires), offset(dout, first * 4 * features)];
      kernels.trigonometricBackward(to, from, offset(x, first * 4 * wires), scratch, last - first, wires);
    },
  };
}

/**
 * A circuit whose inputs are the features and whose outputs are ⟨Z⟩ on every wire; weights start uniform in [0, 2π) as
 * PennyLane's TorchLayer.
 */
export function quantum(instance: Instance, name: string, template: Template): Layer {
  const { kernels } = instance;
  const { circuit, tensors } = template;
  const { numWires, numInputs, numWeights } = circuit;
  const tape = encodeTape(circuit);
  const first = tensors[0].name;
  const sizes = [numInputs, numWires, tape.numOps] as const;
  return {
    name,
    kind: `Circuit of ${circuit.operations.length} gates`,
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
    partialBytes: 4 * numWeights,
    scratchBytes: kernels.quantumScratchBytes(numWires, numWeights, tape.numOps),
    prepare: ({ saved }) => u8(instance, saved.tape, tape.bytes.length).set(tape.bytes),
    forward({ params, saved }, x, share) {
      const out = offset(saved.out, share.first * 4 * numWires);
      const from = offset(x, share.first * 4 * numInputs);
      kernels.quantumForward(out, from, params[first], saved.tape, share.scratch, share.last - share.first, ...sizes);
    },
    backward({ params, saved, partial, stride }, dx, dout, x, share) {
      eachGroup(share, ({ n, count, group }) => {
        const dweights = offset(partial, group * stride);
        kernels.zero(dweights, 4 * numWeights);
        const written = [offset(dx, n * 4 * numInputs), dweights] as const;
        const read = [offset(dout, n * 4 * numWires), offset(x, n * 4 * numInputs), params[first], saved.tape] as const;
        kernels.quantumBackward(
          ...written,
          ...read,
          share.scratch,
          count,
          numInputs,
          numWeights,
          numWires,
          tape.numOps,
        );
      });
    },
    reduce: addPartialSums(kernels, first, numWeights),
  };
}

/** For a layer whose partial sums lie like its params, the first tensor of which is `first`: n numbers. */
function addPartialSums(kernels: Kernels, first: string, n: number): Layer["reduce"] {
  return ({ grads, partial, stride }, { thread, groups }) => {
    // Layers lie at whole cache lines, in grads and in the partial sums: the last vector may run over into padding.
    if (thread === 0) kernels.addGroups(grads[first], partial, groups, stride, Math.ceil(n / 4) * 4);
  };
}
