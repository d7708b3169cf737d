import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import {
  type BootstrapOptions,
  bcaInterval,
  below,
  checkOptions,
  checkPairs,
  type Estimate,
  type PairedBootstrap,
  resampledPairs,
  separatePairs,
  type Weights,
} from "./bootstrap.ts";
import { columnOf, rightShares } from "./multilabel.ts";
import { extremeInterval, placements, type Ranking, rank, weightedArea } from "./roc.ts";

/** Scores to rank by and answers, (count, labels), of one classifier. */
export interface SaidLabels {
  scores: ArrayLike<number>;
  predicted: ArrayLike<number>;
}

/** What a classifier said, ready to be weighed thousands of times. */
interface Judged {
  /** (count) share of the image's labels that is right. */
  right: Float64Array;
  /** Of the labels that have both; null if one has not. */
  rankings: Ranking[] | null;
}

/**
 * Bootstrap of images with several labels: whole images are drawn with replacement, so labels that occur together
 * stay together. Intervals are BCa, of the mean accuracy and the mean AUC of the labels, which is null where a label
 * is there for all images or for none. A resample in which a label is so leaves that label out.
 * @param rows (count, classes) of 0 and 1
 */
export function multilabelBootstrap(
  rows: ArrayLike<number>,
  said: SaidLabels,
  classes: number,
  options: BootstrapOptions = {},
): { accuracy: Estimate; auc: Estimate | null } {
  const judged = judge(rows, said, classes);
  const count = judged.right.length;
  const once = new Uint32Array(count).fill(1);
  const accuracies: number[] = [];
  const areas: number[] = [];
  for (const weights of drawImages(count, options)) {
    accuracies.push(accuracyOf(judged, weights));
    if (judged.rankings) areas.push(areaOf(judged.rankings, weights));
  }
  const estimate = (value: number, resampled: number[], influence: () => Float64Array, tries: number): Estimate => ({
    value,
    interval: value === 0 || value === 1 ? extremeInterval(value, tries) : bcaInterval(value, resampled, influence()),
  });
  const accuracy = accuracyOf(judged, once);
  const { rankings } = judged;
  const pairs = Math.min(...(rankings ?? []).map(({ P, N }) => Math.min(P, N)));
  return {
    accuracy: estimate(accuracy, accuracies, () => judged.right.map((share) => (share - accuracy) / count), count),
    auc: rankings && estimate(areaOf(rankings, once), areas, () => areaInfluence(rankings, count), pairs),
  };
}

/** The same of two classifiers on the same images: differences of pairs, as pairedBootstrap has them. */
export function pairedMultilabelBootstrap(
  rows: ArrayLike<number>,
  classes: number,
  first: readonly SaidLabels[],
  second: readonly SaidLabels[],
  options: BootstrapOptions = {},
): PairedBootstrap {
  const { ones, others, figures } = judgePairs(() => rows, classes, first, second);
  const count = rows.length / classes;
  return resampledPairs(ones, others, figures, drawImages(count, options), count, options);
}

/** The same of pairs with test images of their own each, as separateBootstrap has them. @param rows of each pair */
export function separateMultilabelBootstrap(
  rows: readonly ArrayLike<number>[],
  classes: number,
  first: readonly SaidLabels[],
  second: readonly SaidLabels[],
  options: BootstrapOptions = {},
): PairedBootstrap {
  const { ones, others, figures } = judgePairs((pair) => rows[pair], classes, first, second);
  const images = ones.map(({ right }) => new Uint8Array(right.length));
  return separatePairs(ones, others, figures, images, 1, options);
}

/** What both classifiers of each pair said, and its figures; no area unless all have one. */
function judgePairs(
  rowsOf: (pair: number) => ArrayLike<number>,
  classes: number,
  first: readonly SaidLabels[],
  second: readonly SaidLabels[],
) {
  checkPairs("answers", first, second);
  const [ones, others] = [first, second].map((all) => all.map((said, i) => judge(rowsOf(i), said, classes)));
  const area = ones.every(({ rankings }) => rankings)
    ? ({ rankings }: Judged, weights: Weights) => areaOf(rankings!, weights)
    : null;
  return { ones, others, figures: { accuracy: accuracyOf, area } };
}

function judge(rows: ArrayLike<number>, { scores, predicted }: SaidLabels, classes: number): Judged {
  const right = rightShares(rows, predicted, classes);
  const rankings = Array.from({ length: classes }, (_, label) =>
    rank(columnOf(rows, classes, label), 1, columnOf(scores, classes, label)),
  );
  return { right, rankings: rankings.every(({ P, N }) => P > 0 && N > 0) ? rankings : null };
}

/** How often each image (count) is drawn, resample by resample; the array is the same each time. */
function* drawImages(count: number, options: BootstrapOptions): Generator<Uint32Array> {
  const { resamples, seed } = checkOptions(options);
  const random = xoroshiro128plus(seed);
  const weights = new Uint32Array(count);
  for (let i = 0; i < resamples; i++) {
    weights.fill(0);
    for (let n = count; n > 0; n--) weights[below(random, count)]++;
    yield weights;
  }
}

function accuracyOf({ right }: Judged, weights: Weights): number {
  let sum = 0;
  for (let i = 0; i < right.length; i++) sum += right[i] * weights[i];
  return sum / right.length;
}

/** Mean area over the labels that have both in the resample; ½ if none has. */
function areaOf(rankings: readonly Ranking[], weights: Weights): number {
  let sum = 0;
  let labels = 0;
  for (const ranking of rankings) {
    const area = weightedArea(ranking, weights);
    if (Number.isNaN(area)) continue;
    sum += area;
    labels += 1;
  }
  return labels === 0 ? 0.5 : sum / labels;
}

/** How much the mean area moves (count) when an image counts a little more; they add up to 0. */
function areaInfluence(rankings: readonly Ranking[], count: number): Float64Array {
  const influence = new Float64Array(count);
  for (const ranking of rankings) {
    const { entries, P, N } = ranking;
    const shares = placements(ranking);
    let area = 0;
    for (const entry of entries) if (entry & 1) area += shares[entry >>> 2] / P;
    for (const entry of entries) {
      influence[entry >>> 2] += (shares[entry >>> 2] - area) / (entry & 1 ? P : N) / rankings.length;
    }
  }
  return influence;
}
