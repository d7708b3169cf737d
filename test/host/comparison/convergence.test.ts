import { suite } from "uvu";
import * as assert from "uvu/assert";
import { convergenceOf, spreadText } from "../../../host/comparison/convergence.ts";
import type { EpochRecord } from "../../../host/training/loop.ts";

const test = suite("comparison/convergence");

const history = (aucs: (number | null)[], seconds = 2) =>
  aucs.map((auc, i) => ({ epoch: i + 1, val: { auc }, seconds }) as EpochRecord);

test("the first epoch with 95 % of the last AUC, and the seconds until its end", () => {
  const found = convergenceOf([history([0.5, 0.94, 0.96, 0.9, 1]), history([0.96, 0.5, 1], 3)])!;
  // 0.96 is the first that reaches 0.95, in epoch 3 and in epoch 1
  assert.equal([found.epochs.mean, found.seconds.mean], [2, (6 + 3) / 2]);
  // Student's t with one degree of freedom: 12.7062 · sd / √2, and sd / √2 = 1
  assert.ok(Math.abs(found.epochs.interval![1] - 14.7062) < 1e-9);
  assert.is(spreadText(found.epochs), "2.0 [−10.7, 14.7]");
});

test("the last epoch itself reaches it; one seed has no interval; without an AUC there is nothing to reach", () => {
  const one = convergenceOf([history([0.5, 0.6, 0.9])])!;
  assert.equal([one.epochs.mean, one.epochs.interval], [3, null]);
  assert.is(convergenceOf([history([null, null])]), null);
  assert.is(convergenceOf([history([0.9]), history([null])]), null);
});

test.run();
