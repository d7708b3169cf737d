import type { CorruptionName } from "../evaluation/corruptions/table.ts";
import type { Robustness } from "../evaluation/robustness.ts";
import { axesOf } from "../evaluation/robustnessTable.ts";
import { drawResamples, resampledPairs, separatePairs } from "../statistics/bootstrap.ts";
import { type Spread, spreadOf } from "../statistics/spread.ts";
import { holm, type Summary, summarize } from "../statistics/tests.ts";
import { ABLATIONS, type AblationName, NETWORK } from "./ablations.ts";
import { spreadText } from "./convergence.ts";
import { points, pText } from "./text.ts";

/** The ablation whose errors others are divided by: the CNN alone, as AlexNet in ImageNet-C. */
export const REFERENCE = "none";

/** How one variant fares on corrupted test images, over the seeds; errors are balanced ones, 0 to 1. */
export interface CorruptedVariant {
  variant: string;
  clean: Summary;
  /** Means over the severities. */
  byCorruption: { corruption: CorruptionName; error: Summary }[];
  mean: Summary;
  /**
   * Mean corruption error: the mean over corruptions of the errors' sum over severities, divided by that of the CNN
   * alone with the same seed; null without the ablation none, or where it makes no errors.
   */
  relative: Spread | null;
}

/** Network minus ablation, in mean balanced error over all corruptions and severities. */
export interface CorruptedContrast {
  twin: AblationName;
  mean: number;
  /** 95 %, from resampled test images and seeds. */
  interval: [low: number, high: number];
  p: number;
  /** By Holm over the ablations. */
  adjusted: number;
  verdict: string;
}

export interface CorruptionComparison {
  seed: number;
  corruptions: readonly CorruptionName[];
  severities: readonly number[];
  variants: CorruptedVariant[];
  contrasts: CorruptedContrast[];
  notes: string[];
}

/** One variant's runs, one a seed: labels (count) of the test images, all 0 with several labels an image. */
export interface CorruptedRuns {
  variant: string;
  runs: readonly { labels: Uint8Array; found: Robustness }[];
}

/** @param all the network first, all with the same seeds and settings */
export function compareCorrupted(all: readonly CorruptedRuns[], classes: number): CorruptionComparison {
  const [network] = all;
  const [{ found }] = network.runs;
  const { corruptions, severities } = axesOf(found.rows);
  const reference = all.find(({ variant }) => variant === REFERENCE);
  const variants = all.map(({ variant, runs }): CorruptedVariant => {
    const ratios = runs.map(({ found }, i) => reference && ratio(found, reference.runs[i].found, corruptions));
    const known = ratios.filter((value): value is number => value !== undefined && Number.isFinite(value));
    return {
      variant,
      clean: summarize(runs.map(({ found }) => found.clean.balancedError)),
      byCorruption: corruptions.map((corruption) => ({
        corruption,
        error: summarize(runs.map(({ found }) => errorOf(found, corruption))),
      })),
      mean: summarize(runs.map(({ found }) => found.meanBalancedError)),
      relative: known.length === runs.length ? spreadOf(known) : null,
    };
  });
  const rivals = all.slice(1).filter(({ variant }) => !ABLATIONS[variant as AblationName].isCheck);
  const contrasts = rivals.map((rival) => contrast(network, rival, classes));
  const adjusted = holm(contrasts.map(({ p }) => p));
  contrasts.forEach((each, i) => {
    each.adjusted = adjusted[i];
    each.verdict = verdict(each, network.runs.length);
  });
  const unknown = variants.some(({ relative }) => relative === null);
  const why = reference ? "it makes no errors on some corruption" : "it is not among the ablations";
  const notes = [
    ...found.notes,
    ...(unknown ? [`no mean corruption error relative to the CNN alone (ablation ${REFERENCE}): ${why}`] : []),
  ];
  return { seed: found.seed, corruptions, severities, variants, contrasts, notes };
}

/** Mean over the severities. */
function errorOf({ rows }: Robustness, name: CorruptionName): number {
  const own = rows.filter(({ corruption }) => corruption === name);
  return own.reduce((sum, { balancedError }) => sum + balancedError, 0) / own.length;
}

function ratio(found: Robustness, reference: Robustness, corruptions: readonly CorruptionName[]): number {
  const ratios = corruptions.map((name) => errorOf(found, name) / errorOf(reference, name));
  return ratios.reduce((sum, value) => sum + value, 0) / ratios.length;
}

function contrast(network: CorruptedRuns, rival: CorruptedRuns, classes: number): CorruptedContrast {
  const sorted = network.runs.map(({ labels }) => Uint8Array.from(labels).sort());
  const counts = sorted.map((labels) => countsOf(labels, classes));
  const answers = ({ runs }: CorruptedRuns) =>
    runs.map((run, i) => ({ right: meanRight(run), labels: sorted[i], counts: counts[i] }));
  // Stratified draws keep the counts, so that the weighted mean of the classes' errors is a sum over images.
  const figure = ({ right, labels, counts }: ReturnType<typeof answers>[number], weights: ArrayLike<number>) => {
    const present = counts.filter((count) => count > 0).length;
    let sum = 0;
    for (let i = 0; i < labels.length; i++) sum += (weights[i] * (1 - right[i])) / (present * counts[labels[i]]);
    return sum;
  };
  const [labels] = sorted;
  const isAlike = sorted.every((other) => other.join() === labels.join());
  const figures = { accuracy: figure, area: null };
  const { accuracy } = isAlike
    ? resampledPairs(answers(network), answers(rival), figures, drawResamples(labels, classes, {}), labels.length, {})
    : separatePairs(answers(network), answers(rival), figures, sorted, classes, {});
  const { difference, interval, p } = accuracy;
  return { twin: rival.variant as AblationName, mean: difference, interval, p, adjusted: p, verdict: "" };
}

function countsOf(labels: Uint8Array, classes: number): Float64Array {
  const counts = new Float64Array(classes);
  for (const label of labels) counts[label]++;
  return counts;
}

/** (count) the share of right answers of each image over all corruptions, in the order of the labels. */
function meanRight({ labels, found }: CorruptedRuns["runs"][number]): Float64Array {
  const mean = new Float64Array(labels.length);
  for (const { right } of found.rows) for (let i = 0; i < mean.length; i++) mean[i] += right[i] / found.rows.length;
  const order = [...labels.keys()].sort((a, b) => labels[a] - labels[b] || a - b);
  return Float64Array.from(order, (i) => mean[i]);
}

function verdict({ twin, mean, interval, adjusted }: CorruptedContrast, seeds: number): string {
  const found =
    adjusted >= 0.05
      ? "No significant difference in robustness"
      : `The network is ${mean < 0 ? "more" : "less"} robust`;
  return `${found}, compared with ${ABLATIONS[twin].name}: mean balanced error on corrupted images ${points(mean)} [${interval.map(points).join(", ")}] points, Holm-adjusted p ${pText(adjusted)}; over ${seeds} ${seeds === 1 ? "seed" : "seeds"}${seeds === 1 ? ", so for these two trainings only" : ""}.`;
}

const percent = ({ mean, sd }: Summary) =>
  sd === null ? (100 * mean).toFixed(2) : `${(100 * mean).toFixed(2)} ± ${(100 * sd).toFixed(2)}`;

/** Balanced errors in percent: a corruption a row, a variant a column. */
export function corruptedTable({ variants, corruptions }: CorruptionComparison): string[][] {
  return [
    ["balanced error %", ...variants.map(({ variant }) => (variant === NETWORK ? "the network" : variant))],
    ["clean", ...variants.map(({ clean }) => percent(clean))],
    ...corruptions.map((name, i) => [name, ...variants.map(({ byCorruption }) => percent(byCorruption[i].error))]),
    ["mean of corruptions", ...variants.map(({ mean }) => percent(mean))],
    [`mCE to ${REFERENCE}`, ...variants.map(({ relative }) => (relative ? spreadText(relative, 3) : "–"))],
  ];
}

/** What its rows mean. */
export const CORRUPTED_NOTE =
  "Balanced error is 1 − the mean recall of the classes; of each corruption the mean over its severities. mCE is the mean over corruptions " +
  "of the ratio to the errors of the CNN alone (ablation none) with the same seed; its interval is Student's t over the seeds. The " +
  "differences come from a paired bootstrap over test images and seeds.";
