// Own process: measures memory.
// Model files that are damaged, foreign or hostile: read rightly, or refused by what is wrong with them.
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { damaged, HqcnnError } from "../../../host/check.ts";
import {
  createNetwork,
  evaluate,
  explain,
  loadEngine,
  loadModel,
  type Network,
  predict,
  saveModel,
} from "../../../host/index.ts";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../../../host/network/safetensors.ts";
import { inMemory, inTime } from "../../util/limits.ts";
import { repository } from "../../util/paths.ts";
import { refused } from "../../util/refusal.ts";
import { sourceFiles } from "../../util/sources.ts";

const model = suite("network/model");
const engine = await loadEngine({ threads: 1 });
const head = { kind: "quantum", wires: 4, layers: 3 } as const;
const network = createNetwork(engine, { channels: 3, classes: 2, head, seed: 3 });
const original = saveModel(network, {
  classNames: ["other", "eosinophil"],
  data: { name: "none", md5: null, task: "binary", protocol: "official", positive: null, splitRatio: 0.8 },
  training: { epoch: 1, seed: 3, val: { loss: 1, accuracy: 0.5, auc: null } },
});
const { tensors, metadata } = decodeSafetensors(original);
const image = { width: 28, height: 28, channels: 3 as const, pixels: new Uint8Array(28 * 28 * 3).fill(99) };
const probsOf = async (network: Network) => (await predict(network, [image]))[0].probs;

type Edit = (tensors: Map<string, Tensor>, info: Record<string, never>) => void;

/** The model with something changed. */
function edited(edit: Edit): Uint8Array {
  const changed = new Map(
    [...tensors].map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() } as Tensor]),
  );
  const info = JSON.parse(metadata.hqcnn);
  edit(changed, info);
  return encodeSafetensors(changed, { ...metadata, hqcnn: JSON.stringify(info) });
}

const filled =
  (name: string, value: number): Edit =>
  (tensors) =>
    void (tensors.get(name)!.data as Float32Array).fill(value);

/** A file of this header and data. */
function file(header: string, data: Uint8Array = new Uint8Array()): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

/** Every tensor in a type of two bytes, by hand: the encoder writes none. */
function halves(dtype: "F16" | "BF16"): Uint8Array {
  let at = 0;
  const entries: Record<string, unknown> = { __metadata__: metadata };
  const parts: Uint8Array[] = [];
  for (const [name, { shape, data }] of tensors) {
    const bytes = new Uint8Array(2 * data.length);
    const view = new DataView(bytes.buffer);
    (data as Float32Array).forEach((value, i) => {
      const bits = new Uint32Array(Float32Array.of(value).buffer)[0];
      // F16 by cutting off fraction bits; what is below its normal numbers becomes 0.
      const exponent = ((bits >> 23) & 255) - 112;
      const half = exponent <= 0 ? 0 : ((bits >> 16) & 0x8000) | (exponent << 10) | ((bits >> 13) & 1023);
      view.setUint16(2 * i, dtype === "BF16" ? bits >>> 16 : half, true);
    });
    entries[name] = { dtype, shape, data_offsets: [at, at + bytes.length] };
    at += bytes.length;
    parts.push(bytes);
  }
  return file(JSON.stringify(entries), Buffer.concat(parts));
}

model("harmless differences are converted, and said", async () => {
  const expected = await probsOf((await loadModel(engine, original)).network);
  const cases: [Uint8Array, RegExp | null, number][] = [
    [original, null, 0],
    // biome-ignore format: one line
    [edited((all) => { for (const [name, { shape, data }] of all) all.set(name, { dtype: "F64", shape, data: Float64Array.from(data as Float32Array) }); }), /converted from F64 to F32/, 0],
    [halves("F16"), /converted from F16 to F32/, 0.01],
    [halves("BF16"), /converted from BF16 to F32/, 0.05],
    // biome-ignore format: one line
    [edited((all) => { for (const [name, tensor] of [...all]) { all.delete(name); all.set(`module.${name}`, tensor); } }), /prefix module\. was taken off/, 0],
    // biome-ignore format: one line
    [edited((all) => void all.set("layer1.1.num_batches_tracked", { dtype: "I64", shape: [], data: new BigInt64Array(1) })), null, 0],
  ];
  for (const [bytes, note, tolerance] of cases) {
    const { network, notes } = await loadModel(engine, bytes);
    assert.is(notes.length, note ? 1 : 0);
    if (note) assert.match(notes[0], note);
    const probs = await probsOf(network);
    probs.forEach((value, i) => void assert.ok(Math.abs(value - expected[i]) <= tolerance, `${note}: ${value}`));
  }
});

model("parameters that cannot be right are refused, with the tensor or the first layer", async () => {
  const cases: [Edit, ...string[]][] = [
    [filled("layer3.1.running_var", -1), "tensor layer3.1.running_var: expected variances of at least 0, got -1"],
    [filled("fc2.weight", 3e38), "tensor fc2.weight: expected numbers up to 1000000000000000000, got 3"],
    [filled("layer2.1.running_mean", -3e38), "tensor layer2.1.running_mean", "got -3"],
    [filled("fc3.bias", Number.NaN), "fc3.bias: element 0 is NaN"],
    [filled("fc3.bias", Number.POSITIVE_INFINITY), "fc3.bias: element 0 is Infinity"],
    [filled("fc3.bias", 1e17), "add up to 2, expected 1"],
    [
      (all, info) => {
        for (const n of [1, 2, 3, 4, 5]) filled(`layer${n}.1.weight`, 1e17)(all, info);
      },
      "layer layer3 gives NaN for an image",
    ],
  ];
  for (const [edit, ...parts] of cases) {
    await refused(async () => probsOf((await loadModel(engine, edited(edit))).network), ...parts);
  }
});

model("no door shows outputs that are not finite", async () => {
  const broken = createNetwork(engine, { channels: 3, classes: 2, head, seed: 3 });
  const bad = new Map(broken.tensors());
  bad.get("layer4.1.running_var")!.data.fill(-1);
  broken.load(bad);
  const parts = ["layer layer4 gives NaN for an image, expected finite numbers"];
  const images = new Uint8Array(2 * 28 * 28 * 3);
  const split = { images, labels: Uint8Array.of(0, 1), count: 2 };
  await refused(() => predict(broken, [image]), ...parts);
  await refused(() => evaluate(broken, split), ...parts);
  await refused(() => evaluate(broken, split, "test", { tta: "flips" }), ...parts);
  await refused(() => explain(broken, image), ...parts);
  await refused(() => explain(broken, image, { occlusion: false, label: 1 }), ...parts);
});

model("probabilities are made in one place, where they are checked", () => {
  const call = /\b(network|Network|net)\.softmax\(/;
  const wrong = sourceFiles("host").filter((path) => call.test(readFileSync(repository(path), "utf8")));
  // An attack needs the gradient of the loss, which is probability minus target: nothing is told of it.
  // Predictions under shots add up what predictionsOf has checked in the line before.
  const known = ["host/evaluation/attack.ts", "host/evaluation/measuredPredictions.ts", "host/network/outputs.ts"];
  assert.equal(wrong, known);
});

model("tensors that are missing, too many, or another architecture's", async () => {
  const cases: [Edit, ...string[]][] = [
    [(all) => void all.delete("fc1.bias"), "model: Tensor fc1.bias (4) is missing"],
    // biome-ignore format: one line
    [(all) => void all.set("extra.weight", { dtype: "F32", shape: [3], data: new Float32Array(3) }), "tensor extra.weight has no place"],
    // biome-ignore format: one line
    [(all) => void all.set("empty", { dtype: "F32", shape: [0, 3], data: new Float32Array() }), "tensor empty has no place"],
    // biome-ignore format: one line
    [(all) => void all.set("fc3.bias", { dtype: "F32", shape: [], data: new Float32Array(1) }), "fc3.bias: expected shape 2, got a scalar"],
    // biome-ignore format: one line
    [(all) => void all.set("fc3.bias", { dtype: "I8", shape: [2], data: new Int8Array(2) }), "fc3.bias: expected F32, F64, F16 or BF16, got I8"],
    [(all) => all.clear(), "is missing"],
  ];
  for (const [edit, ...parts] of cases) await refused(() => loadModel(engine, edited(edit)), ...parts);
});

model("metadata that others rely on is checked", async () => {
  // biome-ignore lint/suspicious/noExplicitAny: damaged on purpose
  const cases: [(info: any) => void, string][] = [
    [(info) => (info.version = 2), "model format 2"],
    [(info) => (info.architecture.head.wires = 6), "expected shape"],
    [(info) => (info.architecture.head = { kind: "dense", wires: 4 }), "no place"],
    [(info) => (info.architecture.head.layers = 1e9), "layers"],
    [(info) => (info.architecture.width = 1e9), "width: expected a whole number from"],
    [(info) => (info.architecture.channels = "3"), "channels: expected 1 or 3, got 3"],
    [(info) => (info.classNames = ["a", null]), "texts as class names"],
    [(info) => (info.classNames = ["a"]), "expected 2 class names"],
    [(info) => (info.normalization = { mean: 0.485, std: 0.229 }), "got [0.485,0.229]"],
    [(info) => delete info.data.task, "data.task as text, got undefined"],
    [(info) => (info.data.splitRatio = 2), "data.splitRatio between 0 and 1, got 2"],
    [(info) => (info.data.positive = ["x"]), "data.positive as labels"],
    [(info) => (info.training.seed = -1), "training.seed"],
    [(info) => (info.training.val.loss = null), "numbers as training.val, got null"],
    [(info) => delete info.training, "metadata lacks training"],
  ];
  for (const [edit, part] of cases)
    await refused(
      () =>
        loadModel(
          engine,
          edited((_, info) => void edit(info)),
        ),
      part,
    );
  for (const hqcnn of ["{", "[]", `${"[".repeat(1e6)}${"]".repeat(1e6)}`, '{"version":{"a":1}}']) {
    await refused(() => loadModel(engine, encodeSafetensors(tensors, { hqcnn })), "model");
  }
  await refused(() => loadModel(engine, encodeSafetensors(tensors)), "no hqcnn metadata, its first tensor is");
});

model("what a file decides is its architecture, not how it is computed", async () => {
  const { network } = await loadModel(
    engine,
    edited((_, info) => void Object.assign(info.architecture, { dropout: 0.9, convolution: "direct", freeze: "all" })),
  );
  assert.equal(await probsOf(network), await probsOf((await loadModel(engine, original)).network));
});

model("other formats are named", async () => {
  const bytes = (text: string) => Buffer.concat([Buffer.from(text, "latin1"), Buffer.alloc(99)]);
  const cases: [Uint8Array, string][] = [
    [bytes("PK\x03\x04\0\0\0\0archive/data.pkl"), "a PyTorch file"],
    [bytes("PK\x03\x04\0\0\0\0arr_0.npy"), "an npz file"],
    [bytes("PK\x03\x04\0\0\0\0x.txt"), "a zip archive"],
    [bytes("\x80\x02}q\0"), "a pickle file"],
    [bytes("\x80\x04\x95\x10"), "a pickle file"],
    [bytes("\x89HDF\r\n\x1a\n"), "an HDF5 file"],
    [bytes("\x08\x07\x12\x07pytorch"), "an ONNX file"],
    [bytes("GGUF\x03\0\0\0"), "a GGUF file"],
    [bytes("\x93NUMPY\x01\0"), "an npy file"],
    [bytes("\x1c\0\0\0TFL3"), "a TensorFlow Lite file"],
    [bytes("\x89PNG\r\n\x1a\n"), "a PNG image"],
    [Buffer.from("<!DOCTYPE html><title>Sign in</title>"), "a web page"],
    [
      Buffer.from('{"metadata":{},"weight_map":{"fc1.bias":"model-00001-of-00002.safetensors"}}'),
      "the index of a model in several files (sharded)",
    ],
    [Buffer.from("version https://git-lfs.github.com/spec/v1\noid sha256:0"), "a Git LFS pointer"],
    [new Uint8Array(), "an empty file"],
  ];
  for (const [content, name] of cases)
    await refused(() => loadModel(engine, content), `expected a safetensors file, got ${name}`);
});

model("headers that cost much are refused at once", async () => {
  const u8 = (offsets: string, more = "") => `"a":{"dtype":"U8","shape":[4],"data_offsets":${offsets}${more}}`;
  const four = new Uint8Array(4);
  const cases: [string, Uint8Array, ...string[]][] = [
    [`{"a":${"[".repeat(3e6)}${"]".repeat(3e6)}}`, four, "header of at most"],
    [`{"a":${"[".repeat(1e6)}${"]".repeat(1e6)}}`, four, "deeper nesting"],
    [`${'{"a":'.repeat(6e5)}1${"}".repeat(6e5)}`, four, "deeper nesting"],
    [`{"__metadata__":{"a":"${"x".repeat(8.4e6)}"}}`, four, "header of at most 4000000 bytes"],
    [`{"__metadata__":{"a":"${'\\"'.repeat(1.9e6)}"}}`, four, "expected 0 bytes of data, got 4"],
    [`{${Array.from({ length: 7e4 }, (_, i) => `"${i}":{"shape":[0]}`)}}`, four, "at most 65536 tensors"],
    // biome-ignore format: one line
    [`{${u8("[0,4]")},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}`, new Uint8Array(6), "tensor b: expected to begin at data byte 4, got 2"],
    [`{${u8("[0,4]")},${u8("[0,4]")}}`, four, "each name once, got a twice"],
    [`{${u8("[0,4]", ',"dtype":"I8"')}}`, four, "each name once, got dtype twice"],
    [`{"__metadata__":{"hqcnn":"1","hqcnn":"2"}}`, new Uint8Array(), "each name once, got hqcnn twice"],
    [`{${u8("[0,8]")}}`, four, "expected 4 bytes for U8"],
    [`{${u8("[-4,0]")}}`, four, "two data offsets, got [-4,0]"],
    [`{${u8("[0.5,4.5]")}}`, four, "two data offsets, got [0.5,4.5]"],
    [`{${u8("[1e300,1e300]")}}`, four, "two data offsets"],
    [`{"${"n".repeat(3e6)}":{}}`, four, "tensor nnn", "…", "expected dtype"],
    [`{"a":{"dtype":{"x":{}},"shape":[4],"data_offsets":[0,4]}}`, four, "deeper nesting"],
  ];
  for (const [header, data, ...parts] of cases) {
    const bytes = file(header, data);
    const started = performance.now();
    const before = process.memoryUsage().rss;
    const message = await refused(() => loadModel(engine, bytes), ...parts);
    assert.ok(message.length < 400, message.slice(0, 99));
    inTime(`refusing ${parts[0]}`, (performance.now() - started) / 1000, 2);
    inMemory(`refusing ${parts[0]}`, process.memoryUsage().rss - before, 300e6);
  }
  const far = file("{}");
  new DataView(far.buffer).setBigUint64(0, 2n ** 53n, true);
  await refused(() => loadModel(engine, far), "header of at most 2 bytes, got 9007199254740992");
});

model("a library's failure becomes one that names the file; lack of memory is called that", () => {
  const known = new HqcnnError("known");
  assert.is(damaged("a", "a model", known), known);
  const wrapped = damaged("a.bin", "a model", new TypeError("x is not a function"));
  assert.is(wrapped.message, "a.bin: expected a model; its content is damaged or of a form that hqcnn does not read");
  for (const text of ["Array buffer allocation failed", "Invalid typed array length: 9", "could not allocate memory"]) {
    assert.match(damaged("a.bin", "a model", new RangeError(text)).message, "a.bin: there is not enough memory");
  }
});

model.run();
