// Alone: measures time or memory.
// Mutated files for the parsers of models, runs and arrays, 20,000 each: read rightly, or refused in words.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { HqcnnError } from "../../host/check.ts";
import { npyHeaderEnd, parseNpyHeader } from "../../host/datasets/sources/npy.ts";
import { createNetwork, loadEngine, predict, saveModel } from "../../host/index.ts";
import { decodeModel } from "../../host/network/model.ts";
import { decodeSafetensors, encodeSafetensors } from "../../host/network/safetensors.ts";
import { createNodePlatform } from "../../host/platform/node.ts";
import { RUN_FILES } from "../../host/training/files.ts";
import { readRun } from "../../host/training/record.ts";
import { hqcnn } from "../util/cli.ts";
import { FUZZ_RUNS, fuzz } from "../util/fuzz.ts";
import { temporaryFolder } from "../util/temporary.ts";

const parsers = suite("fuzz");

const small = encodeSafetensors(
  new Map([
    ["a.weight", { dtype: "F32", shape: [2, 3], data: new Float32Array(6) }],
    ["b", { dtype: "U8", shape: [], data: new Uint8Array(1) }],
    ["c", { dtype: "I64", shape: [0], data: new BigInt64Array() }],
  ] as const),
  { hqcnn: JSON.stringify({ version: 1 }), format: "pt" },
);

/** Lets the header's length be what is in front of the data again. */
const withLength = (data: number) => (bytes: Uint8Array) => {
  const out = new Uint8Array(bytes);
  if (out.length >= 8 + data) new DataView(out.buffer).setBigUint64(0, BigInt(out.length - 8 - data), true);
  return out;
};

/** Bytes of data in a file. */
const dataOf = (bytes: Uint8Array) => bytes.length - 8 - Number(new DataView(bytes.buffer).getBigUint64(0, true));

parsers("safetensors: what is read covers the file exactly", async () => {
  const { read } = await fuzz(
    [small],
    (bytes) => {
      const { tensors, metadata } = decodeSafetensors(bytes, "m.safetensors");
      let covered = 0;
      for (const { shape, data } of tensors.values()) {
        assert.is(
          data.length,
          shape.reduce((product, n) => product * n, 1),
        );
        covered += data.byteLength;
      }
      const header = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
      assert.ok(covered >= bytes.length - 8 - header); // halves are read as F32
      for (const text of Object.values(metadata)) assert.type(text, "string");
    },
    { repair: withLength(dataOf(small)) },
  );
  assert.ok(read > FUZZ_RUNS / 1000, `${read} read`);
});

parsers("models: what is accepted gives probabilities", async () => {
  const engine = await loadEngine({ threads: 1 });
  const head = { kind: "logistic" } as const;
  const network = createNetwork(engine, { channels: 1, classes: 2, head, height: 16, width: 16 });
  const model = saveModel(network, {
    classNames: ["other", "eosinophil"],
    data: { name: "none", md5: null, task: "binary", protocol: "official", positive: [1], splitRatio: 0.8 },
    training: { epoch: 1, seed: 3, val: { loss: 1, accuracy: 0.5, auc: null } },
  });
  const image = { width: 16, height: 16, channels: 1 as const, pixels: new Uint8Array(256).fill(7) };
  let n = 0;
  const { read } = await fuzz(
    [model],
    async (bytes) => {
      const { network, info } = await decodeModel(engine, bytes, "m.safetensors", 1);
      const [{ label, probs }] = await predict(network, [image]);
      assert.type(info.classNames[label], "string");
      assert.ok(Math.abs(probs.reduce((sum, value) => sum + value, 0) - 1) < 1e-3);
      // Memories of the engine go with the garbage, which has to be given time.
      if (++n % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    { memory: 1e9, repair: withLength(dataOf(model)) },
  );
  assert.ok(read > FUZZ_RUNS / 1000, `${read} read`);
});

parsers("run folders: config, history, figures and predictions", async () => {
  const folder = join(temporaryFolder(), "run");
  const { code, stderr } = await hqcnn(["train", "--epochs", "2", "--out", folder]);
  assert.is(code, 0, stderr);
  const names = [RUN_FILES.config, RUN_FILES.history, RUN_FILES.metrics, RUN_FILES.predictions, RUN_FILES.fingerprint];
  const files = names.map((name) => new Uint8Array(readFileSync(join(folder, name))));
  const node = createNodePlatform();
  const { refused } = await fuzz(files, async (bytes, file) => {
    const readFile = async (path: string) => {
      const index = names.findIndex((name) => path.endsWith(name));
      if (index < 0) return node.readFile(path);
      return index === file ? bytes : files[index];
    };
    await readRun({ ...node, readFile }, folder);
  });
  assert.ok(refused > FUZZ_RUNS / 4, `${refused} refused`);
});

parsers("npy headers: what is read is as long as its shape says", async () => {
  const header = (text: string) => {
    const padded = `${text.padEnd(117)}\n`;
    return Buffer.concat([
      Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, padded.length, 0]),
      Buffer.from(padded),
    ]);
  };
  const { read } = await fuzz(
    [
      header("{'descr': '|u1', 'fortran_order': False, 'shape': (60, 28, 28, 3), }"),
      header("{'descr': '<i8', 'fortran_order': False, 'shape': (60,), }"),
      header("{'descr': '<f4', 'fortran_order': True, 'shape': (), }"),
    ],
    (bytes) => {
      const end = npyHeaderEnd(bytes, "a.npz: images");
      if (end > bytes.length) throw new HqcnnError("a.npz is cut short"); // readers ask for that many bytes first
      const { dataOffset, dataBytes, shape } = parseNpyHeader(bytes.subarray(0, end), "a.npz: images");
      assert.ok(dataOffset <= bytes.length && Number.isSafeInteger(dataBytes) && dataBytes >= 0);
      assert.ok(shape.every((n) => Number.isSafeInteger(n) && n >= 0));
    },
  );
  assert.ok(read > FUZZ_RUNS / 200, `${read} read`);
});

parsers.run();
