// What large.browser.ts runs in a page: the images of a data set, in memory and on disk.
import { openDataset } from "../../host/api.ts";
import { readImages } from "../../host/datasets/images.ts";
import { clearCache } from "../../host/datasets/sources/imageCache.ts";
import { createBrowserPlatform } from "../../host/platform/browser.ts";

const platform = createBrowserPlatform({ base: "/build/web/" });

/** Whether every other image of train, from its end, is the same from memory and from disk; and what was kept. */
export async function compare(bytes: readonly number[]) {
  const source = new Blob([new Uint8Array(bytes)]);
  const [memory, disk] = await Promise.all(
    [undefined, 0].map((memory) => openDataset(source, { platform, task: "multiclass", memory })),
  );
  const [a, b] = [await memory.split("train"), await disk.split("train")];
  const indices = Array.from({ length: a.count >> 1 }, (_, i) => a.count - 1 - 2 * i);
  const [expected, got] = [await readImages(a, indices), await readImages(b, indices)];
  const kept = await clearCache(platform, `${platform.cacheFolder}/images`);
  return {
    same: expected.length > 0 && expected.every((value, i) => value === got[i]) && got.length === expected.length,
    stored: b.stored !== undefined,
    kept: kept.files,
  };
}
