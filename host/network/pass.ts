import type { Kernels, Ptr } from "../engine/kernels.ts";
import { NONE, offset } from "../engine/memory.ts";
import {
  AUGMENTATION_NUMBERS,
  type Augmentation,
  augmentBatch,
  completeAugmentation,
  decodeAugmentation,
  encodeAugmentation,
} from "./augmentation.ts";
import type { Layer } from "./layers/layer.ts";
import { lossOf, targetsOfImage } from "./output.ts";
import { sizeOf } from "./parameters.ts";
import type { Placement } from "./placement.ts";
import { createShare, groupsOf, type ImageShape, type Share } from "./share.ts";

/** What a pass over the batch block is to do: numbers only, so that it fits a command. */
export interface Pass {
  /**
   * train: loss and gradients; forward: with statistics of the batch; infer: with running ones, folded; trace: with
   * running ones from x as it is, keeping what a backward pass reads.
   */
  kind: "train" | "forward" | "infer" | "trace";
  /** Images. */
  N: number;
  /** infer: whether params or running statistics have changed since the last one. */
  fold: boolean;
  /** infer: the first layer that runs, on what lies where its input belongs; 0: all, from the images. */
  from: number;
  /** train: where in the batch block the images begin, their part of the loss, and whether grads have sums already. */
  first: number;
  weight: number;
  add: boolean;
  /** train: whether classWeights count, and how labels are smoothed. */
  weighted: boolean;
  labelSmoothing: number;
  /** train: what happens to the pixels. */
  augment: Augmentation | null;
  /** train: where the random numbers of dropout start; without, nothing is dropped. */
  draw: { seed: number; epoch: number } | null;
}

const KINDS = ["train", "forward", "infer", "trace"] as const;

/** A pass as numbers, and back. */
export function encodePass(pass: Pass): number[] {
  const { kind, N, fold, from, first, weight, add, weighted, labelSmoothing, augment, draw } = pass;
  return [
    ...[first, weight, Number(add)],
    ...[KINDS.indexOf(kind), N, Number(fold), from, Number(weighted), labelSmoothing, Number(augment !== null)],
    ...encodeAugmentation(augment ?? completeAugmentation({})),
    ...[Number(draw !== null), draw?.seed ?? 0, draw?.epoch ?? 0],
  ];
}

export function decodePass(numbers: ArrayLike<number>): Pass {
  const [first, weight, add, ...rest] = Array.from(numbers);
  const [kind, N, fold, from, weighted, labelSmoothing, augmented, ...drawn] = rest;
  const augment = augmented ? decodeAugmentation(drawn) : null;
  const dropped = drawn.slice(AUGMENTATION_NUMBERS);
  const draw = dropped[0] ? { seed: dropped[1], epoch: dropped[2] } : null;
  return {
    ...{ kind: KINDS[kind], N, fold: fold === 1, from, first, weight, add: add === 1 },
    ...{ weighted: weighted === 1, labelSmoothing, augment, draw },
  };
}

/** What a thread works with. */
export interface Worker {
  kernels: Kernels;
  layers: readonly Layer[];
  placement: Placement;
  thread: number;
  barrier(): void;
}

/** How many of `threads` threads a pass over N images can feed. */
export function threadsFor({ kind, N }: Pick<Pass, "kind" | "N">, image: ImageShape, threads: number): number {
  const { groups } = kind === "infer" ? chunksOf(N) : groupsOf(N, image);
  return Math.min(threads, groups);
}

/** Images that go through all layers together in inference: what they leave stays in the cache for the next layer. */
const INFER_IMAGES = 16;

function chunksOf(N: number): { size: number; groups: number } {
  return { size: INFER_IMAGES, groups: Math.ceil(N / INFER_IMAGES) };
}

/** This thread's share of a pass. Returns the mean loss in thread 0 of "train". */
export function runPass(worker: Worker, pass: Pass, threads: number): number {
  const { kernels, layers, placement, thread, barrier } = worker;
  const { kind, N } = pass;
  const cut = kind === "infer" ? chunksOf(N) : groupsOf(N, layers[0].inShape);
  const ids = offset(placement.ids, 4 * pass.first);
  const own = { thread, threads, ids, draw: pass.draw, scratch: placement.scratch[thread], barrier };
  const share = createShare(N, cut, { ...own, running: kind === "trace", once: kind === "train" });
  if (kind === "infer") {
    if (pass.fold) {
      layers.forEach((layer, i) => {
        layer.fold?.(placement.layers[i], share);
      });
      barrier();
    }
    for (let n = share.first; n < share.last; n += INFER_IMAGES) {
      infer(worker, n, Math.min(N, n + INFER_IMAGES), share, pass.from);
    }
    return 0;
  }
  // A trace has no layer that works as in inference, as those keep nothing that a backward pass could read.
  const asInference = (layer: Layer) => layer.frozen === true && kind !== "trace";
  layers.forEach((layer, i) => {
    (asInference(layer) ? layer.fold : layer.start)?.(placement.layers[i], share);
  });
  if (kind !== "trace") input(worker, share, pass.augment, pass.first);
  barrier(); // for the filters
  eachLayer(worker, 0, (layer, i, x) => {
    if (asInference(layer) && layer.infer) layer.infer(placement.layers[i], x, share.first, share.last, share);
    else layer.forward(placement.layers[i], x, share);
  });
  if (kind === "forward" || kind === "trace") return 0;
  barrier(); // for the logits
  let loss = 0;
  if (thread === 0) {
    const { dlogits } = placement;
    const { outShape, answering = { classes: sizeOf(outShape) } } = layers[layers.length - 1];
    const labels = offset(placement.labels, pass.first * targetsOfImage(answering));
    const weights = pass.weighted ? placement.classWeights : NONE;
    const at = { dlogits, logits: logitsOf(placement), labels, weights };
    loss = lossOf(kernels, answering, at, N, pass.labelSmoothing);
    if (pass.weight !== 1) kernels.scale(dlogits, N * sizeOf(outShape), pass.weight);
    if (!pass.add) kernels.zero(placement.grads, placement.m - placement.grads);
  }
  barrier(); // for dlogits, and for grads, which the batch norms add to
  backward(
    worker,
    share,
    layers.findIndex((layer) => !layer.frozen),
  );
  barrier(); // for the partial sums
  layers.forEach((layer, i) => {
    if (!layer.frozen) layer.reduce?.(placement.layers[i], share);
  });
  return loss;
}

/** Pixels → x, for this thread's images. */
function input(worker: Worker, { first, last, ids: all }: Share, augment: Pass["augment"], begin = 0): void {
  const { kernels, layers, placement } = worker;
  const [H, W, C] = layers[0].inShape;
  const pixels = H * W * C;
  const x = offset(placement.x, 4 * first * pixels);
  const images = offset(placement.images, (begin + first) * pixels);
  if (augment) {
    const [maps, ids] = [offset(placement.maps, 32 * first), offset(all, 4 * first)];
    augmentBatch(kernels, { x, images, maps, ids }, last - first, [H, W, C], augment);
  } else {
    kernels.normalize(x, images, (last - first) * pixels);
  }
}

/**
 * Backward by this thread alone, from dlogits down to the first layer behind layer `below` (−1: the input): where the
 * gradient with respect to that layer's output then lies. Partial sums are overwritten, which the next training pass
 * does too; grads stay.
 */
export function backwardBelow(worker: Worker, N: number, below: number): Ptr {
  const { layers, placement, barrier } = worker;
  const own = { thread: 0, threads: 1, ids: placement.ids, draw: null, scratch: placement.scratch[0], barrier };
  return backward(worker, createShare(N, groupsOf(N, layers[0].inShape), { ...own, running: true }), below + 1, true);
}

function infer(worker: Worker, first: number, last: number, share: Share, from: number): void {
  const { placement } = worker;
  const chunk = { ...share, first, last };
  if (from === 0) input(worker, chunk, null);
  eachLayer(worker, from, (layer, i, x) => {
    if (layer.infer) layer.infer(placement.layers[i], x, first, last, share);
    else layer.forward(placement.layers[i], x, chunk);
  });
}

/** Through the layers from the last to `lowest`. Returns where the gradient with respect to that one's input lies. */
function backward({ layers, placement }: Worker, share: Share, lowest: number, wantsInput = false): Ptr {
  let dout = placement.dlogits;
  let [at, other] = placement.douts;
  for (let i = layers.length - 1; i >= lowest; i--) {
    const x = i === 0 ? placement.x : placement.layers[i - 1].saved.out;
    // A thread that is a layer ahead must not write where another still reads: its images have the same place in the
    // buffer whatever their size.
    const place = share.first * (placement.doutBytes - 4 * sizeOf(layers[i].inShape));
    const dx = i === 0 && !wantsInput ? NONE : offset(at, place);
    layers[i].backward(placement.layers[i], dx, dout, x, share);
    dout = dx;
    [at, other] = [other, at];
  }
  return dout;
}

function eachLayer(
  { layers, placement }: Worker,
  from: number,
  visit: (layer: Layer, i: number, x: Ptr) => void,
): void {
  for (let i = from; i < layers.length; i++) {
    visit(layers[i], i, i === 0 ? placement.x : placement.layers[i - 1].saved.out);
  }
}

/** The output of the last layer. */
export function logitsOf({ layers }: Placement): Ptr {
  return layers[layers.length - 1].saved.out;
}
