import { createHash } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createSplit } from "../../../../host/datasets/images.ts";
import { corruptImage, corruptSplit, createDraws } from "../../../../host/evaluation/corruptions/corrupt.ts";
import { CORRUPTION_NAMES, corruptionsOf, SEVERITIES } from "../../../../host/evaluation/corruptions/table.ts";
import { corrupted } from "../../../reference/corruptions.ts";
import { compileBuild } from "../../../util/builds.ts";
import { integers } from "../../../util/numbers.ts";
import { some } from "../../../util/thorough.ts";

const test = suite("corruptions");
const engine = await compileBuild("strict");
const seed = 3;
const draws = createDraws(engine, seed);

/** Smooth shapes with some noise: an image on which every corruption can be seen. */
function picture(height: number, width: number, channels: number) {
  const noise = integers(height * width * channels, 5, 20);
  const pixels = Uint8Array.from(noise, (value, i) => {
    const [y, x] = [Math.floor(i / channels / width), Math.floor(i / channels) % width];
    const inside = (y - height / 2) ** 2 + (x - width / 3) ** 2 < (height / 4) ** 2;
    return Math.min(255, (inside ? 150 : 40) + 30 * (i % channels) + 2 * x + value);
  });
  return { height, width, channels, pixels };
}

const shapes = [picture(17, 20, 3), picture(28, 28, 1)];
const cases = shapes.flatMap((shape, id) =>
  corruptionsOf(shape.channels).flatMap((name, i) =>
    // One severity of each at first, all in the slow suite.
    some(1, [...SEVERITIES.slice(i % 3), ...SEVERITIES.slice(0, i % 3)]).map((severity) => ({
      shape,
      name,
      severity,
      id,
    })),
  ),
);

test("every value is that of the float64 reference, but for halves that rounding decides", () => {
  for (const { shape, name, severity, id } of cases) {
    const expected = corrupted(shape, name, severity, seed, id);
    const got = corruptImage(shape.pixels, shape, name, severity, draws(name, id));
    const limited = expected.map((value) => Math.min(255, Math.max(0, value)));
    const far = limited.filter((value, i) => Math.abs(value - got[i]) > 0.5 + 1e-3);
    assert.is(far.length, 0, `${name} ${severity}: ${far.length} values differ`);
  }
});

test("the bits are frozen, the same on every runtime", () => {
  const hash = createHash("sha256");
  for (const shape of shapes) {
    for (const name of corruptionsOf(shape.channels)) {
      for (const severity of SEVERITIES) hash.update(corruptImage(shape.pixels, shape, name, severity, draws(name, 7)));
    }
  }
  assert.is(hash.digest("hex"), "9441ce9ca0887aae0e3f45764530041fb92e32b6df109174220cfadd8bd9ed32");
});

test("what is drawn depends on the image's place and the seed, not on the split's other images", async () => {
  const [{ height, width, channels }] = shapes;
  const size = height * width * channels;
  const images = integers(6 * size, 8, 256);
  const labels = new Uint8Array(6);
  const whole = createSplit("x", { count: 6, labels }, images);
  const stored = {
    request: async (indices: ArrayLike<number>) => ({
      images: Promise.resolve(
        Uint8Array.from(Array.from(indices).flatMap((i) => [...images.subarray(i * size, (i + 1) * size)])),
      ),
    }),
  };
  const onDisk = createSplit("x", { count: 6, labels }, stored);
  const shape = { height, width, channels };
  const all = corruptSplit(whole, shape, "gaussian-noise", 2, draws).images;
  const read = corruptSplit(onDisk, shape, "gaussian-noise", 2, draws).stored!;
  const some = await (await read.request([4, 1])).images;
  assert.equal(some.subarray(0, size), all.subarray(4 * size, 5 * size));
  assert.equal(some.subarray(size), all.subarray(size, 2 * size));
  const other = corruptSplit(whole, shape, "gaussian-noise", 2, createDraws(engine, 4)).images;
  assert.not.equal(other, all);
});

test("a stronger severity takes an image further from the clean one", () => {
  for (const name of CORRUPTION_NAMES) {
    const [shape] = shapes;
    const distances = SEVERITIES.map((severity) => {
      const values = [0, 1, 2, 3].map((id) => {
        const image = corruptImage(shape.pixels, shape, name, severity, draws(name, id));
        return image.reduce((sum, value, i) => sum + (value - shape.pixels[i]) ** 2, 0);
      });
      return values.reduce((sum, value) => sum + value);
    });
    assert.ok(distances[0] > 0, `${name} changes the image`);
    assert.ok(distances[4] > distances[0], `${name}: ${distances}`);
  }
});

test.run();
