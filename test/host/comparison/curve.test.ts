import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runId } from "../../../host/comparison/ablations.ts";
import { compareVariants } from "../../../host/comparison/compare.ts";
import { checkFractions, curveTable, learningCurve, optionsAt } from "../../../host/comparison/curve.ts";
import { parseTrainOptions } from "../../../host/training/parse.ts";
import { refused } from "../../util/refusal.ts";
import { syntheticVariants } from "../../util/study.ts";

const test = suite("comparison/curve");
const options = parseTrainOptions({ data: "x", task: "binary", epochs: 10 });
const data = { name: "bloodmnist", task: "binary", protocol: "official" } as const;

const pointAt = (fraction: number, seeds: number, shift: number) => {
  const comparison = compareVariants(syntheticVariants({ names: ["quantum", "none"], seeds }), data);
  const [{ accuracy }] = comparison.contrasts;
  accuracy.bySeed = accuracy.bySeed.map((_, seed) => shift + 0.001 * seed);
  return { fraction, images: Math.round(400 * fraction), epochs: 10, comparison };
};

test("smaller parts are trained for more epochs, at most ten times as many; their runs have names of their own", () => {
  assert.equal(
    [0.01, 0.1, 0.25, 1].map((fraction) => optionsAt(options, fraction).epochs),
    [100, 100, 40, 10],
  );
  assert.is(runId("x", optionsAt(options, 0.25), "none"), "x-binary-official-fraction0.25-none-seed0");
  assert.is(runId("x", options, "none"), "x-binary-official-none-seed0");
  assert.equal(checkFractions([1, 0.1, 0.1]), [0.1, 1]);
});

test("refuses fractions that are none", async () => {
  for (const fractions of [[], [0], [0.1, 2], [Number.NaN]])
    await refused(() => checkFractions(fractions), "--fractions: expected numbers above 0");
});

test("over the whole curve: the mean over the sizes of each seed, with Student's interval over the seeds", () => {
  const curve = learningCurve([pointAt(0.1, 3, 0.02), pointAt(1, 3, 0.04)]);
  const [{ accuracy, verdict, wilcoxon }] = curve.contrasts;
  // Of the seeds 0.03, 0.031, 0.032: sd 0.001, and t with two degrees of freedom 4.3027.
  assert.ok(Math.abs(accuracy.mean - 0.031) < 1e-12);
  assert.ok(Math.abs(accuracy.interval![0] - (0.031 - (4.3027 * 0.001) / Math.sqrt(3))) < 1e-9);
  assert.is(wilcoxon, 0.25);
  assert.match(verdict, /A difference in accuracy \(the network ahead\)/);
  assert.match(verdict, "mean over 2 sizes and 3 seeds");
  for (const row of curveTable(curve)) assert.is(row.length, curveTable(curve)[0].length);
  const one = learningCurve([pointAt(0.1, 1, 0.02), pointAt(1, 1, 0.04)]);
  assert.match(one.contrasts[0].verdict, "One seed cannot tell");
});

test.run();
