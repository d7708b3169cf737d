import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type CorruptedRuns, compareCorrupted, corruptedTable } from "../../../host/comparison/corruption.ts";
import type { CorruptionName } from "../../../host/evaluation/corruptions/table.ts";

const test = suite("comparison/corruption");
const COUNT = 60;
const CORRUPTIONS: CorruptionName[] = ["jpeg", "shift"];
const labels = Uint8Array.from({ length: COUNT }, (_, i) => (i < 40 ? 0 : 1));

/** A network that errs on the first images of each class: `errors[corruption][severity]` of each ten. */
function runOf(errors: readonly (readonly number[])[], order: Uint8Array = labels): CorruptedRuns["runs"][number] {
  const worth = (wrong: number) => {
    const seen = [0, 0];
    const right = Float64Array.from(order, (label) => (seen[label]++ % 10 < wrong ? 0 : 1));
    return {
      error: wrong / 10,
      balancedError: wrong / 10,
      errorInterval: [0, 1] as [number, number],
      auc: null,
      right,
    };
  };
  const rows = CORRUPTIONS.flatMap((corruption, c) =>
    errors[c].map((wrong, s) => ({ corruption, severity: (s + 1) as 1 | 2, ...worth(wrong) })),
  );
  const mean = rows.reduce((sum, row) => sum + row.error / rows.length, 0);
  return {
    labels: order,
    found: { seed: 0, count: COUNT, clean: worth(1), rows, meanError: mean, meanBalancedError: mean, notes: [] },
  };
}

test("errors by corruption, and the mean corruption error relative to the CNN alone", () => {
  const all: CorruptedRuns[] = [
    {
      variant: "quantum",
      runs: [
        runOf([
          [1, 3],
          [2, 2],
        ]),
        runOf([
          [1, 3],
          [2, 4],
        ]),
      ],
    },
    {
      variant: "none",
      runs: [
        runOf([
          [2, 6],
          [2, 2],
        ]),
        runOf([
          [2, 2],
          [3, 3],
        ]),
      ],
    },
  ];
  const { variants, contrasts, severities } = compareCorrupted(all, 2);
  assert.equal(severities, [1, 2]);
  const [network, cnn] = variants;
  assert.ok(Math.abs(network.byCorruption[0].error.mean - 0.2) < 1e-12);
  assert.ok(Math.abs(network.byCorruption[1].error.mean - 0.25) < 1e-12);
  // Seed 0: (4/8 + 4/4) / 2 = 0.75; seed 1: (4/4 + 6/6) / 2 = 1.
  assert.ok(Math.abs(network.relative!.mean - 0.875) < 1e-12);
  assert.equal([cnn.relative!.mean, cnn.relative!.interval], [1, [1, 1]]);
  // Mean errors 0.2 and 0.25 against 0.3 and 0.25.
  assert.ok(Math.abs(contrasts[0].mean - -0.05) < 1e-12, String(contrasts[0].mean));
  const table = corruptedTable(compareCorrupted(all, 2));
  for (const row of table) assert.is(row.length, 3);
});

test("a large difference is significant, none is not; without the CNN alone there is no ratio", () => {
  const runs = (errors: number[][]) => [0, 1, 2].map(() => runOf(errors));
  const far = compareCorrupted(
    [
      {
        variant: "quantum",
        runs: runs([
          [1, 1],
          [1, 2],
        ]),
      },
      {
        variant: "none",
        runs: runs([
          [8, 8],
          [7, 8],
        ]),
      },
      {
        variant: "dense",
        runs: runs([
          [1, 1],
          [1, 2],
        ]),
      },
    ],
    2,
  );
  assert.match(far.contrasts[0].verdict, "The network is more robust");
  assert.match(far.contrasts[1].verdict, "No significant difference in robustness");
  const without = compareCorrupted(
    [
      {
        variant: "quantum",
        runs: runs([
          [1, 1],
          [1, 2],
        ]),
      },
      {
        variant: "dense",
        runs: runs([
          [1, 1],
          [1, 2],
        ]),
      },
    ],
    2,
  );
  assert.is(without.variants[0].relative, null);
  assert.match(without.notes.join(), "relative to the CNN alone (ablation none): it is not among the ablations");
  assert.equal(far.notes, []);
});

test("splits by groups: every seed has as many images of a class as it happens", () => {
  const fewer = labels.subarray(0, 50);
  const errors = [
    [1, 3],
    [2, 2],
  ];
  const worse = [
    [4, 4],
    [4, 4],
  ];
  const variant = (name: string, of: number[][]) => ({ variant: name, runs: [runOf(of), runOf(of, fewer)] });
  const all = [variant("quantum", errors), variant("none", worse)];
  const [{ mean, interval }] = compareCorrupted(all, 2).contrasts;
  // 0.2 against 0.4 of each class with both seeds.
  assert.ok(Math.abs(mean - -0.2) < 1e-12, String(mean));
  assert.ok(interval[0] < mean && mean < interval[1] && interval[1] < 0, String(interval));
});

test("pooled: other images with every seed, in another order", () => {
  const turned = Uint8Array.from({ length: COUNT }, (_, i) => (i % 3 === 2 ? 1 : 0));
  const errors = [
    [1, 3],
    [2, 2],
  ];
  const found = compareCorrupted(
    [
      { variant: "quantum", runs: [runOf(errors), runOf(errors, turned)] },
      { variant: "none", runs: [runOf(errors), runOf(errors, turned)] },
    ],
    2,
  );
  assert.ok(Math.abs(found.contrasts[0].mean) < 1e-12);
});

test.run();
