import { suite } from "uvu";
import * as assert from "uvu/assert";
import { claimResult, findingText } from "../../../host/claims/result.ts";
import { parseClaim } from "../../../host/claims/schema.ts";
import type { VariantRuns } from "../../../host/comparison/compare.ts";
import { syntheticVariants } from "../../util/study.ts";

const test = suite("claims/result");
const CLASSES = 3;

const claim = parseClaim(
  JSON.stringify({
    ...{ id: "mine", says: "It helps.", data: "x.npz", protocol: "not stated", figure: "accuracy" },
    source: { title: "A", authors: ["B", "C"], year: 2025, text: "full" },
    published: { network: 0.8, baseline: 0.7, runs: 3 },
    ...{ options: {}, baseline: "none", ablations: [], seeds: 2, assumed: [] },
  }),
  "mine.json",
);

/** Runs of several labels an image. @param answer of label c of image n */
function several(answer: (n: number, c: number) => number): VariantRuns[] {
  return syntheticVariants({ names: ["quantum", "none"], classNames: ["a", "b", "c"] }).map(({ variant, runs }) => ({
    variant,
    runs: runs.map((run) => {
      const count = run.result.predictions.labels.length;
      const cells = (of: (n: number, c: number) => number) =>
        Uint8Array.from({ length: CLASSES * count }, (_, i) => of(Math.floor(i / CLASSES), i % CLASSES));
      const rows = { labels: cells((n, c) => Number((n + c) % 3 === 0)), predicted: cells(answer) };
      // As they are read from a file: labels and answers stand in rows alone.
      const none = { labels: new Uint8Array(count), predicted: new Uint8Array(count) };
      const predictions = { ...run.result.predictions, ...none, rows };
      return { ...run, result: { ...run.result, predictions } };
    }),
  }));
}

test("several labels an image: a training has not learned if all images have the same ones, not otherwise", () => {
  const collapsed = (answer: (n: number, c: number) => number) => {
    const parts = [{ protocol: "official" as const, variants: several(answer) }];
    const [part] = claimResult(claim, parts, "multilabel").parts;
    return { ...part.collapsed, text: findingText(claim, part) };
  };
  const learned = collapsed((n, c) => Number((n + c) % 3 === 0));
  assert.equal([learned.network, learned.baseline], [0, 0]);
  const flat = collapsed((_, c) => Number(c === 1));
  assert.equal([flat.network, flat.baseline], [2, 2]);
  assert.match(flat.text, "2 of 2 trainings of the network give all images the same labels");
});

test.run();
