import { HqcnnError } from "../check.ts";
import { readImages } from "../datasets/images.ts";
import type { Dataset } from "../datasets/types.ts";
import type { Network } from "../network/network.ts";
import { type Prediction, predictionsOf } from "../network/outputs.ts";
import { MAX_CORRELATED, type Reliability, readMoments, textOfFloats } from "../network/reliability.ts";
import { wilsonInterval } from "../statistics/metrics.ts";

// Two reasons not to trust an answer. An image is *unlike the training images* where the Mahalanobis distance (Lee et
// al. 2018, arXiv:1807.03888, with one class) of its features from those of training images is larger than that of 99 %
// of the validation images. The features are the mean and the standard deviation of each channel of the trunk's last
// layer. An answer is *undecided* where the set of classes that split conformal prediction (Sadinle et al. 2019) finds
// possible at 95 % has none or several. Only sums, products and square roots: the same bits everywhere.

/** Share of the validation images that are like the training images, by definition. */
const LIKE = 0.99;
/** Share of the images whose class is among the possible ones. */
const COVERED = 0.95;
/** Training images that the moments are taken from, evenly spaced. */
const MOST_IMAGES = 2000;
/** Weight of the identity in the correlation matrix: 128 features, and sometimes as few images. */
const SHRINKAGE = 0.05;

/** What the two tests say of one image. */
export interface Doubt {
  /** null: the model does not tell, see Reliability.possible. */
  undecided: boolean | null;
  unlike: boolean;
  /** Root mean square over the features, in standard deviations of the training images: about 1 for such images. */
  distance: number;
}

/** The last layer of the trunk that still has rows and columns. */
function featureLayer(network: Network): { name: string; channels: number } {
  const layer = network.layers.filter(({ part, outShape }) => part === "trunk" && outShape.length === 3).at(-1)!;
  return { name: layer.name, channels: layer.outShape[2] };
}

/** Features (count, 2 · channels) and logits (count, outputs) of images (count, height, width, channels). */
function look(network: Network, images: Uint8Array): { features: Float64Array; logits: Float32Array } {
  const { height, width, channels } = network.architecture;
  const size = height * width * channels;
  const count = images.length / size;
  const { name, channels: C } = featureLayer(network);
  const features = new Float64Array(count * 2 * C);
  const logits = new Float32Array(count * network.outputs);
  for (let first = 0; first < count; first += network.batchSize) {
    const N = Math.min(network.batchSize, count - first);
    network.batch(N).images.set(images.subarray(first * size, (first + N) * size));
    logits.set(network.forward(N), first * network.outputs);
    const values = network.activation(name, N);
    const places = values.length / (N * C);
    for (let n = 0; n < N; n++) {
      const row = features.subarray((first + n) * 2 * C);
      for (let c = 0; c < C; c++) {
        let [sum, squares] = [0, 0];
        for (let p = 0; p < places; p++) {
          const value = values[(n * places + p) * C + c];
          sum += value;
          squares += value * value;
        }
        const mean = sum / places;
        row[c] = mean;
        row[C + c] = Math.sqrt(Math.max(0, squares / places - mean * mean));
      }
    }
  }
  return { features, logits };
}

type Moments = Pick<Reliability, "layer" | "images" | "mean" | "std" | "cholesky">;

/** Mean, standard deviation and correlations of the rows of features. */
function momentsOf(features: Float64Array, D: number, layer: string): Moments {
  const count = features.length / D;
  const mean = new Float32Array(D);
  for (let i = 0; i < D; i++) {
    let sum = 0;
    for (let n = 0; n < count; n++) sum += features[n * D + i];
    mean[i] = sum / count;
  }
  const covariance = (i: number, j: number) => {
    let sum = 0;
    for (let n = 0; n < count; n++) sum += (features[n * D + i] - mean[i]) * (features[n * D + j] - mean[j]);
    return sum / Math.max(1, count - 1);
  };
  const variances = Float64Array.from({ length: D }, (_, i) => covariance(i, i));
  // A channel that is 0 for all training images still has a scale.
  const floor = variances.reduce((sum, value) => sum + value, 0) / D / 1e6 + 1e-12;
  const std = Float32Array.from(variances, (value) => Math.sqrt(value + floor));
  const known = { layer, images: count, mean: textOfFloats(mean), std: textOfFloats(std) };
  if (D > MAX_CORRELATED) return { ...known, cholesky: null };
  const rows = new Float64Array((D * (D + 1)) / 2);
  for (let i = 0, at = 0; i < D; i++) {
    for (let j = 0; j <= i; j++, at++) {
      let value = (covariance(i, j) / (std[i] * std[j])) * (1 - SHRINKAGE) + (i === j ? SHRINKAGE : 0);
      const [a, b] = [(i * (i + 1)) / 2, (j * (j + 1)) / 2];
      for (let k = 0; k < j; k++) value -= rows[a + k] * rows[b + k];
      rows[at] = i === j ? Math.sqrt(Math.max(value, 1e-6)) : value / rows[b + j];
    }
  }
  return { ...known, cholesky: textOfFloats(rows) };
}

/** The distance of one row of features. */
function createDistance(stored: Moments): (row: Float64Array) => number {
  const { mean, std, cholesky: factor } = readMoments(stored);
  const [center, scale] = [mean!, std!];
  const D = center.length;
  const whitened = new Float64Array(D);
  return (row) => {
    let squares = 0;
    for (let i = 0, at = 0; i < D; i++) {
      let value = (row[i] - center[i]) / scale[i];
      if (factor) {
        for (let k = 0; k < i; k++) value -= factor[at++] * whitened[k];
        value /= factor[at++];
      }
      whitened[i] = value;
      squares += value * value;
    }
    return Math.sqrt(squares / D);
  };
}

/** The smallest value that a share of all, and of one more that is as good as them, do not exceed; null: none. */
function quantile(values: number[], share: number): number | null {
  return values.sort((a, b) => a - b)[Math.ceil(share * (values.length + 1)) - 1] ?? null;
}

/** Fits both tests: moments on training images, thresholds on validation images, false alarms on test images. */
export async function fitReliability(network: Network, data: Dataset): Promise<Reliability> {
  const { classes, output } = network.architecture;
  const D = 2 * featureLayer(network).channels;
  const { batchSize } = network;
  const pick = async (name: "train" | "val" | "test", most: number) => {
    const split = await data.split(name);
    const count = Math.min(split.count, most);
    const indices = Uint32Array.from({ length: count }, (_, i) => Math.floor((i * split.count) / count));
    const features = new Float64Array(count * D);
    const probs: Float32Array[] = [];
    for (let first = 0; first < count; first += batchSize) {
      const images = await readImages(split, indices.subarray(first, first + batchSize));
      const seen = look(network, images);
      features.set(seen.features, first * D);
      probs.push(...predictionsOf(network, seen.logits, images).map((prediction) => prediction.probs));
    }
    return { features, probs, labels: Array.from(indices, (index) => split.labels[index]), count };
  };
  const train = await pick("train", MOST_IMAGES);
  const moments = momentsOf(train.features, D, featureLayer(network).name);
  const distance = createDistance(moments);
  const distances = ({ features, count }: { features: Float64Array; count: number }) =>
    Array.from({ length: count }, (_, n) => distance(features.subarray(n * D, (n + 1) * D)));
  const val = await pick("val", MOST_IMAGES);
  const like = distances(val);
  const threshold = quantile(like, LIKE) ?? like.at(-1)!;
  const test = await pick("test", MOST_IMAGES);
  const count = distances(test).filter((value) => value > threshold).length;
  // Of one label in 20 the probability is smaller than this; labels by themselves are no set of classes.
  const missed = output
    ? null
    : quantile(
        val.probs.map((row, n) => 1 - row[val.labels[n]]),
        COVERED,
      );
  return {
    ...moments,
    threshold,
    falseAlarms: { count, images: test.count, interval: wilsonInterval(count, test.count) },
    possible: missed === null || classes < 2 ? null : 1 - missed,
  };
}

/**
 * Classifies images (count, height, width, channels) of the network's size and says what to doubt.
 * @throws HqcnnError when the model's tests are those of another network
 */
export function predictReliably(
  network: Network,
  images: Uint8Array,
  reliability: Reliability,
): (Prediction & Doubt)[] {
  const { name, channels } = featureLayer(network);
  const D = 2 * channels;
  if (reliability.layer !== name || readMoments(reliability).mean?.length !== D) {
    throw new HqcnnError(
      `reliability: expected ${D} features of ${name}, got ${reliability.layer}'s: another network's?`,
    );
  }
  const distance = createDistance(reliability);
  const { features, logits } = look(network, images);
  const { threshold, possible } = reliability;
  return predictionsOf(network, logits, images).map((prediction, n) => {
    const far = distance(features.subarray(n * D, (n + 1) * D));
    const classes = [...prediction.probs].filter((value) => possible !== null && value >= possible).length;
    return {
      ...prediction,
      undecided: possible === null ? null : classes !== 1,
      unlike: far > threshold,
      distance: far,
    };
  });
}
