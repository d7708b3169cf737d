import { suite } from "uvu";
import * as assert from "uvu/assert";
import { KernelError } from "../../../host/check.ts";
import { NONE } from "../../../host/engine/memory.ts";
import { softmax, softmaxCrossEntropy } from "../../reference/softmaxCrossEntropy.ts";
import { checkKernel, engines, runKernel } from "../../util/kernels.ts";
import { integers, numbers, sameBits } from "../../util/numbers.ts";

const test = suite("softmaxCrossEntropy");

/** Loss and gradient of every build; the loss, an f64, as two f32 words so that bits can be compared. */
function run(
  engine: (typeof engines)[number],
  logits: Float32Array,
  labels: Uint8Array,
  K: number,
  weights?: Float32Array,
  smoothing = 0,
) {
  let loss = 0;
  const outputs = runKernel(engine, (blocks, kernels) => {
    const dlogits = blocks.output(logits.length);
    const [x, y] = [blocks.input(logits), blocks.bytes(labels)];
    loss = kernels.softmaxCrossEntropy(
      dlogits,
      x,
      y,
      weights ? blocks.input(weights) : NONE,
      labels.length,
      K,
      smoothing,
    );
    return { dlogits: blocks.read(dlogits, logits.length), loss: new Float32Array(Float64Array.of(loss).buffer) };
  });
  return { loss, outputs };
}

const CASES = [
  [1, 2],
  [2, 3],
  [5, 2],
  [17, 8],
  [33, 11],
  [3, 64],
];
CASES.forEach(([N, K], i) => {
  const logits = numbers(N * K, i + 1, -6, 6);
  const labels = integers(N, i + 2, K);
  for (const [name, weights, smoothing] of [
    ["plain", undefined, 0],
    ["class weights", numbers(K, i + 3, 0.1, 3), 0],
    ["label smoothing", undefined, 0.1],
    ["class weights and full smoothing", numbers(K, i + 4, 0.1, 3), 1],
    ["both", numbers(K, i + 5, 0.1, 3), 0.3],
  ] as const) {
    test(`equals the reference: ${N}×${K}, ${name}`, () => {
      const expected = softmaxCrossEntropy(logits, labels, K, weights, smoothing);
      for (const engine of engines) {
        const { loss } = run(engine, logits, labels, K, weights, smoothing);
        assert.ok(Math.abs(loss - expected.loss) < 1e-12 * Math.max(1, expected.loss), `${loss} ${expected.loss}`);
      }
      checkKernel(
        "softmaxCrossEntropy",
        (blocks, kernels) => {
          const [dlogits, probs] = [blocks.output(N * K), blocks.output(N * K)];
          const x = blocks.input(logits);
          const w = weights ? blocks.input(weights) : NONE;
          kernels.softmaxCrossEntropy(dlogits, x, blocks.bytes(labels), w, N, K, smoothing);
          kernels.softmax(probs, x, N, K);
          return { dlogits: blocks.read(dlogits, N * K), probs: blocks.read(probs, N * K) };
        },
        { dlogits: expected.dlogits, probs: softmax(logits, K) },
        1e-7,
      );
    });
  }
});

test("the loss of equal logits is log K, and PyTorch's documented weighting holds in a case done by hand", () => {
  for (const engine of engines) {
    const equal = run(engine, new Float32Array(12), Uint8Array.of(0, 1, 2), 4);
    assert.ok(Math.abs(equal.loss - Math.log(4)) < 1e-15);
    // two samples of classes 0 and 1 with weights 1 and 3: (1 · log 2 + 3 · log 2) / 4
    const weighted = run(engine, new Float32Array(4), Uint8Array.of(0, 1), 2, Float32Array.of(1, 3));
    assert.ok(Math.abs(weighted.loss - Math.LN2) < 1e-15);
    assert.equal([...weighted.outputs.dlogits], [-0.125, 0.125, 0.375, -0.375]);
  }
});

test("large logits neither overflow nor lose the loss", () => {
  const logits = Float32Array.of(3e38, -3e38, 1000, 0, 0, 90);
  for (const engine of engines) {
    const { loss, outputs } = run(engine, logits, Uint8Array.of(0, 1, 0), 2);
    assert.ok(Math.abs(loss - (0 + 1000 + 90) / 3) < 1e-10, String(loss));
    assert.ok(outputs.dlogits.every(Number.isFinite));
  }
});

test("NaN in a logit makes the loss and its row's gradient NaN", () => {
  for (const engine of engines) {
    for (let at = 0; at < 3; at++) {
      const logits = Float32Array.of(0, 1, 2, 3, 4, 5);
      logits[at] = Number.NaN;
      const { loss, outputs } = run(engine, logits, Uint8Array.of(2, 1), 3);
      assert.ok(Number.isNaN(loss), `${engine.build} ${at}`);
      assert.equal([...outputs.dlogits].map(Number.isNaN), [true, true, true, false, false, false]);
    }
    const infinite = run(engine, Float32Array.of(Number.POSITIVE_INFINITY, 0), Uint8Array.of(1), 2);
    assert.not(Number.isFinite(infinite.loss));
  }
});

test("all builds give the same bits", () => {
  const [logits, labels] = [numbers(60, 1, -5, 5), integers(20, 2, 3)];
  const results = engines.map((engine) => run(engine, logits, labels, 3, Float32Array.of(1, 2, 3), 0.1).outputs);
  for (const result of results) assert.ok(sameBits(result, results[0]));
});

test("the debug build refuses a label out of range, an empty batch and a smoothing above 1, by the op's name", () => {
  const engine = engines.find(({ build }) => build === "debug")!;
  const refused = (error: unknown) => error instanceof KernelError && error.message.startsWith("softmaxCrossEntropy: ");
  assert.throws(() => run(engine, new Float32Array(2), Uint8Array.of(2), 2), refused);
  assert.throws(() => run(engine, new Float32Array(0), new Uint8Array(0), 2), refused);
  assert.throws(() => run(engine, new Float32Array(2), Uint8Array.of(0), 2, undefined, 1.5), refused);
});

test.run();
