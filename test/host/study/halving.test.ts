import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Rival, rungsOf, stoppedBy, trainedShare } from "../../../host/study/halving.ts";
import type { EpochRecord } from "../../../host/training/loop.ts";

const halving = suite("successive halving");

/** Epochs with these AUCs, the best so far marked as a run does; the test split does not come up at all. */
function history(...aucs: number[]): EpochRecord[] {
  let best = Number.NEGATIVE_INFINITY;
  return aucs.map((auc, i) => {
    const isBest = auc > best;
    best = Math.max(best, auc);
    return { epoch: i + 1, best: isBest, val: { loss: 1 - auc, accuracy: auc, auc } } as EpochRecord;
  });
}
const rival = (key: string, ...histories: EpochRecord[][]): Rival => ({ key, histories, failed: false });
const past = ({ histories }: Rival, run: number, epoch: number) => histories[run].length >= epoch;

halving("rungs: a factor between them, as long as there is something to choose from", () => {
  assert.equal(rungsOf(27, 27, 3), [1, 3, 9]);
  assert.equal(rungsOf(27, 3, 3), [9]);
  assert.equal(rungsOf(27, 4, 3), [3, 9]);
  assert.equal(rungsOf(20, 9, 2), [1, 2, 5, 10]);
  assert.equal(rungsOf(1, 9, 2), []);
  assert.equal(rungsOf(20, 1, 2), []);
});

halving("the share of the epochs that is trained: all to the first rung, those that are kept to the next", () => {
  // 9 × 1, 3 × 2 and 1 × 6 of 9 × 9 epochs.
  assert.is(trainedShare([1, 3], 9, 9, 3), 21 / 81);
  // Another set with less configurations pauses at the same epochs.
  assert.is(trainedShare([1, 3], 9, 2, 3), (2 + 2 + 6) / 18);
  assert.is(trainedShare([], 9, 1, 3), 1);
});

halving("the best part by the mean over the seeds of the epoch that each run would keep", () => {
  const rivals = [
    rival("a", history(0.6, 0.5), history(0.8, 0.7)),
    rival("b", history(0.9, 0.1), history(0.3, 0.2)),
    rival("c", history(0.5, 0.4), history(0.5, 0.95)),
  ];
  // Kept: a 0.7, b 0.6, c 0.725 after two epochs.
  const stopped = stoppedBy(rivals, [2], 2, "auc", past);
  assert.equal([...stopped], [["b", { epoch: 2, rank: 3, of: 3, kept: 2 }]]);
  // After one: a 0.7, b 0.6, c 0.5: later epochs do not count.
  assert.equal([...stoppedBy(rivals, [1], 2, "auc", past).keys()], ["c"]);
});

halving("by kappa, where that chooses: its mean over the seeds, and no mean where a run has none", () => {
  const graded = (kappa: number | null, auc: number) =>
    history(auc).map((record) => ({ ...record, val: { ...record.val, kappa } }));
  const rivals = [
    rival("a", graded(0.1, 0.9), graded(0.2, 0.9)),
    rival("b", graded(0.4, 0.3), graded(0.1, 0.3)),
    rival("c", graded(null, 0.99), graded(0.9, 0.99)),
  ];
  assert.equal([...stoppedBy(rivals, [1], 3, "kappa", past).keys()], ["a", "c"]);
  assert.equal([...stoppedBy(rivals, [1], 3, "auc", past).keys()], ["a", "b"]);
});

halving("a rung is decided when all that compete have reached it, whatever the others do", () => {
  const rivals = [rival("a", history(0.6)), rival("b", history(0.7)), rival("c", history(0.8, 0.9)), rival("d", [])];
  assert.is(stoppedBy(rivals, [1, 2], 2, "auc", past).size, 0);
  rivals[3] = rival("d", history(0.1));
  assert.equal([...stoppedBy(rivals, [1, 2], 2, "auc", past).keys()], ["a", "d"]);
  rivals[1] = rival("b", history(0.7, 0.95));
  assert.equal([...stoppedBy(rivals, [1, 2], 2, "auc", past).keys()], ["a", "d", "c"]);
});

halving("a configuration that failed takes nobody's place, and is not called stopped", () => {
  const rivals = [{ ...rival("a", []), failed: true }, rival("b", history(0.7)), rival("c", history(0.8))];
  assert.equal([...stoppedBy(rivals, [1], 3, "auc", past).keys()], ["b"]);
});

halving("equal in validation: the order of the study decides", () => {
  const rivals = ["a", "b", "c", "d"].map((key) => rival(key, history(0.5)));
  assert.equal([...stoppedBy(rivals, [1], 2, "loss", past).keys()], ["c", "d"]);
});

halving.run();
