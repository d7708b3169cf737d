import type { Ptr } from "../../engine/kernels.ts";
import type { Instance } from "../../engine/load.ts";
import { f32, offset } from "../../engine/memory.ts";
import type { Share } from "../share.ts";
import { addPartialSums, type Blocks, bytes, countParams, type Layer } from "./layer.ts";

/** Columns `at` … `at + count − 1` of an array of rows of `width` numbers. */
interface Columns {
  rows: Ptr;
  width: number;
  at: number;
}

/**
 * Layers side by side, each on features of its own; the last `bypass` features go around them. Inputs and outputs lie
 * in the order of the parts, those of the bypass last.
 * @param parts layers of vectors whose names begin with `name`, all with tensors that their forward reads one behind
 * the other; what they save must be blocks of whole images
 */
export function parallel(instance: Instance, name: string, parts: readonly Layer[], bypass: number): Layer {
  const { kernels } = instance;
  const ins = parts.map(({ inShape }) => inShape[0]);
  const outs = parts.map(({ outShape }) => outShape[0]);
  const before = (lengths: readonly number[], i: number) => lengths.slice(0, i).reduce((sum, n) => sum + n, 0);
  const K = before(ins, ins.length) + bypass;
  const F = before(outs, outs.length) + bypass;
  const weights = parts.map(countParams);
  const numWeights = before(weights, weights.length);
  const tensors = parts.flatMap((part) => part.tensors);
  const shortOf = (part: Layer, tensor: string) => tensor.slice(part.name.length + 1);

  /** What belongs to part i of this layer's blocks. */
  const blocksOf = ({ params, grads, saved, partial, stride }: Blocks, i: number): Blocks => {
    const part = parts[i];
    const own = (blocks: Record<string, Ptr>) =>
      Object.fromEntries(
        part.tensors.map((spec) => [shortOf(part, spec.name), blocks[spec.name.slice(name.length + 1)]]),
      );
    const prefix = `${i} `;
    const kept = Object.entries(saved).filter(([block]) => block.startsWith(prefix));
    return {
      ...{ params: own(params), grads: own(grads), partial: offset(partial, 4 * before(weights, i)), stride },
      saved: Object.fromEntries(kept.map(([block, at]) => [block.slice(prefix.length), at])),
    };
  };

  /** Rows first … last − 1 of `count` columns. Copies keep every bit. */
  const copy = (to: Columns, from: Columns, count: number, { first, last }: Pick<Share, "first" | "last">) => {
    if (count === 0 || last <= first) return;
    const target = f32(instance, to.rows, last * to.width);
    const source = f32(instance, from.rows, last * from.width);
    for (let n = first; n < last; n++) {
      for (let i = 0; i < count; i++) target[n * to.width + to.at + i] = source[n * from.width + from.at + i];
    }
  };
  const all = (rows: Ptr, width: number): Columns => ({ rows, width, at: 0 });

  return {
    name,
    modules: [
      {
        type: "Parallel",
        parts: parts.map((part) => ({ in: part.inShape[0], modules: part.modules })),
        bypass,
      },
    ],
    inShape: [K],
    outShape: [F],
    multiplyAdds: parts.some(({ multiplyAdds }) => multiplyAdds === null)
      ? null
      : parts.reduce((sum, part) => sum + part.multiplyAdds!, 0),
    tensors,
    saved: (N, groups) => ({
      ...Object.fromEntries(
        parts.flatMap((part, i) => [
          ...Object.entries(part.saved(N, groups)).map(([block, size]) => [`${i} ${block}`, size]),
          ...(["x", "dx"] as const).map((block) => [`${i} ${block}`, bytes(part.inShape, N)]),
          [`${i} dout`, bytes(part.outShape, N)],
        ]),
      ),
      out: bytes([F], N),
    }),
    partialBytes: 4 * numWeights,
    scratchBytes: Math.max(...parts.map(({ scratchBytes }) => scratchBytes)),
    prepare(blocks) {
      parts.forEach((part, i) => {
        part.prepare?.(blocksOf(blocks, i));
      });
    },
    forward(blocks, x, share) {
      const { out } = blocks.saved;
      parts.forEach((part, i) => {
        const own = blocksOf(blocks, i);
        copy(all(own.saved.x, ins[i]), { rows: x, width: K, at: before(ins, i) }, ins[i], share);
        part.forward(own, own.saved.x, share);
        copy({ rows: out, width: F, at: before(outs, i) }, all(own.saved.out, outs[i]), outs[i], share);
      });
      copy({ rows: out, width: F, at: F - bypass }, { rows: x, width: K, at: K - bypass }, bypass, share);
    },
    backward(blocks, dx, dout, x, share) {
      parts.forEach((part, i) => {
        const own = blocksOf(blocks, i);
        const { saved } = own;
        copy(all(saved.x, ins[i]), { rows: x, width: K, at: before(ins, i) }, ins[i], share);
        copy(all(saved.dout, outs[i]), { rows: dout, width: F, at: before(outs, i) }, outs[i], share);
        part.backward(own, saved.dx, saved.dout, saved.x, share);
        copy({ rows: dx, width: K, at: before(ins, i) }, all(saved.dx, ins[i]), ins[i], share);
      });
      copy({ rows: dx, width: K, at: K - bypass }, { rows: dout, width: F, at: F - bypass }, bypass, share);
    },
    reduce: numWeights > 0 ? addPartialSums(kernels, tensors[0].name.slice(name.length + 1), numWeights) : undefined,
  };
}
