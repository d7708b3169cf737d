import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openArchive } from "../../../../host/datasets/sources/archive.ts";
import { fileOfBytes } from "../../../../host/datasets/sources/npz.ts";
import { medmnistArrays, type NpyArray, npz } from "../../../util/npz.ts";
import { refused } from "../../../util/refusal.ts";

const test = suite("datasets/archive");

/** Opens a file of 12 / 6 / 9 images with some arrays replaced (or left out, by undefined). */
async function open(changes: Record<string, Partial<NpyArray> | undefined> = {}, classes?: number) {
  const arrays = medmnistArrays();
  for (const [name, change] of Object.entries(changes)) {
    if (change === undefined) delete arrays[name];
    else arrays[name] = { ...arrays[name], ...change };
  }
  const bytes = await npz(arrays);
  return openArchive(async () => fileOfBytes(bytes), "f.npz", classes);
}

test("reads labels at once and images on demand", async () => {
  const { channels, labels, images } = await open();
  assert.is(channels, 1);
  assert.equal([labels.train.length, labels.val.length, labels.test.length], [12, 6, 9]);
  assert.equal([...labels.val], [0, 1, 2, 0, 1, 2]);
  assert.is(Buffer.compare(await images("val"), medmnistArrays().val_images.data as Uint8Array), 0);
});

test("colour, and a fourth dimension of 1", async () => {
  const bytes = await npz(medmnistArrays(undefined, { channels: 3 }));
  const colour = await openArchive(async () => fileOfBytes(bytes), "f.npz");
  assert.is(colour.channels, 3);
  assert.is((await colour.images("test")).length, 9 * 2352);
  const shapes = {
    train_images: { shape: [12, 28, 28, 1] },
    val_images: { shape: [6, 28, 28, 1] },
    test_images: { shape: [9, 28, 28, 1] },
  };
  assert.is((await open(shapes)).channels, 1);
});

test("labels of every integer type, flat or in a column", async () => {
  const values = [0, 1, 2, 0, 1, 2];
  const types: Record<string, ArrayBufferView> = {
    "|u1": Uint8Array.from(values),
    "|i1": Int8Array.from(values),
    "<u2": Uint16Array.from(values),
    "<i2": Int16Array.from(values),
    "<u4": Uint32Array.from(values),
    "<i4": Int32Array.from(values),
    "<u8": BigUint64Array.from(values.map(BigInt)),
    "<i8": BigInt64Array.from(values.map(BigInt)),
  };
  for (const [descr, data] of Object.entries(types)) {
    for (const shape of [[6], [6, 1]])
      assert.equal([...(await open({ val_labels: { descr, data, shape } })).labels.val], values, descr);
  }
});

test("what is wrong is named: file, array, expected, got", async () => {
  const images = (shape: number[]) => ({ shape, data: new Uint8Array(shape.reduce((a, b) => a * b)) });
  await refused(
    () => open({ val_images: undefined }),
    "f.npz: expected an array val_images, got train_images, train_labels",
  );
  await refused(() => open({ test_labels: undefined }), "f.npz: expected an array test_labels");
  const nan = new Float32Array(12 * 784).fill(Number.NaN);
  await refused(
    () => open({ train_images: { descr: "<f4", data: nan } }),
    "f.npz: train_images: expected uint8",
    "got float32",
    "NaN",
  );
  await refused(
    () => open({ train_labels: { descr: "<f8", data: new Float64Array(12).fill(Number.NaN) } }),
    "f.npz: train_labels: expected integers, got float64",
  );
  await refused(
    () => open({ train_images: images([12, 784]) }),
    "train_images: expected shape (n, 28, 28)",
    "got (12, 784)",
  );
  await refused(() => open({ train_images: images([12, 64, 64]) }), "got (12, 64, 64)");
  await refused(() => open({ train_images: images([12, 28, 28, 2]) }), "got (12, 28, 28, 2)");
  await refused(
    () => open({ train_images: images([12, 28, 28, 3]) }),
    "f.npz: expected grey or colour images in all splits, got both",
  );
  await refused(() => open({ val_images: images([0, 28, 28]) }), "f.npz: val_images: expected at least 1 image, got 0");
  await refused(
    () => open({ val_labels: { shape: [5, 1], data: new Uint8Array(5) } }),
    "f.npz: val_labels: expected 6",
    "got 5",
  );
  await refused(
    () => open({ val_labels: { shape: [6, 14], data: new Uint8Array(84) } }),
    "val_labels",
    "multi-label",
    "(6, 14)",
  );
  await refused(
    () => open({ val_labels: { shape: [6, 1, 1] } }),
    "val_labels: expected shape (n) or (n, 1), got (6, 1, 1)",
  );
  await refused(() => open({ val_images: { fortran: true } }), "f.npz: val_images", "Fortran");
});

test("labels out of range", async () => {
  const negative = { descr: "<i8", shape: [6], data: BigInt64Array.of(0n, 1n, -1n, 0n, 0n, 0n) };
  await refused(() => open({ val_labels: negative }), "f.npz: val_labels: expected labels 0 … 63, got -1 at image 2");
  await refused(() => open({ val_labels: { data: Uint8Array.of(0, 0, 0, 0, 0, 64) } }), "got 64 at image 5");
  await refused(() => open({}, 2), "f.npz: train_labels: expected labels 0 … 1, got 2 at image 2");
  const huge = { descr: "<u8", shape: [6], data: BigUint64Array.of(2n ** 64n - 1n, 0n, 0n, 0n, 0n, 0n) };
  await refused(() => open({ val_labels: huge }), "got 18446744073709551615 at image 0");
});

test.run();
