import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadEngine } from "../../../host/api.ts";
import { STREAMS } from "../../../host/engine/random.ts";
import { augmentImages } from "../../../host/network/augment.ts";
import { augment, drawTransformation } from "../../reference/augment.ts";
import { integers } from "../../util/numbers.ts";

const images = suite("network/augment");

const SHAPE = [28, 28, 3] as const;
const NOTHING = { flips: false, degrees: 0, shift: 0, scale: 0, brightness: 0, contrast: 0 };

images("shows images as the epoch of a training sees them", async () => {
  const engine = await loadEngine({ threads: 1 });
  const ids = Uint32Array.of(3, 0, 511);
  const size = 28 * 28 * 3;
  const pixels = Uint8Array.from(integers(ids.length * size, 5, 256));
  const strengths = { ...NOTHING, flips: true, degrees: 15, shift: 0.1, scale: 0.2, brightness: 0.1, contrast: 0.3 };
  const { degrees: rotate, ...others } = strengths;
  const found = augmentImages(engine, pixels, SHAPE, ids, { ...others, rotate, seed: 7, epoch: 2 });
  ids.forEach((id, n) => {
    const drawn = drawTransformation(id, [28, 28], strengths, 7, STREAMS.augmentation, 2);
    const expected = augment(pixels.subarray(n * size, (n + 1) * size), SHAPE, drawn, false);
    const worst = expected.reduce(
      (most, value, i) => Math.max(most, Math.abs(127.5 * (value + 1) - found[n * size + i])),
      0,
    );
    assert.ok(worst < 0.51, `image ${id}: a pixel differs by ${worst}`);
  });
});

images("leaves them as they are when all is off", async () => {
  const engine = await loadEngine({ threads: 1 });
  const pixels = Uint8Array.from(integers(28 * 28 * 3, 6, 256));
  assert.equal(augmentImages(engine, pixels, SHAPE, Uint32Array.of(1), { seed: 0, epoch: 0 }), pixels);
});

images.run();
