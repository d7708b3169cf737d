import { suite } from "uvu";
import * as assert from "uvu/assert";
import { expandStudy, variedText } from "../../../host/study/expand.ts";
import type { StudySpec } from "../../../host/study/spec.ts";
import { refused } from "../../util/refusal.ts";

const expand = suite("study/expand");
const points = (spec: StudySpec) => expandStudy(spec).map(({ options }) => options);

expand("a grid is every combination, with every seed, on every data set", () => {
  const found = points({ base: { epochs: 3 }, data: ["a", "b"], grid: { lr: [0.1, 0.2], head: ["none"] }, seeds: 2 });
  assert.equal(
    found.map(({ data, lr, head, seed, epochs }) => [data, lr, head, seed, epochs].join(" ")),
    ["a", "b"].flatMap((data) => [0.1, 0.2].flatMap((lr) => [0, 1].map((seed) => `${data} ${lr} none ${seed} 3`))),
  );
});

expand("seeds: counted from base.seed, listed, or one", () => {
  assert.equal(
    points({ base: { seed: 7 }, seeds: 2 }).map(({ seed }) => seed),
    [7, 8],
  );
  assert.equal(
    points({ seeds: [5, 1] }).map(({ seed }) => seed),
    [5, 1],
  );
  assert.equal(
    points({ list: [{ seed: 3 }, {}] }).map(({ seed }) => seed),
    [3, 0],
  );
});

expand("random draws: the same for a seed, the first ones whatever their number, inside their ranges", () => {
  const options: NonNullable<StudySpec["random"]>["options"] = {
    lr: { low: 1e-4, high: 1e-1, scale: "log" },
    batchSize: { low: 8, high: 11 },
    labelSmoothing: { low: 0, high: 0.5 },
    head: ["none", "dense"],
  };
  const many = points({ random: { runs: 200, options } });
  const reordered = { head: options.head, lr: options.lr, labelSmoothing: options.labelSmoothing, ...options };
  assert.equal(points({ random: { runs: 20, options: reordered } }), many.slice(0, 20));
  assert.not.equal(points({ random: { runs: 20, seed: 1, options } }), many.slice(0, 20));
  for (const { lr, labelSmoothing } of many) {
    assert.ok(lr >= 1e-4 && lr <= 1e-1 && labelSmoothing >= 0 && labelSmoothing <= 0.5, `${lr} ${labelSmoothing}`);
  }
  assert.equal(
    [...new Set(many.map(({ batchSize }) => batchSize))].sort((a, b) => a - b),
    [8, 9, 10, 11],
  );
  assert.equal([...new Set(many.map(({ head }) => head))].sort(), ["dense", "none"]);
  // Uniform in the logarithm: a third of the draws in each decade.
  for (const low of [1e-4, 1e-3, 1e-2]) {
    const share = many.filter(({ lr }) => lr >= low && lr < 10 * low).length / many.length;
    assert.ok(Math.abs(share - 1 / 3) < 0.12, `${low}: ${share}`);
  }
});

expand("what cannot be trained is refused with its place", async () => {
  await refused(
    () => expandStudy({ grid: { head: ["quantum", "none"], freeze: ["quantum"] } }),
    "grid (head=none freeze=quantum): --freeze quantum: there is no quantum layer",
  );
  await refused(() => expandStudy({ list: [{}, { head: "none", width: 3 }] }), "list[1] (head=none width=3): --width");
  await refused(
    () => expandStudy({ grid: { lr: Array.from({ length: 200 }, (_, i) => i + 1) }, seeds: 51 }),
    "expected at most 10000 runs, got 10200",
  );
});

expand("a configuration in words", () => {
  assert.is(variedText({ lr: 0.1, positive: [1, 2] }), "lr=0.1 positive=1,2");
});

expand.run();
