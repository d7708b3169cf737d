import { suite } from "uvu";
import * as assert from "uvu/assert";
import { KernelError } from "../../../host/check.ts";
import { dropoutMask } from "../../reference/dropout.ts";
import { checkKernel, engines, runKernel } from "../../util/kernels.ts";
import { numbers } from "../../util/numbers.ts";

const test = suite("dropout");
const [SEED, STREAM, EPOCH] = [9, 5, 2];

for (const [N, K, p] of [
  [1, 4, 0.5],
  [3, 1024, 0.2],
  [5, 64, 0],
  [2, 128, 0.99],
]) {
  test(`forward and backward equal the reference and share the mask: ${N} × ${K}, p = ${p}`, () => {
    const ids = Uint32Array.from({ length: N }, (_, n) => 4_000_000 * n + 7); // beyond 2^32 with 1024 features
    const mask = Array.from(ids, (id) => dropoutMask(id, K, p, SEED, STREAM, EPOCH)).flat();
    const [x, dout] = [numbers(N * K, 1), numbers(N * K, 2)];
    const by = (values: Float32Array) => mask.map((factor, i) => factor * values[i]);
    checkKernel(
      "dropout",
      (blocks, kernels) => {
        const [out, maskAt, dx] = [1, 2, 3].map(() => blocks.output(N * K));
        const idsAt = blocks.bytes(new Uint8Array(ids.slice().buffer));
        kernels.dropoutForward(out, maskAt, blocks.input(x), idsAt, N, K, p, SEED, STREAM, EPOCH);
        kernels.dropoutBackward(dx, blocks.input(dout), maskAt, N, K);
        return { out: blocks.read(out, N * K), mask: blocks.read(maskAt, N * K), dx: blocks.read(dx, N * K) };
      },
      { out: by(x), mask, dx: by(dout) },
      1e-6,
    );
  });
}

test("the mean stays; masks of other images, epochs and seeds are others", () => {
  const [K, p] = [4096, 0.3];
  const masks = [
    [7, SEED, EPOCH],
    [8, SEED, EPOCH],
    [7, SEED, EPOCH + 1],
    [7, SEED + 1, EPOCH],
  ].map(([id, seed, epoch]) => {
    const { out } = runKernel(engines[0], (blocks, kernels) => {
      const [outAt, mask] = [blocks.output(K), blocks.output(K)];
      const ids = blocks.bytes(new Uint8Array(Uint32Array.of(id).buffer));
      kernels.dropoutForward(outAt, mask, blocks.input(new Float32Array(K).fill(1)), ids, 1, K, p, seed, STREAM, epoch);
      return { out: blocks.read(outAt, K) };
    });
    const mean = out.reduce((sum, value) => sum + value, 0) / K;
    assert.ok(Math.abs(mean - 1) < 5 * Math.sqrt(p / (1 - p) / K), `${mean}`);
    return out;
  });
  for (const other of masks.slice(1)) {
    const agree = other.filter((value, i) => value === masks[0][i]).length / K;
    assert.ok(Math.abs(agree - (p * p + (1 - p) ** 2)) < 0.05, `${agree}`);
  }
});

test("the debug build refuses p = 1 and a count that is not a multiple of 4, by the op's name", () => {
  const engine = engines.find(({ build }) => build === "debug")!;
  const at = engine.alloc(64);
  const refused = (error: unknown) => error instanceof KernelError && error.message.startsWith("dropout: ");
  assert.throws(() => engine.kernels.dropoutForward(at, at, at, at, 1, 4, 1, 0, 5, 0), refused);
  assert.throws(() => engine.kernels.dropoutForward(at, at, at, at, 1, 6, 0.5, 0, 5, 0), refused);
});

test.run();
