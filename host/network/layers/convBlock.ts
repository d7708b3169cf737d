import type { Instance } from "../../engine/load.ts";
import { f32, NONE, offset } from "../../engine/memory.ts";
import { aligned } from "../../engine/plan.ts";
import { constant, fanInUniform, plain } from "../parameters.ts";
import { eachBlock } from "../share.ts";
import { type ConvolutionKind, convolutionKernels, TAIL } from "./convolution.ts";
import { bytes, type Layer, type Shape } from "./layer.ts";

const MOMENTUM = 0.1;
const EPSILON = 1e-5;

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
  const convolution = convolutionKernels(kernels, { H, W, C, OC, pad, pool }, kind);
  const { images } = convolution;
  const [inBytes, convolvedBytes, outBytes] = [bytes(inShape, 1), bytes([pixels, OC], 1), bytes(outShape, 1)];
  // A thread's scratch: the kernel's own, the gradient of the convolved block at hand, two means a channel.
  const kernelScratch = aligned(convolution.scratchBytes);
  const spareBytes = aligned(images * convolvedBytes);
  return {
    name,
    modules: [
      { type: "Conv2d", name: `${name}.0`, in: C, out: OC, kernel: 3, pad },
      { type: "BatchNorm2d", name: `${name}.1`, features: OC },
      { type: "ReLU" },
      ...(pool ? [{ type: "MaxPool2d", kernel: 2 } as const] : []),
    ],
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
