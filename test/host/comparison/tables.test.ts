import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Comparison, Difference } from "../../../host/comparison/compare.ts";
import {
  comparisonFiles,
  contrastTable,
  latexTable,
  markdownTable,
  title,
  variantTable,
} from "../../../host/comparison/tables.ts";
import { spreadOf } from "../../../host/statistics/spread.ts";
import { summarize } from "../../../host/statistics/tests.ts";

const tables = suite("comparison/tables");

const difference = (mean: number, effect: number | null = 1.5): Difference => ({
  ...{ mean, bySeed: [mean, mean], interval: [mean - 0.01, mean + 0.01], p: 0.01, adjusted: 0.04 },
  ...{ wilcoxon: { p: 0.5, smallest: 0.5 }, effect },
});

const variant = (name: string, values: number[], auc: number[] | null) => ({
  ...{ variant: name, name: `the ${name}`, accuracy: summarize(values), auc: auc && summarize(auc) },
  ...{ parameters: 10, multiplyAdds: 20, seconds: 1.5, imagesPerSecond: 400.4, fingerprints: ["a", "b"] },
  convergence: auc && { epochs: spreadOf([2, 3]), seconds: spreadOf([7]) },
});

const comparison: Comparison = {
  ...{ data: "my_set & 100 % #1", task: "binary", protocol: "official", images: 50, seeds: [0, 1] },
  variants: [
    variant("quantum", [0.9, 0.92], [0.95, 0.96]),
    variant("none", [0.8, 0.82], [0.85, 0.86]),
    variant("dense", [0.9], null),
    variant("shuffled", [0.5, 0.5], [0.5, 0.51]),
  ],
  contrasts: [
    {
      ...{ twin: "none", question: "is it | a_pipe, 5 % & a #sign?", accuracy: difference(0.1), auc: difference(-0.1) },
      ...{ mcnemar: [{ seed: 0, network: 5, twin: 1, p: 0.2 }], verdict: "One." },
    },
    {
      ...{ twin: "dense", question: 'does "x{1}" help?', accuracy: difference(0, null), auc: null },
      ...{ mcnemar: [{ seed: 0, network: 5, twin: 1, p: 0.0002 }], verdict: "Two." },
    },
  ],
  leak: "Three.",
};
const about = ["hqcnn compare --seeds 1", "50 % & more"];
const files = comparisonFiles(comparison, about);

/** Cells of a line, cut where `mark` is not escaped. */
const cells = (line: string, mark: RegExp) => line.split(mark).length;

tables("every row has as many cells as the heading", () => {
  for (const table of [variantTable(comparison), contrastTable(comparison)]) {
    for (const row of table) assert.is(row.length, table[0].length, row.join(" "));
    const markdown = markdownTable(table).split("\n");
    assert.is(markdown.length, table.length + 1);
    for (const line of markdown) assert.is(cells(line, /(?<!\\)\|/), table[0].length + 2, line);
    const latex = latexTable(table)
      .split("\n")
      .filter((line) => line.endsWith("\\\\"));
    assert.is(latex.length, table.length);
    for (const line of latex) assert.is(cells(line, /(?<!\\)&/), table[0].length, line);
  }
});

tables("figures with their signs, and what is not there", () => {
  const [, quantum, , dense] = variantTable(comparison);
  assert.equal(quantum, [
    "quantum",
    "91.00 ± 1.41 (90.00–92.00)",
    "0.9550 ± 0.0071 (0.9500–0.9600)",
    "10",
    "20",
    "2",
    "400",
    "2.5 [−3.9, 8.9]",
    "7.0",
  ]);
  assert.equal(dense.slice(-2), ["none", "none"]);
  assert.equal(dense.slice(0, 3), ["dense", "90.00", "none"]);
  const [, none, other] = contrastTable(comparison);
  assert.equal(none.slice(2), [
    ...[
      "+10.00 [+9.00, +11.00]",
      "0.040",
      "0.50 (0.50)",
      "1.50",
      "−0.1000 [−0.1100, −0.0900]",
      "0.040",
      "0.50 (0.50)",
      "1.50",
    ],
    "0.20",
  ]);
  assert.equal(other.slice(2), ["0.00 [−1.00, +1.00]", "0.040", "0.50 (0.50)", "–", "none", "", "", "", "< 0.001"]);
});

tables("Markdown: heading, sentences, both tables", () => {
  const text = files["comparison.md"];
  assert.ok(text.startsWith(`# ${title(comparison)}\n\n- One.\n- Two.\n- Three.\n\n| variant |`), text);
  assert.ok(text.includes("is it \\| a_pipe"));
});

tables("CSV: numbers without rounding, quotes where they must be, as many cells in each line", () => {
  const lines = files["comparison.csv"].trimEnd().split("\n");
  assert.is(lines.length, 5);
  const [head, quantum, none, dense] = lines.map((line) => line.split(","));
  for (const line of lines) assert.is(line.split(",").length, head.length, line);
  const figure = (row: string[], name: string) => row[head.indexOf(name)];
  assert.equal(
    ["variant", "seeds", "accuracy_mean", "accuracy_delta", "auc_delta", "auc_p_holm"].map((name) =>
      figure(none, name),
    ),
    ["none", "2", String(summarize([0.8, 0.82]).mean), "0.1", "-0.1", "0.04"],
  );
  assert.is(figure(quantum, "accuracy_delta"), "");
  assert.equal(
    ["auc_mean", "accuracy_sd", "accuracy_effect"].map((name) => figure(dense, name)),
    ["", "", ""],
  );
});

tables("LaTeX: braces balanced, special signs escaped, columns declared", () => {
  const lines = files["comparison.tex"].split("\n");
  assert.ok(about.every((line) => lines.includes(`% ${line}`)));
  const text = lines.filter((line) => !line.startsWith("% ")).join("\n");
  const bare = text.replace(/\\[&%$#_{}]/g, "");
  assert.not.match(bare, /[%#_]/);
  assert.not.match(text, /[Δ−±–]/);
  let depth = 0;
  for (const sign of bare) {
    depth += sign === "{" ? 1 : sign === "}" ? -1 : 0;
    assert.ok(depth >= 0 && depth <= 1, "braces");
  }
  assert.is(depth, 0);
  assert.is((bare.match(/\$/g) ?? []).length % 2, 0);
  assert.ok(text.includes("is it $|$ a\\_pipe, 5 \\% \\& a \\#sign?"), text);
  assert.ok(text.includes("x\\{1\\}"));
  const declared = [...text.matchAll(/\\begin\{tabular\}\{(l+)\}/g)].map(([, columns]) => columns.length);
  assert.equal(declared, [9, 11]);
  assert.is(text.split("\\end{tabular}").length, 3);
  for (const sign of ["\\", "~", "^"]) {
    const [row] = latexTable([["a"], [`1${sign}2`]])
      .split("\n")
      .slice(3);
    assert.match(row, /^ {2}1\\text(backslash|asciitilde|asciicircum)\{\}2 \\\\$/);
  }
});

tables("JSON is the comparison itself", () => {
  assert.equal(JSON.parse(files["comparison.json"]), { ...comparison, about });
});

tables.run();
