import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { changedPart, isPhoto, isReshaped } from "../../../../host/web/protocol/crop.ts";

const test = suite("web/crop");

const square = { height: 28, width: 28 };

test("a photo is one by its ratio or its size; its shape is changed unless it is near the network's, small or fitted", () => {
  const photo = (height: number, width: number) => isPhoto({ height, width }, square);
  assert.equal([photo(28, 28), photo(224, 230), photo(301, 301), photo(28, 40)], [false, false, true, true]);
  assert.is(isReshaped({ height: 600, width: 900 }, square), true);
  assert.is(isReshaped({ height: 1000, width: 1000 }, square), false);
  assert.is(isReshaped({ height: 30, width: 60 }, square), false);
  assert.is(isReshaped({ height: 600, width: 900 }, { ...square, fit: "pad" }), false);
  assert.is(isReshaped({ height: 600, width: 900 }, { height: 32, width: 64 }), true);
  assert.is(isReshaped({ height: 450, width: 900 }, { height: 32, width: 64 }), false);
});

test("a part that is moved or resized stays in the picture and keeps the network's ratio", () => {
  const side = fc.integer({ min: 20, max: 3000 });
  const by = fc.integer({ min: -4000, max: 4000 });
  fc.assert(
    fc.property(
      side,
      side,
      fc.constantFrom(square, { height: 64, width: 48 }),
      by,
      by,
      by,
      (height, width, network, x, y, grow) => {
        const image = { height, width };
        const first = changedPart({ top: 0, left: 0, ...image }, image, network, {});
        for (const part of [first, changedPart(first, image, network, { x, y, grow })]) {
          assert.ok(part.top >= 0 && part.left >= 0 && part.height >= 1 && part.width >= 1);
          assert.ok(part.top + part.height <= height && part.left + part.width <= width, JSON.stringify(part));
          assert.ok(Math.abs(part.width - (part.height * network.width) / network.height) <= 2, JSON.stringify(part));
        }
      },
    ),
    { seed: 3 },
  );
  const part = { top: 10, left: 20, height: 100, width: 100 };
  assert.equal(changedPart(part, { height: 300, width: 300 }, square, { x: 5 }), { ...part, left: 25 });
  assert.equal(changedPart(part, { height: 300, width: 300 }, square, { grow: 10 }), {
    top: 5,
    left: 15,
    height: 110,
    width: 110,
  });
});

test.run();
