import { suite } from "uvu";
import * as assert from "uvu/assert";
import { learningRate } from "../../../host/training/schedule.ts";

const schedule = suite("training/schedule");

const rates = (name: "constant" | "cosine" | "step", epochs: number) =>
  Array.from({ length: epochs }, (_, epoch) => learningRate({ lr: 0.004, schedule: name, epochs }, epoch));

schedule("constant stays", () => {
  assert.equal(rates("constant", 3), [0.004, 0.004, 0.004]);
});

schedule("cosine is PyTorch's CosineAnnealingLR", () => {
  // torch 2: lr · (1 + cos(π e / 4)) / 2 for e = 0 … 3
  const expected = [0.004, 0.003414213562, 0.002, 0.000585786438];
  rates("cosine", 4).forEach((rate, epoch) => {
    assert.ok(Math.abs(rate - expected[epoch]) < 1e-9, `epoch ${epoch}: ${rate}`);
  });
});

schedule("step falls tenfold at one and at two thirds, rounded up", () => {
  rates("step", 7).forEach((rate, epoch) => {
    const expected = 0.004 * [1, 1, 1, 0.1, 0.1, 0.1, 0.01][epoch];
    assert.ok(Math.abs(rate - expected) < 1e-15, `epoch ${epoch}: ${rate}`);
  });
});

schedule.run();
