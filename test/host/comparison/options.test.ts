import { suite } from "uvu";
import * as assert from "uvu/assert";
import { comparisonOptions, DECIDED_NAMES } from "../../../host/comparison/options.ts";
import { parseTrainOptions } from "../../../host/training/parse.ts";
import { refused } from "../../util/refusal.ts";

const options = suite("comparison/options");

options("what a comparison decides itself is left out, and each is named", () => {
  const leaky = { shuffleLabels: true, freeze: "features", start: "runs/x", width: 8, threads: 2, epochs: 3 };
  const found = comparisonOptions(leaky);
  assert.equal(found.options, parseTrainOptions({ epochs: 3 }));
  assert.is(found.notes.length, 5);
  for (const flag of ["--shuffle-labels", "--freeze", "--start", "--width", "--threads"]) {
    assert.ok(
      found.notes.some((note) => note.startsWith(`${flag} is not used in a comparison: `)),
      flag,
    );
  }
});

options("defaults say nothing, and neither do the options of a run", () => {
  assert.equal(comparisonOptions({}), { options: parseTrainOptions({}), notes: [] });
  const run = parseTrainOptions({ epochs: 3, augment: "flips" });
  assert.equal(comparisonOptions(run), { options: run, notes: [] });
});

options("another head is refused: the comparison would be about another network", async () => {
  await refused(
    () => comparisonOptions({ head: "dense", width: 8 }),
    "--head: a comparison is about quantum, got dense",
  );
  assert.equal(comparisonOptions({ head: "quantum" }).notes, []);
  assert.ok(DECIDED_NAMES.includes("head"));
});

options.run();
