import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Kernels, Ptr } from "../../../host/engine/kernels.ts";
import { augment, drawTransformation } from "../../reference/augment.ts";
import { normalize } from "../../reference/normalize.ts";
import { type Blocks, checkKernel, engines, runKernel } from "../../util/kernels.ts";
import { integers } from "../../util/numbers.ts";

const test = suite("augment");
const [SEED, STREAM] = [9, 3];

interface Case {
  N: number;
  H: number;
  W: number;
  C: number;
  flips: boolean;
  degrees: number;
  epoch: number;
}

function run(c: Case, images: Uint8Array, ids: Uint32Array) {
  return (blocks: Blocks, kernels: Kernels) => {
    const out = blocks.output(images.length);
    const idsAt: Ptr = blocks.bytes(new Uint8Array(ids.slice().buffer));
    const [flips, scratch, x] = [Number(c.flips), blocks.scratch(32), blocks.bytes(images)];
    kernels.augment(out, x, idsAt, scratch, c.N, c.H, c.W, c.C, flips, c.degrees, SEED, STREAM, c.epoch);
    return { out: blocks.read(out, images.length) };
  };
}

const imagesOf = ({ N, H, W, C }: Case, seed: number) => integers(N * H * W * C, seed, 256);

const CASES: Case[] = [
  { N: 1, H: 5, W: 7, C: 1, flips: false, degrees: 15, epoch: 0 },
  { N: 3, H: 28, W: 28, C: 3, flips: true, degrees: 15, epoch: 1 },
  { N: 17, H: 8, W: 6, C: 3, flips: true, degrees: 0, epoch: 2 },
  { N: 5, H: 9, W: 12, C: 1, flips: true, degrees: 180, epoch: 70000 },
];
CASES.forEach((c, i) => {
  test(`equals the reference: ${JSON.stringify(c)}`, () => {
    const images = imagesOf(c, i + 1);
    const ids = Uint32Array.from({ length: c.N }, (_, n) => (n * 977) % 5003);
    const size = images.length / c.N;
    const expected = Array.from(ids, (id, n) => {
      const transformation = drawTransformation(id, c.flips, c.degrees, SEED, STREAM, c.epoch);
      return [...augment(images.subarray(n * size, (n + 1) * size), c.H, c.W, c.C, transformation)];
    }).flat();
    // A coordinate of up to 28 pixels in f32 is off by 2e-6, and two neighbours differ by up to 2.
    checkKernel("augment", run(c, images, ids), { out: expected }, 2e-5);
  });
});

test("without flips and rotations it is normalize", () => {
  const c: Case = { N: 2, H: 6, W: 5, C: 3, flips: false, degrees: 0, epoch: 0 };
  const images = imagesOf(c, 3);
  checkKernel("augment-none", run(c, images, Uint32Array.of(4, 5)), { out: normalize(images) }, 1e-7);
});

test("an image's draw depends on its id and epoch, not on its batch or place", () => {
  const c: Case = { N: 4, H: 8, W: 8, C: 1, flips: true, degrees: 15, epoch: 5 };
  const images = imagesOf({ ...c, N: 1 }, 6);
  const four = Uint8Array.from({ length: 4 * 64 }, (_, i) => images[i % 64]);
  for (const engine of engines) {
    const together = runKernel(engine, run(c, four, Uint32Array.of(7, 8, 9, 7))).out;
    [7, 8, 9, 7].forEach((id, n) => {
      const alone = runKernel(engine, run({ ...c, N: 1 }, images, Uint32Array.of(id))).out;
      assert.equal(together.subarray(n * 64, (n + 1) * 64), alone);
    });
    assert.not.equal(together.subarray(0, 64), together.subarray(64, 128));
    const later = runKernel(engine, run({ ...c, epoch: 6 }, four, Uint32Array.of(7, 8, 9, 7))).out;
    assert.not.equal(later, together);
  }
});

test("flips are drawn half of the time each and independently, angles evenly within ±degrees", () => {
  const draws = Array.from({ length: 2000 }, (_, id) => drawTransformation(id, true, 15, SEED, STREAM, 0));
  const share = (chosen: (t: (typeof draws)[number]) => boolean) => draws.filter(chosen).length / draws.length;
  const fiveErrors = (p: number) => 5 * Math.sqrt((p * (1 - p)) / draws.length);
  assert.ok(Math.abs(share((t) => t.horizontal) - 0.5) < fiveErrors(0.5));
  assert.ok(Math.abs(share((t) => t.vertical) - 0.5) < fiveErrors(0.5));
  assert.ok(Math.abs(share((t) => t.horizontal && t.vertical) - 0.25) < fiveErrors(0.25));
  const limit = (15 * Math.PI) / 180;
  assert.ok(draws.every((t) => Math.abs(t.angle) <= limit));
  assert.ok(Math.abs(share((t) => t.angle > limit / 2) - 0.25) < fiveErrors(0.25));
});

test.run();
