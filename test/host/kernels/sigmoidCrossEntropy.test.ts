import { suite } from "uvu";
import * as assert from "uvu/assert";
import { KernelError } from "../../../host/check.ts";
import { NONE } from "../../../host/engine/memory.ts";
import { sigmoid, sigmoidCrossEntropy } from "../../reference/sigmoidCrossEntropy.ts";
import { taskFixture } from "../../util/fixtures.ts";
import { checkKernel, engines, runKernel } from "../../util/kernels.ts";
import { integers, numbers, relativeError, sameBits } from "../../util/numbers.ts";

const test = suite("sigmoidCrossEntropy");

function run(
  engine: (typeof engines)[number],
  logits: Float32Array,
  targets: Uint8Array,
  K: number,
  weights?: Float32Array,
  smoothing = 0,
) {
  let loss = 0;
  const outputs = runKernel(engine, (blocks, kernels) => {
    const dlogits = blocks.output(logits.length);
    const w = weights ? blocks.input(weights) : NONE;
    const [x, y] = [blocks.input(logits), blocks.bytes(targets)];
    loss = kernels.sigmoidCrossEntropy(dlogits, x, y, w, targets.length / K, K, smoothing);
    return { dlogits: blocks.read(dlogits, logits.length), loss: new Float32Array(Float64Array.of(loss).buffer) };
  });
  return { loss, outputs };
}

const CASES = [
  [1, 1],
  [2, 3],
  [17, 14],
  [64, 4],
  [3, 64],
];
CASES.forEach(([N, K], i) => {
  const logits = numbers(N * K, i + 1, -6, 6);
  const targets = integers(N * K, i + 2, 2);
  for (const [name, weights, smoothing] of [
    ["plain", undefined, 0],
    ["weights", numbers(K, i + 3, 0.1, 9), 0],
    ["label smoothing", undefined, 0.1],
    ["weights and full smoothing", numbers(K, i + 4, 0.1, 9), 1],
    ["both", numbers(K, i + 5, 0.1, 9), 0.3],
  ] as const) {
    test(`equals the reference: ${N}×${K}, ${name}`, () => {
      const expected = sigmoidCrossEntropy(logits, targets, K, weights, smoothing);
      for (const engine of engines) {
        const { loss } = run(engine, logits, targets, K, weights, smoothing);
        assert.ok(Math.abs(loss - expected.loss) < 1e-12 * Math.max(1, expected.loss), `${loss} ${expected.loss}`);
      }
      checkKernel(
        "sigmoidCrossEntropy",
        (blocks, kernels) => {
          const [dlogits, probs] = [blocks.output(N * K), blocks.output(N * K)];
          const x = blocks.input(logits);
          const w = weights ? blocks.input(weights) : NONE;
          kernels.sigmoidCrossEntropy(dlogits, x, blocks.bytes(targets), w, N, K, smoothing);
          kernels.sigmoid(probs, x, N * K);
          return { dlogits: blocks.read(dlogits, N * K), probs: blocks.read(probs, N * K) };
        },
        { dlogits: expected.dlogits, probs: logits.map(sigmoid) },
        2e-7,
      );
    });
  }
});

test("equals PyTorch's formula in float64, weights of the positives included", () => {
  for (const { logits, targets, weights, loss, gradient } of taskFixture().binaryCrossEntropy) {
    const K = logits[0].length;
    for (const engine of engines) {
      const given = weights ? Float32Array.from(weights) : undefined;
      const found = run(engine, Float32Array.from(logits.flat()), Uint8Array.from(targets.flat()), K, given);
      assert.ok(Math.abs(found.loss - loss) < 1e-13, `${found.loss} ${loss}`);
      assert.ok(relativeError(found.outputs.dlogits, Float64Array.from(gradient.flat())) < 1e-7);
    }
  }
});

test("by hand: log 2 for logits of 0, and a weight of 3 for one positive of two outputs", () => {
  for (const engine of engines) {
    const equal = run(engine, new Float32Array(6), Uint8Array.of(0, 1, 0, 1, 1, 0), 3);
    assert.ok(Math.abs(equal.loss - Math.LN2) < 1e-15);
    const weighted = run(engine, new Float32Array(2), Uint8Array.of(1, 0), 2, Float32Array.of(3, 3));
    assert.ok(Math.abs(weighted.loss - 2 * Math.LN2) < 1e-15);
    assert.equal([...weighted.outputs.dlogits], [-0.75, 0.25]);
  }
});

test("large logits neither overflow nor lose the loss", () => {
  for (const engine of engines) {
    const { loss, outputs } = run(engine, Float32Array.of(3e38, -1000, 1000, -3e38), Uint8Array.of(1, 1, 0, 0), 2);
    assert.is(loss, 500);
    assert.equal([...outputs.dlogits], [0, -0.25, 0.25, 0]);
  }
});

test("NaN in a logit makes the loss and its own gradient NaN", () => {
  for (const engine of engines) {
    const { loss, outputs } = run(engine, Float32Array.of(0, Number.NaN, 2, 3), Uint8Array.of(0, 1, 1, 0), 2);
    assert.ok(Number.isNaN(loss));
    assert.equal([...outputs.dlogits].map(Number.isNaN), [false, true, false, false]);
  }
});

test("all builds give the same bits", () => {
  const [logits, targets] = [numbers(60, 1, -5, 5), integers(60, 2, 2)];
  const results = engines.map((engine) => run(engine, logits, targets, 3, Float32Array.of(1, 2, 3), 0.1).outputs);
  for (const result of results) assert.ok(sameBits(result, results[0]));
});

test("the debug build refuses a target of 2, an empty batch and a smoothing above 1, by the op's name", () => {
  const engine = engines.find(({ build }) => build === "debug")!;
  const refused = (error: unknown) => error instanceof KernelError && error.message.startsWith("sigmoidCrossEntropy: ");
  assert.throws(() => run(engine, new Float32Array(2), Uint8Array.of(2, 0), 2), refused);
  assert.throws(() => run(engine, new Float32Array(0), new Uint8Array(0), 2), refused);
  assert.throws(() => run(engine, new Float32Array(2), Uint8Array.of(0, 1), 2, undefined, 1.5), refused);
});

test.run();
