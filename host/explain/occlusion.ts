import { UsageError } from "../check.ts";
import type { Network } from "../network/network.ts";
import { probabilitiesOf } from "../network/outputs.ts";
import { classify, type Explained } from "./input.ts";
import type { Size } from "./resample.ts";

export interface OcclusionOptions {
  /** Side of the patch in pixels of the network's image; default a quarter of the image's shorter side (7 of 28). */
  size?: number;
  /**
   * Pixels from one patch to the next; default a quarter of the patch, rounded (2 of 7). The last ones of a row and of
   * a column end at the image's edge.
   */
  stride?: number;
  /** What a patch shows: a value from 0 to 255 for each channel; default the image's mean colour. */
  fill?: ArrayLike<number>;
}

/** What the network loses when it cannot see a place. */
export interface Occlusion extends Explained, Size {
  /**
   * (height, width) of the network's image: the mean drop of the class's probability over the patches that cover a
   * pixel. Positive: the pixel speaks for the class; negative: against it. Not scaled.
   */
  map: Float32Array;
  size: number;
  stride: number;
  /** Patches tried. */
  patches: number;
  /** The largest drop of a single patch. */
  largestDrop: number;
}

/**
 * Occlusion of one class: a patch of one colour moves over the image, and every position is classified anew.
 * Zeiler and Fergus 2014, https://arxiv.org/abs/1311.2901
 * @param input uint8 (height, width, channels) of the network's size, as `toInput` makes it
 * @param label the class; default: the most probable one
 * @throws UsageError on an impossible patch
 */
export function occlusion(
  network: Network,
  input: Uint8Array,
  label?: number,
  options: OcclusionOptions = {},
): Occlusion {
  const explained = classify(network, input, label);
  const { classes, channels, height, width } = network.architecture;
  const shorter = Math.min(height, width);
  const size = whole("size", options.size ?? Math.round(shorter / 4), shorter);
  const stride = whole("stride", options.stride ?? Math.max(1, Math.round(size / 4)), size);
  const fill = options.fill ?? meanColor(input, channels);
  if (fill.length !== channels) {
    throw new UsageError(`occlusion: expected a fill of ${channels} values, one a channel, got ${fill.length}`);
  }
  const tops = starts(height, size, stride);
  const lefts = starts(width, size, stride);
  const places = tops.flatMap((top) => lefts.map((left) => ({ top, left })));
  const sums = new Float64Array(height * width);
  const counts = new Uint32Array(height * width);
  let largestDrop = Number.NEGATIVE_INFINITY;
  for (let start = 0; start < places.length; start += network.batchSize) {
    const batch = places.slice(start, start + network.batchSize);
    const images = new Uint8Array(batch.length * input.length);
    batch.forEach(({ top, left }, i) => {
      const image = images.subarray(i * input.length, (i + 1) * input.length);
      image.set(input);
      eachPixel(top, left, size, width, (pixel) => image.set(fill, pixel * channels));
    });
    const probs = probabilitiesOf(network, network.predict(images), images);
    batch.forEach(({ top, left }, i) => {
      const drop = explained.probs[explained.label] - probs[i * classes + explained.label];
      largestDrop = Math.max(largestDrop, drop);
      eachPixel(top, left, size, width, (pixel) => {
        sums[pixel] += drop;
        counts[pixel] += 1;
      });
    });
  }
  const map = Float32Array.from(sums, (sum, pixel) => sum / counts[pixel]);
  return { ...explained, height, width, map, size, stride, patches: places.length, largestDrop };
}

function whole(name: string, value: number, largest: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= largest) return value;
  throw new UsageError(`occlusion: ${name}: expected a whole number from 1 to ${largest} pixels, got ${value}`);
}

/** Where patches begin along one side, so that they cover all of it. */
function starts(length: number, size: number, stride: number): number[] {
  const last = length - size;
  const regular = Array.from({ length: Math.ceil(last / stride) }, (_, i) => i * stride);
  return [...regular, last];
}

/** The image's mean colour, rounded. */
function meanColor(image: Uint8Array, channels: number): number[] {
  const sums = new Array<number>(channels).fill(0);
  image.forEach((value, i) => {
    sums[i % channels] += value;
  });
  return sums.map((sum) => Math.round((sum * channels) / image.length));
}

function eachPixel(top: number, left: number, size: number, width: number, visit: (pixel: number) => void): void {
  for (let y = top; y < top + size; y++) {
    for (let x = left; x < left + size; x++) visit(y * width + x);
  }
}
