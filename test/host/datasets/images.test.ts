import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadEngine, openDataset, train } from "../../../host/api.ts";
import { checkSplits, findLeaks } from "../../../host/datasets/guard.ts";
import { joinImages, MEMORY_BYTES, readImages } from "../../../host/datasets/images.ts";
import { montage } from "../../../host/datasets/inspect.ts";
import { clearCache } from "../../../host/datasets/sources/imageCache.ts";
import { type Dataset, splitNames } from "../../../host/datasets/types.ts";
import { evaluateSplit } from "../../../host/evaluation/evaluate.ts";
import { createNetwork } from "../../../host/network/network.ts";
import { createNodePlatform } from "../../../host/platform/node.ts";
import type { Platform } from "../../../host/platform/platform.ts";
import { medmnistArrays, type NpyArray, npz } from "../../util/npz.ts";
import { fixture } from "../../util/paths.ts";
import { refused } from "../../util/refusal.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const test = suite("datasets/images");
const folder = temporaryFolder();
const platform = { ...createNodePlatform(), cacheFolder: `${folder}/user` };

let made = 0;
/** A file of the arrays. */
async function file(arrays: Record<string, NpyArray>, level = 0): Promise<string> {
  const path = `${folder}/${made++}.npz`;
  writeFileSync(path, await npz(arrays, { level }));
  return path;
}

type Options = NonNullable<Parameters<typeof openDataset>[1]>;
/** The same data in memory and on disk. */
async function both(source: string | Blob, options: Options = {}): Promise<[memory: Dataset, disk: Dataset]> {
  const common: Options = { platform, task: "multiclass", cache: `${folder}/cache${made}`, ...options };
  return [await openDataset(source, common), await openDataset(source, { ...common, memory: 0 })];
}

/** Every image of both must be the same, in any order and number. */
async function sameImages(memory: Dataset, disk: Dataset) {
  for (const name of splitNames) {
    const [a, b] = [await memory.split(name), await disk.split(name)];
    assert.equal([a.count, [...a.labels], a.stored], [b.count, [...b.labels], undefined]);
    if (a.count === 0) continue;
    assert.ok(b.stored, name);
    assert.throws(() => b.images, /on disk.*readImages/);
    const all = Array.from({ length: a.count }, (_, i) => i);
    for (const indices of [all, all.toReversed(), [a.count - 1, 0, 0], all.filter((i) => i % 3 > 0), []]) {
      const [expected, got] = [await readImages(a, indices), await readImages(b, indices)];
      assert.is(Buffer.compare(got, expected), 0, `${name} ${indices}`);
    }
  }
}

const float = (array: NpyArray): NpyArray => ({
  ...array,
  descr: "<f4",
  data: Float32Array.from(array.data as Uint8Array, (value) => value / 255),
});

test("an npz on disk holds the images that memory would: stored, deflated, of other types, sizes and orders", async () => {
  const arrays = medmnistArrays(undefined, { channels: 3 });
  const grey = medmnistArrays();
  const floats = Object.fromEntries(
    Object.entries(grey).map(([name, array]) => [name, name.endsWith("images") ? float(array) : array]),
  );
  const cases: [string, string, Options, kept: number][] = [
    ["stored", await file(arrays), {}, 0],
    ["deflated", await file(arrays, 6), {}, 3],
    ["floats", await file(floats), {}, 3],
    ["resized", await file(grey), { size: { height: 40, width: 20 }, fit: "pad" }, 3],
    ["made grey", await file(arrays), { channels: 1 }, 3],
    ["pooled", await file(arrays), { protocol: "pooled" }, 0],
    ["pooled, deflated", await file(arrays, 6), { protocol: "pooled" }, 3],
    ["drawn", await file({ images: grey.train_images, labels: grey.train_labels }), {}, 0],
  ];
  for (const [name, path, options, kept] of cases) {
    const cache = `${folder}/${name}`;
    const [memory, disk] = await both(path, { ...options, cache });
    await sameImages(memory, disk);
    const files = statSync(cache, { throwIfNoEntry: false }) ? readdirSync(cache) : [];
    assert.is(files.filter((each) => each.endsWith(".images")).length, kept, name);
    assert.is(files.length, 2 * kept, `${name}: ${files}`);
    const said = disk.steps.filter((step) => step.includes("stay on disk"));
    assert.is(said.length, 1, name);
    assert.match(said[0], kept > 0 ? `written once to ${cache}` : "read from the file");
    assert.equal(
      memory.steps.filter((step) => step.includes("on disk")),
      [],
    );
  }
});

test("so do a Blob, a single array and bytes", async () => {
  const arrays = medmnistArrays();
  for (const level of [0, 6]) await sameImages(...(await both(new Blob([await npz(arrays, { level })]))));
});

test("folders and lists of images, grey and colour in one", async () => {
  const root = `${folder}/scans`;
  for (const name of ["a", "b"]) {
    mkdirSync(`${root}/${name}`, { recursive: true });
    for (const [i, from] of ["grey8.png", "rgb8.png", "grey.jpg", "grey16.tif", "rgb8.png"].entries()) {
      cpSync(fixture(`images/${from}`), `${root}/${name}/${i}.${from.split(".")[1]}`);
    }
    writeFileSync(`${root}/${name}/broken.png`, "no image");
  }
  const size = { height: 24, width: 32 };
  const [memory, disk] = await both(root, { size });
  await sameImages(memory, disk);
  assert.equal([disk.channels, disk.skipped, disk.source.md5], [3, memory.skipped, memory.source.md5]);
  assert.is(disk.skipped.length, 2);
  await sameImages(...(await both(root, { size, channels: 1 })));
  const list = `${folder}/list.csv`;
  const rows = ["a", "b"].flatMap((name) => [0, 1, 4].map((i) => `scans/${name}/${i}.png,${name}`));
  writeFileSync(list, `image,label\n${rows.filter((row) => !row.includes("2.")).join("\n")}\n`);
  await sameImages(...(await both(list, { size })));
});

test("what was kept is used again, and made again where it is damaged", async () => {
  const path = await file(medmnistArrays(), 6);
  const cache = `${folder}/again`;
  const open = async () => both(path, { cache });
  await sameImages(...(await open()));
  const kept = () => readdirSync(cache).filter((name) => name.endsWith(".images"));
  const first = `${cache}/${kept()[0]}`;
  const long = new Date(2020, 1, 1);
  utimesSync(first, long, long);
  await sameImages(...(await open()));
  assert.is(statSync(first).mtimeMs, long.getTime());
  const damages: [string, () => void][] = [
    ["cut short", () => truncateSync(first, 100)],
    ["another byte", () => writeFileSync(first, readFileSync(first).fill(1, 50, 51))],
    ["no description", () => writeFileSync(first.replace(".images", ".json"), "{")],
  ];
  for (const [name, damage] of damages) {
    damage();
    await sameImages(...(await open()));
    assert.is.not(statSync(first).mtimeMs, long.getTime(), name);
  }
  // A writer that was killed, and files of others.
  writeFileSync(`${cache}/${"0".repeat(32)}.writing`, "half");
  truncateSync(first, 100);
  await sameImages(...(await open()));
  assert.is(readdirSync(cache).length, 6);
  writeFileSync(`${cache}/notes.txt`, "mine");
  assert.equal(await clearCache(platform, cache), { files: 3, bytes: 3 * 0 + 27 * 784 + jsonBytes });
  assert.equal(readdirSync(cache), ["notes.txt"]);
});
/** Of the three descriptions: {"bytes":9408,"md5":"…","about":null} and the like. */
const jsonBytes = [9408, 4704, 7056].reduce(
  (sum, bytes) => sum + `{"bytes":${bytes},"md5":"","about":null}`.length + 32,
  0,
);

test("nothing is kept of what is damaged or stopped", async () => {
  const path = await file(medmnistArrays({ train: 300, val: 6, test: 9 }), 6);
  const bytes = readFileSync(path);
  const cache = `${folder}/nothing`;
  const [, disk] = await both(path, { cache });
  // The archive's directory stays as it was; the deflated bytes in the middle do not.
  writeFileSync(path, bytes.fill(7, 4000, 5000));
  const split = await disk.split("train");
  await refused(() => readImages(split, [0]), "damaged or cut short");
  assert.equal(readdirSync(cache), []);
});

test("a file that changes while it is read is refused", async () => {
  const path = await file(medmnistArrays());
  const [, disk] = await both(path);
  const split = await disk.split("train");
  await readImages(split, [3]);
  const later = new Date(Date.now() + 5000);
  utimesSync(path, later, later);
  await refused(() => readImages(split, [3]), "has changed since it was opened");
});

test("a stored array with a wrong checksum is refused before the first batch", async () => {
  const path = await file(medmnistArrays({ train: 1500, val: 6, test: 9 }));
  const bytes = readFileSync(path);
  bytes[1_100_000] ^= 1;
  writeFileSync(path, bytes);
  const [, disk] = await both(path);
  const split = await disk.split("train");
  await refused(() => readImages(split, [0]), "damaged or cut short");
});

test("a stored set is read once to open it and once by the split guard; both can be followed and stopped", async () => {
  const path = await file(medmnistArrays({ train: 6000, val: 6, test: 9 }));
  const { size } = statSync(path);
  let read = 0;
  const counting: Platform = {
    ...platform,
    async openFile(name) {
      const opened = await platform.openFile(name);
      const count = (bytes: Uint8Array) => {
        read += bytes.length;
        return bytes;
      };
      return { ...opened, size: opened.size, read: async (at, length) => count(await opened.read(at, length)) };
    },
  };
  const stages: [string | undefined, number, number | null][] = [];
  const options: Options = {
    ...{ platform: counting, task: "multiclass", memory: 0, cache: `${folder}/followed` },
    onProgress: (done, total, what) => void stages.push([what, done, total]),
  };
  const data = await openDataset(path, options);
  await checkSplits(data, options);
  assert.ok(read < 2.6 * size, `${read} bytes read of ${size}`); // with the heads of six arrays
  const ends = stages.filter(([, done, total]) => done === total).map(([what]) => what);
  assert.equal(ends, [`checksum of ${path}`, "looking for images in two splits"]);
  for (const at of [0, stages.length - 9]) {
    const stop = new AbortController();
    let seen = 0;
    const stopped: Options = {
      ...{ ...options, signal: stop.signal },
      onProgress: () => void (seen++ === at && stop.abort(new Error("stopped"))),
    };
    const end = await openDataset(path, stopped)
      .then((data) => checkSplits(data, stopped))
      .catch(String);
    assert.is(end, "Error: stopped");
  }
});

test("training, evaluation, the split guard and the montage give the same bits from disk", async () => {
  const engine = await loadEngine({ threads: 1 });
  const arrays = medmnistArrays({ train: 20, val: 6, test: 9 });
  (arrays.test_images.data as Uint8Array).set((arrays.train_images.data as Uint8Array).subarray(0, 784), 784);
  for (const options of [{}, { shuffleLabels: true }, { protocol: "pooled" }] as const) {
    const opened = await both(await file(arrays, 6), options);
    const results = await Promise.all(
      opened.map(async (data) => {
        const network = createNetwork(engine, {
          head: { kind: "quantum", wires: 4, layers: 1 },
          channels: 1,
          classes: 3,
          height: 28,
          width: 28,
          batchSize: 8,
        });
        const history = [];
        for await (const { train, val } of trainOn(network, data)) history.push({ train, val });
        const splits = {
          train: await data.split("train"),
          val: await data.split("val"),
          test: await data.split("test"),
        };
        const { probs, metrics } = await evaluateSplit(network, splits.test, "flips");
        const count = splits.val.count + splits.test.count;
        const joined = joinImages([splits.val, splits.test], 784);
        const all = joined instanceof Uint8Array ? joined : await (await joined.request(range(count))).images;
        return {
          ...{
            history,
            fingerprint: network.fingerprint(),
            probs: [...probs],
            metrics,
            leaks: await findLeaks(splits),
          },
          ...{
            picture: [...(await montage(data, splits.train, 3))],
            all: Buffer.from(all.subarray(0, count * 784)).toString("hex"),
          },
        };
      }),
    );
    assert.equal(results[0], results[1]);
    assert.ok(results[0].leaks.length > 0 || "protocol" in options);
  }
});

const range = (count: number) => Array.from({ length: count }, (_, i) => i);
const trainOn = (network: Parameters<typeof train>[0], data: Dataset) =>
  train(network, data, { epochs: 1, batchSize: 8, augment: "flips" });

test("only what takes more memory than is stated stays on disk", async () => {
  assert.is(MEMORY_BYTES, 512 * 1024 * 1024);
  const path = await file(medmnistArrays());
  const at = async (memory: number) => (await openDataset(path, { platform, memory })).split("train");
  assert.is((await at(27 * 784)).stored, undefined);
  assert.ok((await at(27 * 784 - 1)).stored);
});

test.run();
