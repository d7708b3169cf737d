import type { Ptr } from "../../engine/kernels.ts";
import type { Instance } from "../../engine/load.ts";
import { f32, NONE, offset } from "../../engine/memory.ts";
import { aligned } from "../../engine/plan.ts";
import { constant, fanInUniform, plain, type TensorSpec } from "../parameters.ts";
import { eachBlock, type Share } from "../share.ts";
import { type ConvolutionKind, convolutionKernels, TAIL } from "./convolution.ts";
import { type Blocks, bytes, type Layer, type Shape } from "./layer.ts";
import type { Module } from "./modules.ts";

const MOMENTUM = 0.1;
const EPSILON = 1e-5;

export interface ConvNormOptions {
  channels: number;
  pad: 0 | 1;
  /** What follows: ReLU; ReLU and MaxPool2d 2×2; the sum with `identity`, then ReLU. */
  tail: "relu" | "reluPool" | "addRelu";
  /** Whether the convolution has a bias. */
  bias: boolean;
  /** PyTorch's names of the two modules within the layer. */
  names: { convolution: string; norm: string };
  kind: ConvolutionKind;
}

/** A layer whose forward passes take what is added before ReLU (tail "addRelu"), of the output's shape. */
export interface ConvNorm extends Layer {
  forward(blocks: Blocks, x: Ptr, share: Share, identity?: Ptr): void;
  infer(blocks: Blocks, x: Ptr, first: number, last: number, share: Share, identity?: Ptr): void;
}

/**
 * Conv2d 3×3, BatchNorm2d and what follows them. With tail "addRelu" backward expects dout where ReLU lets it through,
 * and gives the gradient of x alone: that of the identity is dout.
 */
export function convNorm(instance: Instance, name: string, inShape: Shape, options: ConvNormOptions): ConvNorm {
  const { kernels } = instance;
  const [H, W, C] = inShape;
  const { channels: OC, pad, tail, bias, names, kind } = options;
  const pool = tail === "reluPool";
  const adds = tail === "addRelu";
  const OH = H + 2 * pad - 2;
  const OW = W + 2 * pad - 2;
  const pixels = OH * OW;
  const outShape = pool ? [OH >> 1, OW >> 1, OC] : [OH, OW, OC];
  const convolution = convolutionKernels(kernels, { H, W, C, OC, pad, pool }, kind);
  const { images } = convolution;
  const [inBytes, convolvedBytes, outBytes] = [bytes(inShape, 1), bytes([pixels, OC], 1), bytes(outShape, 1)];
  // A thread's scratch: the kernel's own, the gradient of the convolved block at hand, two means a channel.
  const kernelScratch = aligned(convolution.scratchBytes);
  const spareBytes = aligned(images * convolvedBytes);
  const constants: Record<string, number> = {
    ...convolution.constants,
    ...(bias ? {} : { noBias: 0 }),
    // In the place of batch norm's b: every gradient passes the ReLU that the kernels of backward have.
    ...(adds ? { open: Number.POSITIVE_INFINITY } : {}),
  };
  const conv = names.convolution;
  const norm = names.norm;
  const weight = ({ params }: Blocks) => params[`${conv}.weight`];
  const biasOf = ({ params, saved }: Blocks) => (bias ? params[`${conv}.bias`] : saved.noBias);
  const [normW, normB] = [`${norm}.weight`, `${norm}.bias`];
  const running = ({ params }: Blocks) => [params[`${norm}.running_mean`], params[`${norm}.running_var`]] as const;
  return {
    name,
    modules: [
      { type: "Conv2d", name: `${name}.${conv}`, in: C, out: OC, kernel: 3, pad, bias },
      { type: "BatchNorm2d", name: `${name}.${norm}`, features: OC },
      ...(adds ? [{ type: "AddInput" } as const] : []),
      { type: "ReLU" },
      ...(pool ? [{ type: "MaxPool2d", kernel: 2 } as const] : []),
    ] satisfies Module[],
    inShape,
    outShape,
    multiplyAdds: pixels * OC * 9 * C,
    products: convolution.products,
    tensors: tensorsOf(`${name}.${conv}`, `${name}.${norm}`, C, OC, bias),
    saved: (N, groups) => ({
      convolved: N * convolvedBytes,
      moments: groups * 12 * OC,
      sums: groups * 8 * OC,
      mean: 4 * OC,
      rstd: 4 * OC,
      foldedW: 36 * C * OC,
      foldedB: 4 * OC,
      ...convolution.saved,
      ...(bias ? {} : { noBias: 4 * OC }),
      ...(adds ? { open: 4 * OC } : {}),
      out: N * outBytes,
    }),
    partialBytes: convolution.gradientBytes + 4 * OC,
    scratchBytes: kernelScratch + spareBytes + 8 * OC,
    prepare({ saved }) {
      for (const [block, value] of Object.entries(constants)) f32(instance, saved[block], OC).fill(value);
    },
    start(blocks, share) {
      convolution.start?.(blocks.saved, weight(blocks), share);
    },
    forward(blocks, x, share, identity = NONE) {
      const { params, saved } = blocks;
      const { N, size, thread, scratch } = share;
      const { mean, rstd, convolved, moments } = saved;
      eachBlock(share, images, ({ n, count, group, add }) => {
        const out = offset(convolved, n * convolvedBytes);
        const from = offset(x, n * inBytes);
        convolution.forward(out, from, saved, weight(blocks), biasOf(blocks), scratch, count, TAIL.none);
        if (share.running) return;
        kernels.batchNorm2dMoments(offset(moments, group * 12 * OC), out, count, pixels, OC, Number(add));
      });
      // Every thread computes the same statistics and writes the same bits; the running ones must move only once.
      if (share.running) kernels.batchNorm2dRunning(mean, rstd, ...running(blocks), OC, EPSILON);
      else {
        share.barrier();
        const moved = thread === 0 ? running(blocks) : ([NONE, NONE] as const);
        kernels.batchNorm2dStatistics(mean, rstd, ...moved, moments, N, size, pixels, OC, MOMENTUM, EPSILON);
      }
      const own = share.last - share.first;
      const out = offset(saved.out, share.first * outBytes);
      const from = offset(convolved, share.first * convolvedBytes);
      const read = [mean, rstd, params[normW], params[normB]] as const;
      if (pool) kernels.batchNorm2dReluMaxPool2dForward(out, from, ...read, own, OH, OW, OC);
      else if (adds) {
        const added = offset(identity, share.first * outBytes);
        kernels.batchNorm2dAddReluForward(out, from, added, ...read, own * pixels, OC);
      } else kernels.batchNorm2dReluForward(out, from, ...read, own * pixels, OC);
    },
    backward(blocks, dx, dout, x, share) {
      const { params, grads, saved, partial, stride } = blocks;
      const { N, groups, thread, scratch } = share;
      const { mean, rstd, sums } = saved;
      const shift = adds ? saved.open : params[normB];
      const normed = [mean, rstd, params[normW], shift] as const;
      const spare = offset(scratch, kernelScratch);
      const slopes = offset(spare, spareBytes);
      if (share.running) kernels.zero(slopes, 8 * OC);
      else {
        eachBlock(share, images, ({ n, count, group, add }) => {
          const to = offset(sums, group * 8 * OC);
          const read = [offset(dout, n * outBytes), offset(saved.convolved, n * convolvedBytes), ...normed] as const;
          if (pool) kernels.batchNorm2dReluMaxPool2dSums(to, ...read, count, OH, OW, OC, Number(add));
          else kernels.batchNorm2dReluSums(to, ...read, count, pixels, OC, Number(add));
        });
        share.barrier();
        const [dw, db] = thread === 0 ? [grads[normW], grads[normB]] : [NONE, NONE];
        kernels.batchNorm2dGradients(slopes, dw, db, sums, rstd, groups, N * pixels, OC);
      }
      eachBlock(share, images, ({ n, count, group, add }) => {
        const convolved = offset(saved.convolved, n * convolvedBytes);
        const read = [offset(dout, n * outBytes), convolved, ...normed, slopes] as const;
        if (pool) kernels.batchNorm2dReluMaxPool2dCentre(spare, ...read, count, OH, OW, OC);
        else kernels.batchNorm2dReluCentre(spare, ...read, count * pixels, OC);
        const sum = offset(partial, group * stride);
        const to = dx === NONE ? NONE : offset(dx, n * inBytes);
        const written = [to, sum, offset(sum, convolution.gradientBytes)] as const;
        const from = offset(x, n * inBytes);
        convolution.backward(...written, spare, from, saved, weight(blocks), scratch, count, Number(add));
      });
    },
    reduce({ grads, partial, stride }, share) {
      convolution.reduce(grads[`${conv}.weight`], partial, stride, share);
      const db = offset(partial, convolution.gradientBytes);
      if (bias && share.thread === 0) kernels.addGroups(grads[`${conv}.bias`], db, share.groups, stride, OC);
    },
    fold(blocks, share) {
      const { foldedW, foldedB } = blocks.saved;
      if (share.thread === 0) {
        const { params } = blocks;
        const read = [weight(blocks), biasOf(blocks), params[normW], params[normB], ...running(blocks)] as const;
        kernels.batchNorm2dFold(foldedW, foldedB, ...read, 9 * C, OC, EPSILON);
      }
      share.barrier();
      convolution.fold?.(blocks.saved, foldedW, share);
    },
    infer({ saved }, x, from, to, { scratch }, identity = NONE) {
      const after = pool ? TAIL.reluPool : adds ? TAIL.none : TAIL.relu;
      for (let n = from; n < to; n += images) {
        const count = Math.min(images, to - n);
        const out = offset(saved.out, n * outBytes);
        const { foldedW, foldedB } = saved;
        convolution.forward(out, offset(x, n * inBytes), saved, foldedW, foldedB, scratch, count, after);
        if (adds) kernels.addReluForward(out, out, offset(identity, n * outBytes), count * pixels * OC);
      }
    },
  };
}

function tensorsOf(conv: string, norm: string, C: number, OC: number, bias: boolean): TensorSpec[] {
  const init = fanInUniform(9 * C);
  const each = (name: string, role: TensorSpec["role"], value: number): TensorSpec => ({
    ...{ name: `${norm}.${name}`, role, shape: [OC], layout: plain, init: constant(value) },
  });
  return [
    { name: `${conv}.weight`, role: "param", shape: [OC, C, 3, 3], layout: { kind: "filter" }, init },
    ...(bias ? [{ name: `${conv}.bias`, role: "param", shape: [OC], layout: plain, init } satisfies TensorSpec] : []),
    ...[each("weight", "param", 1), each("bias", "param", 0)],
    ...[each("running_mean", "buffer", 0), each("running_var", "buffer", 1)],
  ];
}
