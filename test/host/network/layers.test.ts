import { suite } from "uvu";
import * as assert from "uvu/assert";
import { instantiate } from "../../../host/engine/load.ts";
import { convBlock } from "../../../host/network/layers/convBlock.ts";
import { tileSize } from "../../../host/network/layers/convolution.ts";
import { compileBuild } from "../../util/builds.ts";

const test = suite("layers");

test("tiles of the thesis's layers", () => {
  assert.is(tileSize(24, 24, true), 6); // 16 → 16
  assert.is(tileSize(10, 10, false), 5); // 16 → 64
  assert.is(tileSize(8, 8, false), 4); // 64 → 64
  assert.is(tileSize(8, 8, true), 4); // 64 → 64, padded
});

test("a tile needs the fewest products of the sizes there are, the smaller of equals; a pooled layer's is even", () => {
  const products = (length: number, m: number) => Math.ceil(length / m) ** 2 * (m + 2) ** 2;
  for (let length = 1; length <= 256; length++) {
    for (const pool of [false, true]) {
      const tiles = pool ? [4, 6] : [4, 5, 6];
      const least = Math.min(...tiles.map((m) => products(length, m)));
      assert.is(
        tileSize(length, length, pool),
        tiles.find((m) => products(length, m) === least),
        `${length}`,
      );
    }
  }
  // rows and columns count together: one tile of 6 × 6 has 64 products, 2 × 1 tiles of 4 have 72
  assert.is(tileSize(6, 4, false), 6);
  assert.is(tileSize(4, 4, false), 4);
  assert.is(tileSize(5, 4, false), 5);
});

test("channels in fours are convolved by Winograd unless direct sums are asked for; the first layer never is", async () => {
  const instance = instantiate(await compileBuild("strict"));
  const saved = (C: number, kind: "winograd" | "direct") => {
    const options = { channels: 8, pad: 0, pool: false, first: false, kind } as const;
    return Object.keys(convBlock(instance, "block", [12, 12, C], options).saved(4, 1));
  };
  assert.ok(saved(4, "winograd").includes("ut"));
  assert.not.ok(saved(4, "direct").includes("ut"));
  assert.not.ok(saved(3, "winograd").includes("ut"));
});

test.run();
