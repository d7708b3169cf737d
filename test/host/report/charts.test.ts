import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Series } from "../../../host/report/charts/history.ts";
import { loadCharts } from "../../../host/report/charts.ts";
import { standalone } from "../../../host/report/palette.ts";

const charts = suite("charts");
const loaded = await loadCharts();

/** One picture to a screen reader, XML that closes what it opens, no colour but the page's, no number that is none. */
function check(svg: string, label: string): void {
  assert.ok(
    svg.startsWith(`<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${label}" `),
    svg.slice(0, 200),
  );
  assert.is(svg.match(/aria-label=/g)?.length, 1);
  assert.not.match(svg, /NaN|undefined|Infinity|<style|<script/);
  const opened = svg.match(/<[a-z][^>]*(?<!\/)>/g)?.length;
  assert.is(opened, svg.match(/<\/[a-z]+>/g)?.length);
  assert.not.match(standalone(svg), /var\(|currentColor/);
}

const series = (count: number): Series[] =>
  ["train", "validation"].map((name, i) => ({
    name,
    emphasis: i === 1,
    points: Array.from({ length: count }, (_, e) => ({ x: e + 1, y: 1 / (e + 1 + i) })),
  }));

charts("history: one epoch, two, and more than have dots; the best one is marked", () => {
  for (const count of [1, 2, 60]) {
    const svg = loaded.history("loss", "loss", series(count), count);
    check(svg, "loss");
    assert.match(svg, `best: epoch ${count}`);
    assert.ok(svg.includes("● train") && svg.includes("● validation"));
  }
});

charts("overlay and boxes: few and many runs, with and without a best one", () => {
  for (const count of [1, 2, 60]) {
    check(loaded.overlay("loss", "loss", series(count)), "loss");
    check(
      loaded.overlay(
        "loss",
        "loss",
        series(count).map((one) => ({ ...one, emphasis: false })),
      ),
      "loss",
    );
  }
  for (const values of [[3], [1, 2, 3, 9]]) {
    const rows = [false, true].map((emphasis) => ({ name: `best ${emphasis}`, values, emphasis }));
    const svg = loaded.boxes("accuracy", "Accuracy, %", rows);
    check(svg, "accuracy");
    assert.ok(svg.includes("best true") && svg.includes("best false"));
  }
});

charts("a label and names are text, never markup", () => {
  const evil = `<script>"&`;
  const escaped = "&lt;script&gt;&quot;&amp;";
  check(
    loaded.confusion(
      evil,
      [
        [1, 0],
        [0, 1],
      ],
      [evil, "b"],
    ),
    escaped,
  );
  check(loaded.balance(evil, [{ name: "train", counts: [1, 2] }], [evil, "b"]), escaped);
  const points = [
    { x: 0, y: 0 },
    { x: 1, y: 1 },
  ];
  check(
    loaded.curves(
      evil,
      { x: "x", y: "y" },
      [evil, evil].map((name) => ({ name, note: evil, points })),
      true,
    ),
    escaped,
  );
});

charts("confusion: every count and its share of the row, also of an empty row", () => {
  const svg = loaded.confusion(
    "c",
    [
      [1234, 766],
      [0, 0],
    ],
    ["a", "b"],
  );
  check(svg, "c");
  for (const text of ["1,234", "61.7 %", "38.3 %", "0.0 %"]) assert.ok(svg.includes(`>${text}<`), text);
});

charts("eleven classes have eleven panels and cells that fit", () => {
  const names = Array.from({ length: 11 }, (_, c) => `class of a long name ${c}`);
  const points = [
    { x: 0, y: 0 },
    { x: 0, y: 1 },
    { x: 1, y: 1 },
  ];
  const curves = loaded.curves(
    "r",
    { x: "x", y: "y" },
    names.map((name) => ({ name, note: "AUC 1", points })),
    true,
  );
  check(curves, "r");
  assert.is(curves.match(/>AUC 1</g)?.length, 11);
  const confusion = loaded.confusion(
    "m",
    names.map((_, c) => names.map((_, d) => (c === d ? 5 : 0))),
    names,
  );
  check(confusion, "m");
  assert.is(confusion.match(/>100\.0 %</g)?.length, 11);
});

charts("calibration: empty bins are left out", () => {
  const bins = Array.from({ length: 15 }, (_, i) => ({ count: i === 14 ? 10 : 0, correct: 9, confidence: 9.7 }));
  check(loaded.reliability("e", bins), "e");
  check(loaded.confidences("h", bins), "h");
});

charts("forest and strip: signs, means, a diamond only where there is something to stand beside", () => {
  const rows = [
    { name: "none", mean: -12.346, interval: [-25, 1] as const, values: [-20, -4.7], emphasis: true },
    { name: "dense", mean: 0, interval: [0, 0] as const, values: [0, 0], emphasis: false },
  ];
  const forest = loaded.forest("f", "points", rows);
  check(forest, "f");
  for (const text of ["−20", "−10", "0", "−12.35", "0.00"]) assert.ok(forest.includes(`>${text}<`), text);
  const strip = (reference: number | null) =>
    loaded.strip("s", "%", [{ name: "quantum", mean: 95.5, values: [95, 96], emphasis: true, reference }]);
  check(strip(99), "s");
  assert.ok(strip(99).includes(">95.50<") && strip(99).includes("var(--wrong)"));
  assert.not.match(strip(null), "var(--wrong)");
});

charts.run();
