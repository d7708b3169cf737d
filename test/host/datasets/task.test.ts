import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UsageError } from "../../../host/check.ts";
import { binaryTask, multiclassTask } from "../../../host/datasets/task.ts";
import { refused } from "../../util/refusal.ts";

const test = suite("datasets/task");
const names = ["a", "b", "c", "d"];

test("the union is class 1", () => {
  assert.equal(binaryTask(names, [2, 1]), { classNames: ["other", "b or c"], labels: Uint8Array.of(0, 1, 1, 0) });
  assert.equal(binaryTask(names, [0, 1, 3]), { classNames: ["c", "a or b or d"], labels: Uint8Array.of(1, 1, 0, 1) });
  assert.equal(binaryTask(["no", "yes"], [1]).classNames, ["no", "yes"]);
  assert.equal(binaryTask(["no", "yes"], [0]), { classNames: ["yes", "no"], labels: Uint8Array.of(1, 0) });
});

test("multi-class keeps every label", () => {
  assert.equal(multiclassTask(names), { classNames: names, labels: Uint8Array.of(0, 1, 2, 3) });
});

test("impossible labels list the possible ones", async () => {
  for (const label of [4, -1, 1.5, Number.NaN]) {
    await refused(() => binaryTask(names, [1, label]), `positive label ${label} does not exist`, "0 a, 1 b, 2 c, 3 d");
  }
  await refused(() => binaryTask(names, []), "got none");
  await refused(() => binaryTask(names, [0, 1, 2, 3]), "not all of");
  assert.throws(
    () => binaryTask(names, []),
    (error: unknown) => error instanceof UsageError,
  );
});

test.run();
