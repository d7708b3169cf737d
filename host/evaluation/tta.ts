import { UsageError } from "../check.ts";
import { eachImages } from "../datasets/images.ts";
import type { Split } from "../datasets/types.ts";
import type { Network } from "../network/network.ts";
import { exp, log, log1p } from "../statistics/functions.ts";

/**
 * Test-time augmentations: an image is seen in several views, exact rearrangements of its pixels, and their
 * probabilities are averaged.
 */
export const TTA = ["none", "flips", "dihedral", "shifts"] as const;
export type Tta = (typeof TTA)[number];

/** Where the pixel at (y, x) of a view comes from. */
type View = (y: number, x: number) => [y: number, x: number];

/**
 * Logits (count, outputs) of images (count, height, width, channels): the network's own, or the logarithm of the mean
 * probability over the views; of outputs by themselves the logit of their mean probability. flips: the image, mirrored
 * left to right, top to bottom, and both. dihedral: the eight symmetries of the square. shifts: the image, and moved by
 * one pixel to each side, with reflection.
 * @throws UsageError for dihedral of images that are not square
 */
export function predictViews(network: Network, images: Uint8Array, tta: Tta): Float32Array<ArrayBuffer> {
  if (tta === "none") return network.predict(images);
  const { height, width, channels, output } = network.architecture;
  const { outputs } = network;
  const sources = viewsOf(tta, height, width).map((view) => sourcesOf(view, height, width));
  const size = height * width * channels;
  const logits = new Float32Array((images.length / size) * outputs);
  const chunk = network.batchSize;
  for (let first = 0; first * size < images.length; first += chunk) {
    const part = images.subarray(first * size, (first + chunk) * size);
    const seen = sources.map((source) => network.predict(rearrange(part, source, channels)));
    logits.set(output ? logitOfMean(seen) : logMeanProbs(seen, outputs), first * outputs);
  }
  return logits;
}

/** Bytes of images that are read at a time of a split on disk. */
const PIECE = 16 << 20;

/** Logits (count, outputs) of a split, of images in memory or on disk; see predictViews. */
export async function predictSplit(
  network: Network,
  split: Split,
  tta: Tta = "none",
): Promise<Float32Array<ArrayBuffer>> {
  const { height, width, channels } = network.architecture;
  const logits = new Float32Array(split.count * network.outputs);
  // Whole batches of the network.
  const batches = Math.max(1, Math.floor(PIECE / (network.batchSize * height * width * channels)));
  for await (const { first, images } of eachImages(split, batches * network.batchSize)) {
    logits.set(predictViews(network, images, tta), first * network.outputs);
  }
  return logits;
}

function viewsOf(tta: Exclude<Tta, "none">, H: number, W: number): View[] {
  const itself: View = (y, x) => [y, x];
  const flips: View[] = [itself, (y, x) => [y, W - 1 - x], (y, x) => [H - 1 - y, x], (y, x) => [H - 1 - y, W - 1 - x]];
  switch (tta) {
    case "flips":
      return flips;
    case "dihedral":
      if (H !== W) throw new UsageError(`tta dihedral: expected square images, got ${H}×${W}: choose flips or shifts`);
      return [
        ...flips,
        ...flips.map(
          (flip): View =>
            (y, x) =>
              flip(x, y),
        ),
      ];
    case "shifts": {
      const shift =
        (dy: number, dx: number): View =>
        (y, x) => [reflected(y + dy, H), reflected(x + dx, W)];
      return [itself, shift(0, 1), shift(0, -1), shift(1, 0), shift(-1, 0)];
    }
  }
}

/** One step beyond an edge is the pixel one step before it. */
function reflected(i: number, n: number): number {
  return i < 0 ? -i : Math.min(i, 2 * (n - 1) - i);
}

/** The pixel (row-major) that each one of a view comes from. */
function sourcesOf(view: View, H: number, W: number): Uint32Array {
  return Uint32Array.from({ length: H * W }, (_, i) => {
    const [y, x] = view(Math.floor(i / W), i % W);
    return y * W + x;
  });
}

function rearrange(images: Uint8Array, sources: Uint32Array, channels: number): Uint8Array {
  const out = new Uint8Array(images.length);
  const size = sources.length * channels;
  for (let image = 0; image < images.length; image += size) {
    for (let i = 0; i < sources.length; i++) {
      for (let c = 0; c < channels; c++) out[image + i * channels + c] = images[image + sources[i] * channels + c];
    }
  }
  return out;
}

/** log of the mean over the views of softmax, by way of logarithms: finite for any finite logits. */
function logMeanProbs(views: readonly Float32Array[], classes: number): Float32Array {
  const logProbs = views.map((logits) => {
    const out = new Float64Array(logits.length);
    for (let row = 0; row < logits.length; row += classes) {
      const total = logSumExp(logits.subarray(row, row + classes));
      for (let i = row; i < row + classes; i++) out[i] = logits[i] - total;
    }
    return out;
  });
  const all = log(views.length);
  return Float32Array.from(logProbs[0], (_, i) => logSumExp(logProbs.map((view) => view[i])) - all);
}

/** The logit of the mean over the views of the sigmoid, by way of logarithms: finite for any finite logits. */
function logitOfMean(views: readonly Float32Array[]): Float32Array {
  const logSigmoid = (x: number) => Math.min(x, 0) - log1p(exp(-Math.abs(x)));
  return Float32Array.from(views[0], (_, i) => {
    const seen = views.map((view) => view[i]);
    return logSumExp(seen.map(logSigmoid)) - logSumExp(seen.map((x) => logSigmoid(-x)));
  });
}

function logSumExp(values: ArrayLike<number>): number {
  const list = Array.from(values);
  const max = Math.max(...list);
  return max + log(list.reduce((sum, value) => sum + exp(value - max), 0));
}
