import { suite } from "uvu";
import * as assert from "uvu/assert";
import { learningRate, type Schedule } from "../../../host/training/schedule.ts";

const schedule = suite("training/schedule");

const steps = (name: Schedule, epochs: number, stepsPerEpoch: number) =>
  Array.from({ length: epochs * stepsPerEpoch }, (_, step) =>
    learningRate({ lr: 0.004, schedule: name, epochs }, step, stepsPerEpoch),
  );
const rates = (name: Schedule, epochs: number) => steps(name, epochs, 1);

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

schedule("these stay the same within an epoch", () => {
  for (const name of ["constant", "cosine", "step"] as const) {
    assert.equal(
      steps(name, 5, 3),
      rates(name, 5).flatMap((rate) => [rate, rate, rate]),
    );
  }
});

schedule("onecycle is PyTorch's OneCycleLR, step by step", () => {
  // torch 2.15: OneCycleLR(optimizer, max_lr=0.004, total_steps=…, cycle_momentum=False)
  const twenty = [
    0.00016, 0.000526687371, 0.00148668737, 0.00267331263, 0.00363331263, 0.004, 0.00394985602, 0.00380193853,
    0.00356366471, 0.00324698262, 0.00286777201, 0.00244504809, 0.002000008, 0.00155496791, 0.00113224399,
    0.000753033384, 0.00043635129, 0.000198077472, 5.01599751e-5, 1.6e-8,
  ];
  const three = [0.00397766174, 0.00185054841, 1.6e-8];
  for (const [epochs, stepsPerEpoch, expected] of [
    [4, 5, twenty],
    [20, 1, twenty],
    [1, 3, three],
    [1, 1, [1.6e-8]],
  ] as const) {
    steps("onecycle", epochs, stepsPerEpoch).forEach((rate, step) => {
      assert.ok(Math.abs(rate - expected[step]) < 1e-9, `step ${step}: ${rate}`);
    });
  }
});

schedule.run();
