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
  const classNames = classes === undefined ? undefined : Array.from({ length: classes }, (_, i) => `name ${i}`);
  return openArchive(async () => fileOfBytes(bytes), "f.npz", { classNames });
}

/** Place of a split among the parts. */
const VAL = 1;
const TEST = 2;

test("reads labels at once and images on demand", async () => {
  const { channels, classes, images, parts, steps } = await open();
  assert.is(channels, 1);
  assert.equal(
    parts.map(({ split, count }) => [split, count]),
    [
      ["train", 12],
      ["val", 6],
      ["test", 9],
    ],
  );
  assert.equal([...classes!.labels[VAL]], [0, 1, 2, 0, 1, 2]);
  assert.equal([classes!.classNames, steps], [["class 0", "class 1", "class 2"], []]);
  assert.is(Buffer.compare(await images(VAL), medmnistArrays().val_images.data as Uint8Array), 0);
});

test("colour, and a fourth dimension of 1", async () => {
  const bytes = await npz(medmnistArrays(undefined, { channels: 3 }));
  const colour = await openArchive(async () => fileOfBytes(bytes), "f.npz");
  assert.is(colour.channels, 3);
  assert.is((await colour.images(TEST)).length, 9 * 2352);
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
      assert.equal([...(await open({ val_labels: { descr, data, shape } })).classes!.labels[VAL]], values, descr);
  }
});

test("what is wrong is named: file, array, expected, got", async () => {
  const images = (shape: number[]) => ({ shape, data: new Uint8Array(shape.reduce((a, b) => a * b)) });
  await refused(() => open({ test_labels: undefined }), "f.npz: expected labels for all images, got none for");
  const nan = new Float32Array(12 * 784).fill(Number.NaN);
  await refused(
    () => open({ train_images: { descr: "<f4", data: nan } }),
    "f.npz: train_images: expected finite",
    "NaN",
  );
  await refused(
    () => open({ train_labels: { descr: "<f8", data: new Float64Array(12).fill(0.5) } }),
    "f.npz: train_labels: expected whole numbers as labels, got 0.5 at image 0",
  );
  await refused(() => open({ train_images: images([12, 784]) }), "expected shape (n, height, width)", "got (12, 784)");
  await refused(() => open({ train_images: images([12, 64, 64]) }), "got 64×64 in train_images and 28×28", "--size");
  await refused(() => open({ train_images: images([12, 28, 28, 2]) }), "got (12, 28, 28, 2)");
  await refused(() => open({ train_images: images([12, 28, 28, 28]) }), "3D sets cannot be trained");
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
    () => open({ val_labels: { shape: [6, 2, 3], data: new Uint8Array(36) } }),
    "(n, classes), got (6, 2, 3)",
  );
  await refused(() => open({ train_labels: { descr: "|O", shape: [12] } }), "train_labels", "pickle");
});

test("labels out of range of known classes", async () => {
  const negative = { descr: "<i8", shape: [6], data: BigInt64Array.of(0n, 1n, -1n, 0n, 0n, 0n) };
  await refused(() => open({ val_labels: negative }, 3), "f.npz: val_labels: expected labels 0 … 2, got -1 at image 2");
  await refused(() => open({}, 2), "f.npz: train_labels: expected labels 0 … 1, got 2 at image 2");
  const huge = { descr: "<u8", shape: [6], data: BigUint64Array.of(2n ** 64n - 1n, 0n, 0n, 0n, 0n, 0n) };
  await refused(() => open({ val_labels: huge }), "expected whole numbers", "18446744073709552000 at image 0");
});

test("labels of own sets: numbers that are not 0, 1, 2, bool, floats, big-endian, one-hot, text", async () => {
  const values = [0, 1, 2, 0, 1, 2];
  const all = (make: (values: number[]) => Partial<NpyArray>) =>
    Object.fromEntries(
      Object.entries({ train: 12, val: 6, test: 9 }).map(([split, n]) => [
        `${split}_labels`,
        make(Array.from({ length: n }, (_, i) => i % 3)),
      ]),
    );
  const bigEndian = (numbers: number[]) => {
    const view = new DataView(new ArrayBuffer(numbers.length * 4));
    numbers.forEach((value, i) => {
      view.setInt32(i * 4, value);
    });
    return view;
  };
  const text = (numbers: number[], little: boolean) => {
    const words = ["benign", "größer", "malignant"];
    const view = new DataView(new ArrayBuffer(numbers.length * 36));
    numbers.forEach((value, i) => {
      for (const [c, letter] of [...words[value]].entries())
        view.setUint32(i * 36 + c * 4, letter.codePointAt(0)!, little);
    });
    return view;
  };
  const forms: Record<string, [Record<string, Partial<NpyArray>>, string[], string?]> = {
    floats: [all((v) => ({ descr: "<f8", data: Float64Array.from(v) })), ["class 0", "class 1", "class 2"]],
    bigEndian: [all((v) => ({ descr: ">i4", data: bigEndian(v) })), ["class 0", "class 1", "class 2"]],
    oneBased: [
      all((v) => ({ data: Uint8Array.from(v, (x) => x + 1) })),
      ["class 1", "class 2", "class 3"],
      "labels 1, 2, 3 are classes 0, 1, 2",
    ],
    sparse: [
      all((v) => ({ descr: "|i1", data: Int8Array.from(v, (x) => [-1, 7, 100][x]) })),
      ["class -1", "class 7", "class 100"],
      "labels -1, 7, 100 are classes 0, 1, 2",
    ],
    oneHot: [
      all((v) => ({
        shape: [v.length, 3],
        data: Uint8Array.from(v.flatMap((x) => [0, 1, 2].map((c) => Number(c === x)))),
      })),
      ["class 0", "class 1", "class 2"],
      "one-hot rows of 3 as labels",
    ],
    oneHotFortran: [
      all((v) => ({
        shape: [v.length, 3],
        fortran: true,
        data: Uint8Array.from([0, 1, 2].flatMap((c) => v.map((x) => Number(c === x)))),
      })),
      ["class 0", "class 1", "class 2"],
    ],
    text: [all((v) => ({ descr: "<U9", shape: [v.length], data: text(v, true) })), ["benign", "größer", "malignant"]],
    textBigEndian: [
      all((v) => ({ descr: ">U9", shape: [v.length], data: text(v, false) })),
      ["benign", "größer", "malignant"],
    ],
  };
  for (const [form, [changes, names, step]] of Object.entries(forms)) {
    const { classes, steps } = await open(changes);
    assert.equal([classes!.classNames, [...classes!.labels[VAL]]], [names, values], form);
    if (step) assert.ok(steps.includes(step), `${form}: ${steps}`);
  }
});

test("rows with several 1s are several labels an image", async () => {
  const rows = (n: number) => ({
    shape: [n, 3],
    data: Uint8Array.from({ length: n * 3 }, (_, i) => Number(i % 3 < 2)),
  });
  const { matrix, classes } = await open({ train_labels: rows(12), val_labels: rows(6), test_labels: rows(9) });
  assert.is(classes, null);
  assert.equal([matrix!.columns, [...matrix!.values[VAL].subarray(0, 6)]], [3, [1, 1, 0, 1, 1, 0]]);
});

test("images of every layout and type become the same bytes", async () => {
  const pixels = (n: number) => Uint8Array.from({ length: n * 784 * 3 }, (_, i) => (i * 37 + (i >> 8)) & 255);
  const expected = pixels(6);
  const chw = (values: Uint8Array, n: number) =>
    Uint8Array.from(values, (_, i) => {
      const [image, c, y, x] = [Math.floor(i / 2352), Math.floor(i / 784) % 3, Math.floor(i / 28) % 28, i % 28];
      return image < n ? values[image * 2352 + (y * 28 + x) * 3 + c] : 0;
    });
  const fortran = (values: Uint8Array, n: number) =>
    Uint8Array.from(values, (_, i) => {
      const [image, y, x, c] = [i % n, Math.floor(i / n) % 28, Math.floor(i / n / 28) % 28, Math.floor(i / n / 784)];
      return values[image * 2352 + (y * 28 + x) * 3 + c];
    });
  const big = (values: Uint8Array) => {
    const view = new DataView(new ArrayBuffer(values.length * 2));
    values.forEach((value, i) => {
      view.setUint16(i * 2, value * 257);
    });
    return view;
  };
  const rgba = (values: Uint8Array) =>
    Uint8Array.from({ length: (values.length / 3) * 4 }, (_, i) => (i % 4 === 3 ? 9 : values[(i >> 2) * 3 + (i % 4)]));
  const forms: Record<string, (values: Uint8Array, n: number) => Partial<NpyArray>> = {
    plain: (values, n) => ({ shape: [n, 28, 28, 3], data: values }),
    channelsFirst: (values, n) => ({ shape: [n, 3, 28, 28], data: chw(values, n) }),
    fortran: (values, n) => ({ shape: [n, 28, 28, 3], fortran: true, data: fortran(values, n) }),
    rgba: (values, n) => ({ shape: [n, 28, 28, 4], data: rgba(values) }),
    float01: (values, n) => ({ descr: "<f4", shape: [n, 28, 28, 3], data: Float32Array.from(values, (v) => v / 255) }),
    float255: (values, n) => ({ descr: "<f8", shape: [n, 28, 28, 3], data: Float64Array.from(values) }),
    int64: (values, n) => ({ descr: "<i8", shape: [n, 28, 28, 3], data: BigInt64Array.from(values, BigInt) }),
    uint16: (values, n) => ({ descr: ">u2", shape: [n, 28, 28, 3], data: big(values) }),
  };
  for (const [form, make] of Object.entries(forms)) {
    const archive = await open({
      train_images: make(pixels(12), 12),
      val_images: make(expected, 6),
      test_images: make(pixels(9), 9),
    });
    assert.is(archive.channels, 3, form);
    assert.is(Buffer.compare(await archive.images(VAL), expected), 0, form);
    assert.is(archive.steps.length === 0, form === "plain", `${form}: ${archive.steps}`);
  }
});

/** One pool of four images of these values. */
async function pool(descr: string, data: ArrayBufferView, options: Parameters<typeof openArchive>[2] = {}) {
  const bytes = await npz({
    images: { descr, shape: [4, 16, 16], data },
    labels: { descr: "|u1", shape: [4], data: Uint8Array.of(0, 1, 0, 1) },
  });
  return openArchive(async () => fileOfBytes(bytes), "f.npz", options);
}

test("values of other ranges need one that is stated, and are clamped to it", async () => {
  const hounsfield = Int16Array.from({ length: 1024 }, (_, i) => i * 3 - 1000);
  await refused(() => pool("<i2", hounsfield), "int16 values from -1000 to 2069", "--range -1000,2069 or --window");
  const archive = await pool("<i2", hounsfield, { range: [-160, 240] });
  const images = await archive.images(0);
  const expected = (value: number) => Math.round(((Math.min(Math.max(value, -160), 240) + 160) * 255) / 400);
  for (const i of [0, 280, 300, 350, 413, 414, 1023]) assert.is(images[i], expected(hounsfield[i]), String(i));
  assert.equal(archive.values, { dtype: "int16", range: [-160, 240] });
  assert.match(archive.steps.join(), "as stated");
  const like = { dtype: "int16", range: [-160, 240] as const };
  assert.is(Buffer.compare(await (await pool("<i2", hounsfield, { like })).images(0), images), 0);
  const twelve = Uint16Array.from({ length: 1024 }, (_, i) => i * 4);
  await refused(() => pool("<u2", twelve), "uint16 values from 0 to 4092", "--range 0,4092");
  await refused(() => pool("<f4", Float32Array.from(hounsfield)), "float32 values from -1000 to 2069");
  const floats = new Float32Array(12 * 784).fill(0.5);
  const beyond = { descr: "<f4", data: new Float32Array(6 * 784).fill(2) };
  const changes = { train_images: { descr: "<f4", data: floats }, val_images: beyond };
  const test = { descr: "<f4", data: new Float32Array(9 * 784) };
  await refused(
    async () => (await open({ ...changes, test_images: test })).images(VAL),
    "val_images: image 0: expected values in 0 … 1 like those before, got 2",
    "--range",
  );
});

test("arrays by other names: x_train, images, prefixes, --keys; what is unused or unclear is said", async () => {
  const { train_images, train_labels, test_images, test_labels } = medmnistArrays();
  const opened = async (arrays: Record<string, NpyArray>, keys?: string) => {
    const bytes = await npz(arrays);
    return openArchive(async () => fileOfBytes(bytes), "f.npz", { keys });
  };
  const splits = (archive: Awaited<ReturnType<typeof opened>>) =>
    archive.parts.map(({ split, count }) => [split, count]);
  const both = [
    ["train", 12],
    ["test", 9],
  ];
  const meta = { descr: "<U5", shape: [], data: new Uint32Array(5) };
  for (const [x, y] of [
    ["x_", "y_"],
    ["X", "Y"],
    ["data/", "targets_"],
  ]) {
    const names = {
      [`${x}train`]: train_images,
      [`${y}train`]: train_labels,
      [`${x}test`]: test_images,
      [`${y}test`]: test_labels,
    };
    if (x === "data/") continue;
    assert.equal(splits(await opened(names)), both, x);
  }
  const prefixed = { "set/train_images": train_images, "set/train_labels": train_labels, meta };
  const archive = await opened(prefixed);
  assert.equal(splits(archive), [["train", 12]]);
  assert.match(archive.steps.join("; "), "left out: meta");
  assert.equal(splits(await opened({ images: train_images, labels: train_labels })), [[null, 12]]);
  const unclear = { arr_0: train_images, arr_1: train_labels };
  await refused(() => opened(unclear), "got arr_0, arr_1", "--keys images=arr_0,labels=arr_1");
  assert.equal(splits(await opened(unclear, "images=arr_0,labels=arr_1")), [[null, 12]]);
  await refused(() => opened(unclear, "images=arr_7"), "--keys images=arr_7", "there are arr_0, arr_1");
  await refused(() => opened(unclear, "pictures of=arr_0"), "--keys: expected images=NAME");
  await refused(
    () => opened({ x_train: train_images, train_images, y_train: train_labels }),
    "x_train and train_images could be the same",
  );
});

test("other sizes: the file's own, or resized with its ratio squashed, cropped or padded", async () => {
  const white = new Uint8Array(4 * 24 * 32).fill(255);
  const bytes = await npz({
    images: { descr: "|u1", shape: [4, 24, 32], data: white },
    labels: { descr: "|u1", shape: [4], data: Uint8Array.of(0, 1, 0, 1) },
  });
  const opened = (options: Parameters<typeof openArchive>[2] = {}) =>
    openArchive(async () => fileOfBytes(bytes), "f.npz", options);
  const own = await opened();
  assert.equal([own.height, own.width], [24, 32]);
  const size = { height: 16, width: 16 };
  for (const [fit, whites] of [
    ["squash", 256],
    ["crop", 256],
    ["pad", 192],
  ] as const) {
    const archive = await opened({ size, fit });
    const images = await archive.images(0);
    assert.equal([archive.height, archive.width, images.length], [16, 16, 4 * 256]);
    assert.is(images.subarray(0, 256).filter((value) => value === 255).length, whites, fit);
    assert.match(archive.steps.join(), `resized from 24×32 to 16×16 (${fit})`);
  }
  const tiny = await npz({ images: { descr: "|u1", shape: [4, 1, 1], data: new Uint8Array(4) } });
  await refused(
    () => openArchive(async () => fileOfBytes(tiny), "f.npz", { imagesOnly: true }),
    "expected images of 16 to 256 pixels a side, got 1×1",
  );
});

test.run();
