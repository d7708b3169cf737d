import { UsageError } from "../check.ts";
import { type Spread, spreadOf } from "../statistics/spread.ts";
import { wilcoxon } from "../statistics/tests.ts";
import type { TrainOptions } from "../training/options.ts";
import { ABLATIONS, type AblationName } from "./ablations.ts";
import type { Comparison, Difference } from "./compare.ts";
import type { Table } from "./tables.ts";
import { cellText, deltaRange, differenceText, FIGURES, type FigureName, pText } from "./text.ts";

/** Fewer images are trained for more epochs, at most so many times: small parts would be merely undertrained. */
const MOST_TIMES = 10;

/** One size of the training set. */
export interface CurvePoint {
  fraction: number;
  /** Training images, and epochs. */
  images: number;
  epochs: number;
  comparison: Comparison;
}

/** The network minus one ablation over all sizes. */
export interface CurveContrast {
  twin: AblationName;
  /** Mean over the sizes of the difference, over the seeds; its interval is Student's t, null for one seed. */
  accuracy: Spread;
  auc: Spread | null;
  /** Exact, two-sided, of the seeds' mean differences in accuracy. */
  wilcoxon: number;
  verdict: string;
}

/** The network and its ablations on ever more training images, the same for all. */
export interface LearningCurve {
  points: CurvePoint[];
  contrasts: CurveContrast[];
}

/** Options of a training on a part of the images. */
export function optionsAt(options: TrainOptions, fraction: number): TrainOptions {
  return { ...options, fraction, epochs: Math.round(options.epochs * Math.min(MOST_TIMES, 1 / fraction)) };
}

/** In rising order, each once. @throws UsageError on parts that are none */
export function checkFractions(fractions: readonly number[]): number[] {
  const bad = fractions.find((fraction) => !(fraction > 0 && fraction <= 1));
  if (bad !== undefined || fractions.length === 0)
    throw new UsageError(`--fractions: expected numbers above 0, at most 1, got ${bad ?? "none"}`);
  return [...new Set(fractions)].sort((a, b) => a - b);
}

/** @param points in rising order of the fractions, all with the same ablations and seeds */
export function learningCurve(points: readonly CurvePoint[]): LearningCurve {
  const [{ comparison: first }] = points;
  const contrasts = first.contrasts.map(({ twin }, place): CurveContrast => {
    const all = points.map(({ comparison }) => comparison.contrasts[place]);
    const bySeed = (of: (contrast: (typeof all)[number]) => Difference) =>
      first.seeds.map((_, seed) => all.reduce((sum, each) => sum + of(each).bySeed[seed], 0) / all.length);
    const accuracies = bySeed(({ accuracy }) => accuracy);
    const accuracy = spreadOf(accuracies);
    const auc = all.every((each) => each.auc) ? spreadOf(bySeed((each) => each.auc!)) : null;
    const { p } = wilcoxon(accuracies);
    return {
      twin,
      accuracy,
      auc,
      wilcoxon: p,
      verdict: verdict(twin, accuracy, auc, p, points.length, accuracies.length),
    };
  });
  return { points: [...points], contrasts };
}

function verdict(
  twin: AblationName,
  accuracy: Spread,
  auc: Spread | null,
  p: number,
  sizes: number,
  seeds: number,
): string {
  const figures = Object.entries({ accuracy, ...(auc && { auc }) }) as [FigureName, Spread][];
  const different = figures.filter(([, { interval }]) => interval && interval[0] * interval[1] > 0);
  const ahead = different.map(
    ([figure, { mean }]) => `${FIGURES[figure].name} (the network ${mean > 0 ? "ahead" : "behind"})`,
  );
  const found =
    accuracy.interval === null
      ? "One seed cannot tell"
      : ahead.length > 0
        ? `A difference in ${ahead.join(" and ")}`
        : "No difference shown";
  const deltas = figures.map(([figure, { mean, interval }]) => differenceText(figure, mean, interval));
  return `${found} over the whole curve to ${ABLATIONS[twin].name}: ${deltas.join(", ")}, mean over ${sizes} sizes and ${seeds} ${seeds === 1 ? "seed" : "seeds"}; Wilcoxon p of the accuracy ${pText(p)}.`;
}

/** What the columns mean. */
export const CURVE_NOTE =
  "The smaller parts of the training images lie within the larger ones, with the same share of each class, and all networks of a " +
  `seed see the same images. Smaller parts are trained for more epochs, by the inverse of the fraction, at most ${MOST_TIMES} times as many. ` +
  "Δ is the network minus the ablation, of the accuracy in percentage points, with the paired bootstrap's interval over test images and seeds; p is " +
  "adjusted by Holm's method within each size. Over the whole curve the interval is Student's t of the seeds' means over the sizes.";

/** Every size: the figures of all variants, and the differences. */
export function curveTable({ points: sizes }: LearningCurve): Table {
  const [{ comparison: first }] = sizes;
  const cell = (figure: FigureName, { mean, interval, adjusted }: Difference) =>
    `${deltaRange(figure, mean, interval)}, p ${pText(adjusted)}`;
  return [
    [
      ...["fraction", "images", "epochs"],
      ...first.variants.map(({ variant }) => `${variant} accuracy %`),
      ...first.contrasts.flatMap(({ twin }) => [`ΔACC to ${twin}`, `ΔAUC to ${twin}`]),
    ],
    ...sizes.map(({ fraction, images, epochs, comparison }) => [
      ...[String(fraction), String(images), String(epochs)],
      ...comparison.variants.map(({ accuracy }) => cellText("accuracy", accuracy)),
      ...comparison.contrasts.flatMap(({ accuracy, auc }) => [
        cell("accuracy", accuracy),
        auc ? cell("auc", auc) : "none",
      ]),
    ]),
  ];
}
