// Which epoch is kept, and what is said about it.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Split } from "../../../host/datasets/types.ts";
import type { BestBy } from "../../../host/training/bestBy.ts";
import { type EpochRecord, isBest } from "../../../host/training/loop.ts";
import { parseTrainOptions } from "../../../host/training/parse.ts";
import { FEWEST_STEPS, trainingWarnings } from "../../../host/training/warnings.ts";

const chosen = suite("the epoch that is kept");

type Val = EpochRecord["val"];
const record = (val: Partial<Val>, epoch = 1, train = { loss: 0.4, accuracy: 0.8 }): EpochRecord => ({
  ...{ epoch, lr: 0.001, train, best: true, seconds: 1, imagesPerSecond: 1 },
  val: { loss: 0.5, accuracy: 0.5, auc: 1, ...val },
});

/** The epoch (from 1) that training keeps of these results on val. */
function kept(vals: Partial<Val>[], by: BestBy = "auc"): number {
  const history = vals.map((val, i) => record(val, i + 1));
  let bestEpoch = 0;
  for (const [i, { val }] of history.entries()) {
    if (isBest({ history: history.slice(0, i), bestEpoch }, val, by)) bestEpoch = i + 1;
  }
  return bestEpoch;
}

chosen("is that of the highest AUC, of equals that of the lowest loss, of equals the first", () => {
  assert.is(kept([{ auc: 0.9 }, { auc: 0.8, loss: 0.1 }]), 1);
  assert.is(kept([{ loss: 0.7 }, { loss: 0.6 }, { loss: 0.65 }, { loss: 0.6 }]), 2);
  assert.is(
    kept([
      { auc: 0.9, loss: 0.1 },
      { auc: 1, loss: 0.7 },
      { auc: 1, loss: 0.3 },
    ]),
    3,
  );
});

chosen("never has no AUC where another epoch has one; where none has, the loss decides", () => {
  assert.is(
    kept([
      { auc: null, loss: 0.01 },
      { auc: 0.1, loss: 0.9 },
      { auc: null, loss: 0.001 },
    ]),
    2,
  );
  assert.is(
    kept([
      { auc: null, loss: 0.7 },
      { auc: null, loss: 0.5 },
      { auc: null, loss: 0.6 },
    ]),
    2,
  );
  assert.is(kept([{ auc: 0 }, { auc: null, loss: 0 }]), 1);
});

chosen("is that of the lowest loss with --best-by loss, whatever the AUC", () => {
  assert.is(
    kept(
      [
        { auc: 1, loss: 0.5 },
        { auc: 0.5, loss: 0.4 },
        { auc: null, loss: 0.3 },
      ],
      "loss",
    ),
    3,
  );
});

chosen("is that of the highest kappa with --best-by kappa, of equals that of the lowest loss; null never wins", () => {
  const vals = [
    { kappa: null, auc: 1, loss: 0.1 },
    { kappa: -0.2, auc: 0.9, loss: 0.3 },
    { kappa: 0.4, auc: 0.5, loss: 0.9 },
    { kappa: 0.4, auc: 0.4, loss: 0.8 },
    { kappa: null, auc: 1, loss: 0.05 },
  ];
  assert.is(kept(vals, "kappa"), 4);
  assert.is(kept(vals), 5, "the same epochs by AUC");
  assert.is(kept([vals[0], vals[4]], "kappa"), 2, "without any kappa the loss decides");
});

const split = (labels: number[]): Split => ({
  count: labels.length,
  images: new Uint8Array(0),
  labels: Uint8Array.from(labels),
});
const both = split([0, 1, 0, 1]);

function warnings(given: Partial<Parameters<typeof trainingWarnings>[0]> = {}): string[] {
  return trainingWarnings({
    options: parseTrainOptions({}),
    classNames: ["sound", "sick"],
    ...{ train: split(Array.from({ length: 140 }, (_, i) => i % 2)), val: both, test: both },
    ...{ steps: 60, history: [record({ loss: 0.3 })], bestEpoch: 1, predicted: [0, 1, 1, 1] },
    ...given,
  });
}

chosen("a training that learnt is not doubted", () => {
  assert.equal(warnings(), []);
});

chosen("that predicts one class on val or test is said, with the class and what to do", () => {
  const [onTest, ...others] = warnings({ predicted: [1, 1, 1, 1] });
  assert.equal(others, []);
  for (const part of ["epoch 1 of 1", "all 4 test images into class 1 (sick)", "--best-by loss", "--epochs"]) {
    assert.ok(onTest.includes(part), onTest);
  }
  const [onBoth] = warnings({ predicted: [0, 0, 0, 0], history: [{ ...record({ loss: 0.3 }), oneClass: 0 }] });
  assert.match(onBoth, /all 4 val images into class 0 \(sound\), and all 4 test images into class 0 \(sound\)/);
  const [lone] = warnings({ predicted: [1, 1], test: split([1, 1]) });
  assert.match(lone, "all 2 test images into class 1 (sick), which holds no other class");
});

chosen("of too few steps is said, with how many there were and what gives enough", () => {
  const options = parseTrainOptions({ epochs: 4, batchSize: 64 });
  const history = [1, 2, 3, 4].map((epoch) => record({ loss: 0.3 }, epoch));
  const [text, ...others] = warnings({ options, history, steps: 12 });
  assert.equal(others, []);
  assert.match(text, /took 12 optimiser steps \(4 epochs of 3\), too few/);
  const [, epochs, batchSize] = /--epochs (\d+), .*--batch-size (\d+)/.exec(text)!.map(Number);
  assert.ok(epochs * 3 >= FEWEST_STEPS && (epochs - 1) * 3 < FEWEST_STEPS, text);
  assert.ok(4 * Math.ceil(140 / batchSize) >= FEWEST_STEPS, text);
});

chosen("whose loss stayed at chance is said, with what chance is for these classes, weights and smoothing", () => {
  const flat = { loss: 0.69, accuracy: 0.5 };
  const [text, ...others] = warnings({ history: [record({ loss: 0.68 }, 1, flat)] });
  assert.equal(others, []);
  assert.match(
    text,
    "training loss stayed at chance: its lowest was 0.6900, guessing by the class frequencies has 0.6931",
  );
  // One in ten: chance is 0.3251, which 0.4 is above; weighted, it is ln 2 again.
  const rare = { train: split(Array.from({ length: 100 }, (_, i) => Number(i % 10 === 0))) };
  assert.match(warnings({ ...rare }).join(), "0.3251");
  assert.equal(warnings({ ...rare, options: parseTrainOptions({ classWeights: "balanced" }) }), []);
  const smoothed = { ...rare, options: parseTrainOptions({ labelSmoothing: 0.5 }) };
  assert.equal(warnings(smoothed), [], "with half of each label spread, 0.4 is far below chance");
  assert.match(warnings({ history: [record({ loss: 0.9 })] }).join(), "loss on val is no better than chance: 0.9000");
});

chosen.run();
