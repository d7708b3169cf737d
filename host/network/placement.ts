import type { Ptr } from "../engine/kernels.ts";
import { offset } from "../engine/memory.ts";
import { aligned, layout } from "../engine/plan.ts";
import type { Blocks, Layer } from "./layers/layer.ts";
import { targetsOfImage } from "./output.ts";
import { sizeOf, type TensorSpec } from "./parameters.ts";
import { mostGroups } from "./share.ts";

/** Where everything of a network lies in its instance's arena. */
export interface Placement {
  layers: Blocks[];
  params: Ptr;
  grads: Ptr;
  m: Ptr;
  v: Ptr;
  buffers: Ptr;
  /** Moving averages of params and of buffers. */
  average: Ptr;
  averageBuffers: Ptr;
  x: Ptr;
  dlogits: Ptr;
  /** Two buffers that gradients of activations take turns in, with room for `doutBytes` an image. */
  douts: [Ptr, Ptr];
  doutBytes: number;
  /** One for every thread. */
  scratch: Ptr[];
  classWeights: Ptr;
  images: Ptr;
  labels: Ptr;
  ids: Ptr;
  /** How each image is augmented; see assembly/ops/augment.ts. */
  maps: Ptr;
}

/**
 * Bytes of every block for at most N images at once, of a batch of `batch`: params | grads | m | v | buffers | averages
 * | activations | gradients | partial sums | scratch | batch.
 */
export function blockSizes(layers: readonly Layer[], N: number, threads: number, batch = N): Record<string, number> {
  const params = 4 * blockLength(layers, "param");
  const buffers = 4 * blockLength(layers, "buffer");
  const dout = N * doutBytes(layers);
  const pixels = sizeOf(layers[0].inShape);
  const classes = sizeOf(layers[layers.length - 1].outShape);
  const { answering } = layers[layers.length - 1];
  const targets = answering ? targetsOfImage(answering) : 1;
  const groups = mostGroups(N, layers[0].inShape);
  const each = (blocks: (layer: Layer) => Record<string, number>) =>
    Object.fromEntries(
      layers.flatMap((layer) => Object.entries(blocks(layer)).map(([name, bytes]) => [`${layer.name} ${name}`, bytes])),
    );
  const scratch = Math.max(64, ...layers.map((layer) => layer.scratchBytes));
  return {
    ...{ params, grads: params, m: params, v: params, buffers, average: params, averageBuffers: buffers },
    x: 4 * N * pixels,
    ...each((layer) => layer.saved(N, groups)),
    ...{ dlogits: 4 * N * classes, dout0: dout, dout1: dout },
    ...each((layer) => ({ partial: groups * aligned(layer.partialBytes) })),
    ...Object.fromEntries(Array.from({ length: threads }, (_, thread) => [`scratch ${thread}`, scratch])),
    ...{ classWeights: 4 * classes, images: batch * pixels, labels: batch * targets, ids: 4 * batch, maps: 32 * N },
  };
}

/** The blocks of `blockSizes` from `start` on; the same in every thread. */
export function place(layers: readonly Layer[], N: number, threads: number, start: Ptr, batch = N): Placement {
  const at = layout(blockSizes(layers, N, threads, batch), start);
  const { params, grads, m, v, buffers, average, averageBuffers, x, dlogits } = at;
  let param = 0;
  let buffer = 0;
  const blocks = layers.map((layer): Blocks => {
    const saved = Object.fromEntries(Object.keys(layer.saved(N, 1)).map((name) => [name, at[`${layer.name} ${name}`]]));
    const partial = at[`${layer.name} partial`];
    const block: Blocks = { params: {}, grads: {}, saved, partial, stride: aligned(layer.partialBytes) };
    let inParams = param;
    let inBuffers = buffer;
    for (const spec of layer.tensors) {
      const short = shortName(layer, spec);
      if (spec.role === "param") {
        block.params[short] = offset(params, inParams);
        block.grads[short] = offset(grads, inParams);
        inParams += 4 * sizeOf(spec.shape);
      } else {
        block.params[short] = offset(buffers, inBuffers);
        inBuffers += 4 * sizeOf(spec.shape);
      }
    }
    param += 4 * layerLength(layer, "param");
    buffer += 4 * layerLength(layer, "buffer");
    return block;
  });
  return {
    ...{ layers: blocks, params, grads, m, v, buffers, average, averageBuffers, x, dlogits },
    douts: [at.dout0, at.dout1],
    doutBytes: doutBytes(layers),
    scratch: Array.from({ length: threads }, (_, thread) => at[`scratch ${thread}`]),
    ...{ classWeights: at.classWeights, images: at.images, labels: at.labels, ids: at.ids, maps: at.maps },
  };
}

/** Bytes of the widest activation of one image: in an explanation, the image has a gradient, too. */
function doutBytes(layers: readonly Layer[]): number {
  return 4 * Math.max(...layers.map((layer) => sizeOf(layer.inShape)));
}

/** Elements of the block that holds the tensors of a role. */
export function blockLength(layers: readonly Layer[], role: TensorSpec["role"]): number {
  return layers.reduce((sum, layer) => sum + layerLength(layer, role), 0);
}

/** Tensors of a layer lie one behind the other (the circuit reads them so); layers start at whole cache lines. */
function layerLength(layer: Layer, role: TensorSpec["role"]): number {
  const elements = layer.tensors
    .filter((spec) => spec.role === role)
    .reduce((sum, spec) => sum + sizeOf(spec.shape), 0);
  return Math.ceil(elements / 16) * 16;
}

/** A tensor's name within its layer. */
export function shortName(layer: Layer, spec: TensorSpec): string {
  return spec.name.slice(layer.name.length + 1);
}
