import { type Summary, summaryText } from "../statistics/tests.ts";

/** What variants are compared by. */
export type FigureName = "accuracy" | "auc";

/**
 * How a figure is written in every table, sentence and chart: the accuracy in percent and its differences in percentage
 * points, the AUC as a share of 1.
 */
export const FIGURES = {
  accuracy: {
    ...{ name: "accuracy", head: "accuracy %", delta: "ΔACC", axis: ", %", scale: 100, digits: 2 },
    ...{ unit: " %", points: " points" },
  },
  auc: { name: "AUC", head: "AUC", delta: "ΔAUC", axis: "", scale: 1, digits: 4, unit: "", points: "" },
} as const;

/** A value without its unit: "98.52", "0.9932". */
export function valueText(figure: FigureName, value: number): string {
  const { scale, digits } = FIGURES[figure];
  return (scale * value).toFixed(digits).replace("-", "−");
}

/** Mean and standard deviation for a column that says the unit. */
export function cellText(figure: FigureName, summary: Summary | null): string {
  if (summary === null) return "none";
  return summaryText(summary, figure === "accuracy" ? "percent" : "share").replace(" %", "");
}

/** A difference with its sign: "−0.10" in points, "+0.0012". */
export function deltaText(figure: FigureName, difference: number): string {
  const text = valueText(figure, Math.abs(difference));
  return Number(text) === 0 ? text : `${difference < 0 ? "−" : "+"}${text}`;
}

/** A fraction as percentage points with a sign: −0.10. */
export function points(fraction: number): string {
  return deltaText("accuracy", fraction);
}

/** A difference with its interval, without its unit: "−0.10 [−0.31, +0.12]". */
export function deltaRange(figure: FigureName, mean: number, interval: readonly number[] | null): string {
  const range = interval ? ` [${interval.map((bound) => deltaText(figure, bound)).join(", ")}]` : "";
  return `${deltaText(figure, mean)}${range}`;
}

/** "ΔACC −0.10 [−0.31, +0.12] points", "ΔAUC +0.0012 [−0.0002, +0.0031]". */
export function differenceText(figure: FigureName, mean: number, interval: readonly number[] | null): string {
  const { delta, points } = FIGURES[figure];
  return `${delta} ${deltaRange(figure, mean, interval)}${points}`;
}

/** "= 0.81", "< 0.001". */
export function pText(p: number): string {
  return p < 0.001 ? "< 0.001" : `= ${p.toFixed(p < 0.1 ? 3 : 2)}`;
}

/** For a column of p values: "0.81", "< 0.001". */
export function pCell(p: number): string {
  return pText(p).replace("= ", "");
}
