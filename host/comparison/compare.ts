import { HqcnnError } from "../check.ts";
import type { Dataset } from "../datasets/types.ts";
import { type PairedBootstrap, pairedBootstrap, type Said, separateBootstrap } from "../statistics/bootstrap.ts";
import { log } from "../statistics/functions.ts";
import {
  pairedMultilabelBootstrap,
  type SaidLabels,
  separateMultilabelBootstrap,
} from "../statistics/multilabelBootstrap.ts";
import {
  cohensDz,
  holm,
  mcnemar,
  type Summary,
  smallestWilcoxonP,
  summarize,
  summaryText,
  wilcoxon,
} from "../statistics/tests.ts";
import { trainingSpeed } from "../training/loop.ts";
import type { FinishedRun, Predictions } from "../training/record.ts";
import { ABLATIONS, type AblationName, FEWEST_SEEDS, NETWORK } from "./ablations.ts";
import { type Convergence, convergenceOf } from "./convergence.ts";
import type { CorruptionComparison } from "./corruption.ts";
import { differenceText, FIGURES, type FigureName, pText } from "./text.ts";

/** Below it an adjusted p counts as a difference. */
export const SIGNIFICANCE = 0.05;

/** The runs of one variant, one a seed, in the order of the seeds. */
export interface VariantRuns {
  variant: string;
  runs: readonly FinishedRun[];
}

/** What the runs of one variant came to, over the seeds. */
export interface VariantSummary {
  variant: string;
  name: string;
  accuracy: Summary;
  /** Null where the test split has one class only. */
  auc: Summary | null;
  parameters: number;
  /** Of a forward pass for one image, without a circuit's. */
  multiplyAdds: number;
  /** Of training, mean over the seeds. */
  seconds: number;
  imagesPerSecond: number;
  /** Null where the validation AUC is not defined. */
  convergence: Convergence | null;
  fingerprints: string[];
  /** Its trained circuit under shots and noise, if that was measured; a variant without a circuit stays as it is. */
  measured?: VariantMeasured[];
}

/** One setting of shots and noise. */
export interface VariantMeasured {
  /** 0: exact values. */
  shots: number;
  /** null: none. */
  noise: string | null;
  /** Over the seeds, each the mean over the repetitions. */
  accuracy: Summary;
}

/** Network minus ablation in one metric, as a fraction. */
export interface Difference {
  /** Mean over the seeds, and of each. */
  mean: number;
  bySeed: number[];
  /** 95 %, from resampled test images and seeds. */
  interval: [low: number, high: number];
  p: number;
  /** By Holm over every p of the comparison. */
  adjusted: number;
  /** Exact, over the seeds; `smallest` is the least p that so many seeds can give. */
  wilcoxon: { p: number; smallest: number };
  /**
   * Mean over standard deviation of the differences by seed (Cohen's d_z); null for one seed, or where all are equal.
   */
  effect: number | null;
}

/** The network against one ablation. `twin` is its name, as files of earlier versions have it. */
export interface Contrast {
  twin: AblationName;
  question: string;
  accuracy: Difference;
  auc: Difference | null;
  /** Exact, a seed each: images that only the network, only the ablation classifies correctly. */
  mcnemar: { seed: number; network: number; twin: number; p: number }[];
  verdict: string;
}

export interface Comparison {
  data: string;
  task: string;
  protocol: string;
  images: number;
  seeds: number[];
  variants: VariantSummary[];
  contrasts: Contrast[];
  /** What training on shuffled labels says about the protocol; null where that was not asked for. */
  leak: string | null;
  /** On corrupted test images, if that was asked for. */
  corruptions?: CorruptionComparison;
}

/**
 * The network against its ablations on the same test images.
 * @param variants the network first; all with the same seeds
 */
export function compareVariants(
  variants: readonly VariantRuns[],
  data: Pick<Dataset, "name" | "task" | "protocol">,
): Comparison {
  const [network, ...ablations] = variants;
  const seeds = network.runs.map(({ config }) => config.options.seed);
  const rivals = ablations.filter(({ variant }) => !ABLATIONS[variant as AblationName].isCheck);
  const contrasts = rivals.map((rival) => contrast(network, rival, seeds));
  adjust(contrasts.flatMap(({ accuracy, auc }) => (auc ? [accuracy, auc] : [accuracy])));
  contrasts.forEach((found, i) => {
    const [own, other] = [network, rivals[i]].map(({ runs }) => runs[0].config.network.parameters);
    const sizes = found.twin === "matched" ? ` (${other} parameters, the network has ${own})` : "";
    found.verdict = verdict(found, seeds.length, sizes);
  });
  const check = ablations.find(({ variant }) => ABLATIONS[variant as AblationName].isCheck);
  return {
    ...{
      data: data.name,
      task: data.task,
      protocol: data.protocol,
      images: network.runs[0].result.metrics.count,
      seeds,
    },
    variants: variants.map(summarizeVariant),
    contrasts,
    leak: check ? leakVerdict(check) : null,
  };
}

function summarizeVariant({ variant, runs }: VariantRuns): VariantSummary {
  const { parameters, multiplyAdds } = runs[0].config.network;
  const mean = (of: (run: FinishedRun) => number) => runs.reduce((sum, run) => sum + of(run), 0) / runs.length;
  return {
    variant,
    name: variant === NETWORK ? "the network" : ABLATIONS[variant as AblationName].name,
    accuracy: summarize(runs.map(({ result }) => result.metrics.accuracy)),
    auc: aucs(runs) && summarize(aucs(runs)!),
    parameters,
    multiplyAdds,
    seconds: mean(({ history }) => trainingSpeed(history).seconds),
    imagesPerSecond: mean(({ history }) => trainingSpeed(history).imagesPerSecond),
    convergence: convergenceOf(runs.map(({ history }) => history)),
    fingerprints: runs.map(({ result }) => result.fingerprint),
  };
}

function aucs(runs: readonly FinishedRun[]): number[] | null {
  const all = runs.map(({ result }) => result.metrics.auc);
  return all.includes(null) ? null : (all as number[]);
}

function contrast(network: VariantRuns, ablation: VariantRuns, seeds: number[]): Contrast {
  const [{ config }] = network.runs;
  const classes = config.data.classNames.length;
  const pairs = network.runs.map((a, i) => ({ a, b: ablation.runs[i] }));
  for (const { a, b } of pairs) {
    const [one, other] = [a, b].map(({ result: { predictions } }) => predictions.rows?.labels ?? predictions.labels);
    if (one.join() !== other.join()) {
      throw new HqcnnError(
        `${a.folder} and ${b.folder}: expected the same test images, got others: compare runs of one split`,
      );
    }
  }
  const bootstrap = bootstrapOf(network, ablation, classes);
  const difference = (figure: FigureName): Difference => {
    const bySeed = pairs.map(({ a, b }) => a.result.metrics[figure]! - b.result.metrics[figure]!);
    const { interval, p } = bootstrap[figure]!;
    const signed = wilcoxon(bySeed);
    return {
      ...{ mean: summarize(bySeed).mean, bySeed, interval, p, adjusted: p },
      wilcoxon: { p: signed.p, smallest: smallestWilcoxonP(bySeed.length) },
      effect: cohensDz(bySeed),
    };
  };
  return {
    twin: ablation.variant as AblationName,
    question: ABLATIONS[ablation.variant as AblationName].question,
    accuracy: difference("accuracy"),
    auc: bootstrap.auc && difference("auc"),
    mcnemar: pairs.map(({ a, b }, i) => {
      const [first, second] = [a.result.predictions, b.result.predictions];
      const { onlyFirst, onlySecond, p } = first.rows
        ? mcnemar(new Uint8Array(first.labels.length), wrongImages(first, classes), wrongImages(second, classes))
        : mcnemar(first.labels, first.predicted, second.predicted);
      return { seed: seeds[i], network: onlyFirst, twin: onlySecond, p };
    }),
    verdict: "",
  };
}

/** Of the same test images with every seed, or of each seed's own where splits are drawn by the seed. */
function bootstrapOf(network: VariantRuns, ablation: VariantRuns, classes: number): PairedBootstrap {
  const own = network.runs.map(({ result: { predictions } }) => predictions);
  const [{ labels, rows }] = own;
  if (rows) {
    const said = ({ runs }: VariantRuns): SaidLabels[] =>
      runs.map(({ result: { predictions } }) => ({
        scores: predictions.probs,
        predicted: predictions.rows!.predicted,
      }));
    const each = own.map((predictions) => predictions.rows!.labels);
    return each.every((other) => other.join() === rows.labels.join())
      ? pairedMultilabelBootstrap(rows.labels, classes, said(network), said(ablation))
      : separateMultilabelBootstrap(each, classes, said(network), said(ablation));
  }
  const ordered = Uint8Array.from(labels).sort().join();
  const isAlike = own.every((other) => Uint8Array.from(other.labels).sort().join() === ordered);
  const scores = ({ runs }: VariantRuns) =>
    runs.map((run) => alignedScores(run, isAlike ? labels : run.result.predictions.labels, classes));
  return isAlike
    ? pairedBootstrap(labels, classes, scores(network), scores(ablation))
    : separateBootstrap(
        own.map((other) => other.labels),
        classes,
        scores(network),
        scores(ablation),
      );
}

/** (count) 1 where any label of an image is wrong: McNemar's test of several labels counts images with all right. */
function wrongImages({ rows, labels }: Predictions, classes: number): Uint8Array {
  const wrong = new Uint8Array(labels.length);
  rows!.labels.forEach((is, i) => {
    if (is !== rows!.predicted[i]) wrong[Math.floor(i / classes)] = 1;
  });
  return wrong;
}

/**
 * (count, classes): ln of the probabilities, which rank images as their logits do, of images in an order that gives
 * `labels`. The pooled protocol has other test images with every seed, as many of each class; resampling within classes
 * may pair any of them. Splits by groups may have more of a class with one seed than with another: see bootstrapOf.
 */
function alignedScores({ config, result }: FinishedRun, labels: Uint8Array, classes: number): Said {
  const { labels: own, probs, predicted } = result.predictions;
  const members = Array.from({ length: classes }, (_, c) => [...own.keys()].filter((i) => own[i] === c));
  const taken = new Uint32Array(classes);
  const order = Array.from(labels, (label) => members[label][taken[label]++]);
  if (config.options.ordinal === "cumulative") {
    const shares = order.flatMap((i) => [...probs.subarray(i * classes, (i + 1) * classes)]);
    return { probs: Float64Array.from(shares), predicted: order.map((i) => predicted[i]) };
  }
  return Float64Array.from(order.flatMap((i) => [...probs.subarray(i * classes, (i + 1) * classes)].map(logOf)));
}

/** A probability of 0 has left the range of float32: its logarithm is lower than any other's, and finite. */
function logOf(prob: number): number {
  return log(Math.max(prob, Number.MIN_VALUE));
}

function adjust(differences: readonly Difference[]): void {
  const adjusted = holm(differences.map(({ p }) => p));
  differences.forEach((difference, i) => {
    difference.adjusted = adjusted[i];
  });
}

/** A sentence with the numbers in it. @param sizes what is said behind the ablation's name */
function verdict({ twin, accuracy, auc }: Contrast, seeds: number, sizes: string): string {
  const figures = Object.entries({ accuracy, ...(auc && { auc }) }) as [FigureName, Difference][];
  const different = figures.filter(([, { adjusted }]) => adjusted < SIGNIFICANCE);
  const ahead = ([figure, { mean }]: [FigureName, Difference]) =>
    `${FIGURES[figure].name} (the network ${mean > 0 ? "ahead" : "behind"})`;
  const found =
    different.length > 0
      ? `Significant difference in ${different.map(ahead).join(" and ")}`
      : seeds < FEWEST_SEEDS
        ? "Too few seeds to tell: no significant difference"
        : "No significant difference";
  const deltas = figures.map(
    ([figure, { mean, interval, adjusted }]) =>
      `${differenceText(figure, mean, interval)}, Holm-adjusted p ${pText(adjusted)}`,
  );
  return `${found} to ${ABLATIONS[twin].name}${sizes}: ${deltas.join("; ")}; over ${countOf(seeds, "seed")}${seeds === 1 ? ", so for these two trainings only" : ""}.`;
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/**
 * Labels in random order teach nothing, so test ranks at chance on average; one network alone may rank well or ill by
 * accident.
 */
function leakVerdict({ runs }: VariantRuns): string {
  const all = aucs(runs);
  if (!all) return "Shuffled labels: the test split has only one class, so the check is not possible.";
  const text = summaryText(summarize(all), "share");
  const signed = wilcoxon(all.map((auc) => auc - 0.5));
  // One-sided, as a leak can only raise the AUC. The distribution is symmetric: half of the two-sided p on one side,
  // the rest on the other.
  const p = signed.positive > signed.negative ? signed.p / 2 : 1 - signed.p / 2;
  const smallest = smallestWilcoxonP(all.length) / 2;
  const figures = `trained on shuffled labels, the AUC on test is ${text} over ${countOf(runs.length, "seed")}, where 0.5 is chance (one-sided Wilcoxon p ${pText(p)}, smallest possible ${pText(smallest)})`;
  if (smallest > SIGNIFICANCE) return `Too few seeds to tell whether the protocol leaks: ${figures}.`;
  return `${p <= SIGNIFICANCE ? "A sign" : "No sign"} of a leak in the protocol: ${figures}.`;
}
