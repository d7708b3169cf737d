import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Kernels } from "../../../host/engine/kernels.ts";
import { augment, drawTransformation, mirrored, type Strengths } from "../../reference/augment.ts";
import { type Blocks, checkKernel, engines, runKernel } from "../../util/kernels.ts";
import { integers } from "../../util/numbers.ts";

const test = suite("augment");
const [SEED, STREAM] = [9, 3];

interface Case extends Strengths {
  N: number;
  H: number;
  W: number;
  C: number;
  reflect: boolean;
  epoch: number;
}

const NOTHING = { flips: false, degrees: 0, shift: 0, scale: 0, brightness: 0, contrast: 0, reflect: false, epoch: 0 };
const IDENTITY = [1, 0, 0, 1, 0, 0, 1, 0];

/** Maps drawn for ids, then the images changed by them. */
function run(c: Case, images: Uint8Array, ids: Uint32Array) {
  return (blocks: Blocks, kernels: Kernels) => {
    const { N, H, W, C, degrees, shift, scale, brightness, contrast } = c;
    const [out, maps] = [blocks.output(images.length), blocks.output(8 * N)];
    const idsAt = blocks.bytes(new Uint8Array(ids.slice().buffer));
    const strengths = [Number(c.flips), degrees, shift, scale, brightness, contrast] as const;
    kernels.augmentDraw(maps, idsAt, N, H, W, ...strengths, SEED, STREAM, c.epoch);
    kernels.augment(out, blocks.bytes(images), maps, N, H, W, C, Number(c.reflect));
    return { out: blocks.read(out, images.length) };
  };
}

/** One image changed by a map of the test's own. */
function mapped(image: Uint8Array, [H, W, C]: number[], map: number[], reflect = false) {
  return (blocks: Blocks, kernels: Kernels) => {
    const out = blocks.output(image.length);
    kernels.augment(out, blocks.bytes(image), blocks.input(map), 1, H, W, C, Number(reflect));
    return { out: blocks.read(out, image.length) };
  };
}

const imagesOf = ({ N, H, W, C }: Pick<Case, "N" | "H" | "W" | "C">, seed: number) =>
  integers(N * H * W * C, seed, 256);

/** Rounded where the engine does. */
const normalize32 = (images: Uint8Array) =>
  Float32Array.from(images, (value) => Math.fround(Math.fround(value / 255) - 0.5) / 0.5);

const CASES: Case[] = [
  { ...NOTHING, N: 1, H: 5, W: 7, C: 1, degrees: 15 },
  { ...NOTHING, N: 3, H: 28, W: 28, C: 3, flips: true, degrees: 15, epoch: 1 },
  { ...NOTHING, N: 17, H: 8, W: 6, C: 3, flips: true, epoch: 2 },
  { ...NOTHING, N: 5, H: 9, W: 12, C: 1, flips: true, degrees: 180, epoch: 70000 },
  { ...NOTHING, N: 9, H: 28, W: 28, C: 3, shift: 0.1 },
  { ...NOTHING, N: 9, H: 7, W: 5, C: 1, shift: 1, reflect: true },
  { ...NOTHING, N: 6, H: 12, W: 20, C: 3, scale: 0.5, reflect: true },
  { ...NOTHING, N: 6, H: 8, W: 8, C: 3, brightness: 0.4 },
  { ...NOTHING, N: 6, H: 8, W: 8, C: 1, contrast: 1 },
];
for (const reflect of [false, true]) {
  const everything = { flips: true, degrees: 180, shift: 0.2, scale: 0.4, brightness: 0.2, contrast: 0.3 };
  CASES.push({ ...everything, N: 20, H: 28, W: 28, C: 3, epoch: 3, reflect });
  CASES.push({ ...everything, scale: 0.9, N: 20, H: 3, W: 1, C: 1, epoch: 3, reflect });
}
CASES.forEach((c, i) => {
  test(`equals the reference: ${JSON.stringify(c)}`, () => {
    const images = imagesOf(c, i + 1);
    const ids = Uint32Array.from({ length: c.N }, (_, n) => (n * 977) % 5003);
    const size = images.length / c.N;
    const expected = Array.from(ids, (id, n) => {
      const transformation = drawTransformation(id, [c.H, c.W], c, SEED, STREAM, c.epoch);
      return [...augment(images.subarray(n * size, (n + 1) * size), [c.H, c.W, c.C], transformation, c.reflect)];
    }).flat();
    // A coordinate of up to 28 pixels in f32 is off by 2e-6 (times 1 / size), and two neighbours differ by up to 2.
    checkKernel("augment", run(c, images, ids), { out: expected }, 4e-5);
  });
});

test("with everything off it is normalize", () => {
  const c: Case = { ...NOTHING, N: 2, H: 6, W: 5, C: 3 };
  const images = imagesOf(c, 3);
  const normalized = normalize32(images);
  for (const engine of engines) assert.equal(runKernel(engine, run(c, images, Uint32Array.of(4, 5))).out, normalized);
});

test("a shift by whole pixels moves pixels exactly, a half turn and both flips are the same, two half turns nothing", () => {
  for (const shape of [
    [6, 5, 3],
    [4, 9, 1],
  ]) {
    const [H, W, C] = shape;
    const image = integers(H * W * C, 4, 256);
    const plain = normalize32(image);
    for (const engine of engines) {
      for (const [dx, dy, reflect] of [
        [1, 0, false],
        [-2, 3, false],
        [2, -1, true],
        [-11, 23, true],
        [1000, -999, true],
        [40, 0, false],
      ] as const) {
        const { out } = runKernel(engine, mapped(image, shape, [1, 0, 0, 1, dx, dy, 1, 0], reflect));
        const expected = Float32Array.from(out, (_, i) => {
          const [y, x, c] = [Math.floor(i / C / W) - dy, (Math.floor(i / C) % W) - dx, i % C];
          if (reflect) return plain[(mirrored(y, H) * W + mirrored(x, W)) * C + c];
          return y < 0 || y >= H || x < 0 || x >= W ? -1 : plain[(y * W + x) * C + c];
        });
        assert.equal(out, expected, `${dx} ${dy} ${reflect}`);
      }
      const turned = runKernel(engine, mapped(image, shape, [-1, 0, 0, -1, 0, 0, 1, 0])).out;
      const reversed = Float32Array.from(plain, (_, i) => plain[image.length - C - i + 2 * (i % C)]);
      assert.equal(turned, reversed);
      const bytes = Uint8Array.from(turned, (value) => Math.round((value / 2 + 0.5) * 255));
      assert.equal(runKernel(engine, mapped(bytes, shape, [-1, 0, 0, -1, 0, 0, 1, 0])).out, plain);
    }
  }
});

test("with reflection the mean grey of an even image stays, wherever it is moved; nothing outside is read", () => {
  // The guards around the image are bytes of 255.
  const [H, W, C] = [5, 4, 3];
  const image = new Uint8Array(H * W * C).fill(51);
  for (const engine of engines) {
    for (const map of [
      [0.6, -0.8, 0.8, 0.6, 3, -2, 1, 0],
      [9.9, 0.3, -4, 7.7, 1, 17, 1, 0],
      [1e4, 0, 0, -1e4, -2, 1, 1, 0],
    ]) {
      const { out } = runKernel(engine, mapped(image, [H, W, C], map, true));
      assert.ok(out.every((value) => Math.abs(value + 0.6) < 1e-6));
    }
  }
});

test("gain and offset are about middle grey, and end at black and white", () => {
  const image = Uint8Array.of(0, 51, 102, 153, 204, 255);
  const changed = (gain: number, offset: number) => mapped(image, [2, 3, 1], [...IDENTITY.slice(0, 6), gain, offset]);
  for (const [gain, offset, ...expected] of [
    [0.5, 0, -0.5, -0.3, -0.1, 0.1, 0.3, 0.5],
    [2, 0, -1, -1, -0.4, 0.4, 1, 1],
    [1, 0.3, -0.7, -0.3, 0.1, 0.5, 0.9, 1],
    [0, -0.2, -0.2, -0.2, -0.2, -0.2, -0.2, -0.2],
  ]) {
    checkKernel("augment-colour", changed(gain, offset), { out: expected }, 1e-6);
  }
});

test("an image's draw depends on its id and epoch, not on its batch or place", () => {
  const c: Case = { ...NOTHING, N: 4, H: 8, W: 8, C: 1, flips: true, degrees: 15, shift: 0.2, contrast: 0.5, epoch: 5 };
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

test("flips are drawn half of the time each; what is uniform is so within its limits; all independently", () => {
  const strengths = { flips: true, degrees: 15, shift: 0.1, scale: 0.3, brightness: 0.2, contrast: 0.4 };
  const draws = Array.from({ length: 2000 }, (_, id) => drawTransformation(id, [28, 28], strengths, SEED, STREAM, 0));
  const share = (chosen: (t: (typeof draws)[number]) => boolean) => draws.filter(chosen).length / draws.length;
  const check = (p: number, chosen: (t: (typeof draws)[number]) => boolean) =>
    assert.ok(Math.abs(share(chosen) - p) < 5 * Math.sqrt((p * (1 - p)) / draws.length), `${p} ${chosen}`);
  check(0.5, (t) => t.horizontal);
  check(0.5, (t) => t.vertical);
  check(0.25, (t) => t.horizontal && t.vertical);
  const limit = (15 * Math.PI) / 180;
  const inside = draws.every(
    (t) =>
      Math.abs(t.angle) <= limit &&
      Math.abs(t.size - 1) <= 0.3 &&
      Math.abs(t.brightness) <= 0.2 &&
      Math.abs(t.gain - 1) <= 0.4 &&
      t.shift.every((pixels) => Math.abs(pixels) <= 3 && Number.isInteger(pixels)),
  );
  assert.ok(inside);
  check(0.25, (t) => t.angle > limit / 2);
  check(0.25, (t) => t.size > 1.15);
  check(0.25, (t) => t.brightness > 0.1);
  check(0.25, (t) => t.gain > 1.2);
  check(1 / 5.6, (t) => t.shift[0] === 0); // of ±2.8 pixels, ±0.5
  check(1 / 5.6 ** 2, (t) => t.shift[0] === 0 && t.shift[1] === 0);
  check(0.25, (t) => t.angle > 0 && t.size > 1);
  check(0.25, (t) => t.gain > 1 && t.brightness > 0);
});

test.run();
