import type { ClassMetrics, Metrics } from "./metrics.ts";

/**
 * The table of precision, recall, F1 and support, to the letter as scikit-learn's classification_report prints it, with
 * its final newline. https://scikit-learn.org/stable/modules/generated/sklearn.metrics.classification_report.html
 */
export function classificationReport(metrics: Metrics, classNames: readonly string[], digits = 2): string {
  const width = Math.max("weighted avg".length, digits, ...classNames.map((name) => [...name].length));
  const line = (name: string, cells: string[]) =>
    `${" ".repeat(width - [...name].length)}${name} ${cells.map((cell) => ` ${cell.padStart(9)}`).join("")}\n`;
  const row = (name: string, { precision, recall, f1, support }: ClassMetrics) =>
    line(name, [...[precision, recall, f1].map((value) => roundHalfEven(value, digits)), String(support)]);
  return [
    line("", ["precision", "recall", "f1-score", "support"]),
    "\n",
    ...metrics.perClass.map((figures, c) => row(classNames[c], figures)),
    "\n",
    line("accuracy", ["", "", roundHalfEven(metrics.accuracy, digits), String(metrics.count)]),
    row("macro avg", metrics.macro),
    row("weighted avg", metrics.weighted),
  ].join("");
}

/**
 * A number in [0, 1] with fixed digits as Python prints it: exact ties go to the even digit, where toFixed takes the
 * larger (0.125).
 */
function roundHalfEven(value: number, digits: number): string {
  const rounded = value.toFixed(digits);
  const exact = value.toFixed(100); // holds every bit of a double that can be a tie
  const tie = /^50*$/.test(exact.slice(2 + digits));
  return tie && Number(rounded.at(-1)) % 2 === 1 ? exact.slice(0, 2 + digits) : rounded;
}
