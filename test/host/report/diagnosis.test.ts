import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadCharts } from "../../../host/report/charts.ts";
import { diagnosisPanel } from "../../../host/report/diagnosis.ts";
import type { EpochRecord } from "../../../host/training/loop.ts";

const test = suite("report/diagnosis");
const charts = await loadCharts();
const epoch = (i: number, diagnosis?: EpochRecord["diagnosis"]): EpochRecord => ({
  ...{ epoch: i, lr: 0.001, train: { loss: 0.5, accuracy: 0.7 }, val: { loss: 0.5, accuracy: 0.7, auc: 0.8 } },
  ...{ best: true, seconds: 1, imagesPerSecond: 100, ...(diagnosis && { diagnosis }) },
});
const panel = (history: EpochRecord[]) => {
  const figures: Record<string, string> = {};
  const add = (name: string, svg: string) => {
    figures[name] = svg;
    return svg;
  };
  return { html: diagnosisPanel(history, charts, add)?.html, figures };
};

test("draws norms of every layer and the spread of every output, and says what they mean", () => {
  const { html, figures } = panel([
    epoch(1, { gradients: { fc1: 0.5, quantum: 0.25 }, spread: [0.125, 0.5] }),
    epoch(2, { gradients: { fc1: 0.4, quantum: 0 }, spread: [0.25, 0.5] }),
  ]);
  assert.equal(Object.keys(figures), ["gradients", "spread"]);
  assert.match(figures.gradients, "quantum");
  assert.match(figures.spread, "output 1");
  assert.match(html!, "0.25 to 0.50");
  assert.match(html!, "0.400");
  const collapsed = panel([epoch(1, { gradients: { quantum: 0.1 }, spread: [0.001, 0.002] })]);
  assert.match(collapsed.html!, "the circuit has collapsed");
});

test("a network without a circuit has norms alone; runs of older versions have no panel", () => {
  assert.equal(Object.keys(panel([epoch(1, { gradients: { fc1: 0.5 } })]).figures), ["gradients"]);
  assert.is(panel([epoch(1)]).html, undefined);
});

test.run();
