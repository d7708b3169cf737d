import * as z from "zod";
import { classificationReport } from "../../host/statistics/classificationReport.ts";
import { argmax, type ClassMetrics, computeMetrics } from "../../host/statistics/metrics.ts";
import { mcnemar, wilcoxon } from "../../host/statistics/tests.ts";
import { emptySection, flatten, largestDifference, note, parseGolden, type Section } from "./report.ts";

const Row = z.object({ precision: z.number(), recall: z.number(), "f1-score": z.number(), support: z.number() });
const Case = z.object({
  classes: z.int(),
  labels: z.array(z.int()),
  logits: z.array(z.array(z.number())),
  accuracy: z.number(),
  auc_macro_ovr: z.number(),
  cross_entropy: z.number(),
  confusion: z.array(z.array(z.int())),
  report: z.record(z.string(), z.union([z.number(), Row])),
  report_text_2_digits: z.string(),
  matthews: z.number(),
  average_precision: z.number().optional(),
  brier: z.number().optional(),
  other_predictions: z.array(z.int()).optional(),
  mcnemar_b_c: z.array(z.int()).optional(),
  mcnemar_exact_p: z.number().optional(),
});
const Pairs = z.object({ differences: z.array(z.number()), p_two_sided_exact: z.number() });
const Golden = z.object({ cases: z.array(Case), wilcoxon: z.array(Pairs).default([]) });

const TOLERANCE = 1e-12;

/**
 * Log-odds closer than this are one tie: rounding of logits with a few decimals leaves 1e-15, distinct ones differ by
 * 1e-3.
 */
const TIE = 1e-9;

/**
 * The golden AUC and average precision rank by numpy's exp(x) / Σ exp(x), where the last bit of exp splits some of the
 * ties and leaves others (a correctly rounded exp meets cases 0 and 2 exactly and misses case 1 by 4.9e-5; AVX-512's
 * has 0.52 ulp). What no rounding changes is the range between "every tie split against the class" and "for it": golden
 * and ours must both lie in it. Returns how far the worse one lies outside.
 */
function outsideTies(golden: number, ours: number | null, range: [low: number, high: number]): number {
  return Math.max(0, ...[golden, ours ?? Number.NaN].flatMap((value) => [range[0] - value, value - range[1]]));
}

/**
 * Mean over the scored classes of `figure`, with ties split against and for the class; `figure` takes true or false by
 * falling score.
 */
function tieRange(golden: z.infer<typeof Case>, figure: (ranked: boolean[]) => number): [low: number, high: number] {
  const { classes, labels, logits } = golden;
  const scored = classes === 2 ? [1] : Array.from({ length: classes }, (_, c) => c);
  const split = (forClass: boolean) => {
    const figures = scored.map((c) => {
      const odds = logits.map(
        (row) => -Math.log(row.reduce((sum, x, k) => (k === c ? sum : sum + Math.exp(x - row[c])), 0)),
      );
      const groups: { odds: number; members: boolean[] }[] = [];
      for (const i of odds.map((_, i) => i).sort((a, b) => odds[b] - odds[a])) {
        const last = groups.at(-1);
        if (last && last.odds - odds[i] < TIE) last.members.push(labels[i] === c);
        else groups.push({ odds: odds[i], members: [labels[i] === c] });
      }
      return figure(groups.flatMap(({ members }) => members.sort((a, b) => (a === b ? 0 : a === forClass ? -1 : 1))));
    });
    return figures.reduce((sum, value) => sum + value, 0) / figures.length;
  };
  return [split(false), split(true)];
}

/** Area under the ROC curve of a ranking without ties: the part of (positive, negative) pairs in the right order. */
function auc(ranked: boolean[]): number {
  let above = 0;
  let pairs = 0;
  for (const positive of ranked) {
    if (positive) above += 1;
    else pairs += above;
  }
  return pairs / (above * (ranked.length - above));
}

/** Average precision of a ranking without ties: the mean of the precision at each positive. */
function averagePrecision(ranked: boolean[]): number {
  let hits = 0;
  let sum = 0;
  ranked.forEach((positive, i) => {
    if (positive) sum += ++hits / (i + 1);
  });
  return sum / hits;
}

/** metrics.json against host/evaluation. */
export function compareMetrics(json: string): Section {
  const section = emptySection();
  const { cases, wilcoxon: pairs } = parseGolden("metrics.json", json, Golden);
  cases.forEach((golden, i) => {
    const at = `case ${i}, ${golden.classes} classes`;
    const metrics = computeMetrics(golden.labels, golden.logits.flat(), golden.classes);
    const compare = (name: string, actual: unknown, expected: unknown) =>
      note(section, name, at, largestDifference(flatten(actual), flatten(expected)), TOLERANCE);
    compare("accuracy", metrics.accuracy, golden.accuracy);
    const aucOutside = outsideTies(golden.auc_macro_ovr, metrics.auc, tieRange(golden, auc));
    note(section, "AUC, but for the order of ties", at, aucOutside, TOLERANCE);
    compare("cross-entropy", metrics.crossEntropy, golden.cross_entropy);
    compare("confusion matrix", metrics.confusion, golden.confusion);
    compare("MCC", metrics.mcc, golden.matthews);
    if (golden.average_precision !== undefined) {
      const range = tieRange(golden, averagePrecision);
      const outside = outsideTies(golden.average_precision, metrics.averagePrecision, range);
      note(section, "average precision, but for the order of ties", at, outside, TOLERANCE);
    }
    if (golden.brier !== undefined) compare("Brier score", metrics.brier, golden.brier);
    const rows: [string, ClassMetrics][] = [
      ...metrics.perClass.map((row, c): [string, ClassMetrics] => [String(c), row]),
      ["macro avg", metrics.macro],
      ["weighted avg", metrics.weighted],
    ];
    for (const [name, { precision, recall, f1, support }] of rows) {
      const row = golden.report[name];
      const expected = typeof row === "object" ? [row.precision, row.recall, row["f1-score"], row.support] : [];
      compare("report", [precision, recall, f1, support], expected);
    }
    const names = metrics.perClass.map((_, c) => String(c));
    const same = classificationReport(metrics, names) === golden.report_text_2_digits;
    note(section, "report text", at, same ? 0 : 1, 0);
    if (golden.other_predictions && golden.mcnemar_exact_p !== undefined) {
      const predicted = argmax(golden.logits.flat(), golden.classes);
      const { onlyFirst, onlySecond, p } = mcnemar(golden.labels, predicted, golden.other_predictions);
      if (golden.mcnemar_b_c) compare("McNemar counts", [onlyFirst, onlySecond], golden.mcnemar_b_c);
      compare("exact McNemar p", p, golden.mcnemar_exact_p);
      // 1e-55 is within 1e-12 of anything small: the exponent must be right as well.
      const relative = p === golden.mcnemar_exact_p ? 0 : Math.abs(p / golden.mcnemar_exact_p - 1);
      note(section, "exact McNemar p, relative", at, relative, TOLERANCE);
    }
    section.compared += 1;
  });
  pairs.forEach(({ differences, p_two_sided_exact }, i) => {
    const error = Math.abs(wilcoxon(differences).p - p_two_sided_exact);
    note(section, "exact Wilcoxon p", `${differences.length} pairs, list ${i}`, error, TOLERANCE);
  });
  return section;
}
