// Mutated files for the parsers of models, runs and arrays, 20,000 each: read rightly, or refused in words.
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { HqcnnError, parseJson } from "../../host/check.ts";
import { parseCircuitFiles } from "../../host/circuit/file.ts";
import { parseNoiseFile } from "../../host/circuit/noise/file.ts";
import { importQasm } from "../../host/circuit/qasm/import.ts";
import { openDataset } from "../../host/datasets/open.ts";
import { npyHeaderEnd, parseNpyHeader } from "../../host/datasets/sources/npy.ts";
import { createNetwork, loadEngine, predict, saveModel } from "../../host/index.ts";
import { decodeModel } from "../../host/network/model.ts";
import { decodeSafetensors, encodeSafetensors } from "../../host/network/safetensors.ts";
import { parseTrunk } from "../../host/network/trunk.ts";
import { createNodePlatform } from "../../host/platform/node.ts";
import { parseStudy } from "../../host/study/spec.ts";
import { RUN_FILES } from "../../host/training/files.ts";
import { parseTrainOptions } from "../../host/training/parse.ts";
import { readRun } from "../../host/training/record.ts";
import { hqcnn } from "../util/cli.ts";
import { FUZZ_RUNS, fuzz } from "../util/fuzz.ts";
import { fixture } from "../util/paths.ts";
import { testPermutation } from "../util/permutation.ts";
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
const dataBytes = (bytes: Uint8Array) => bytes.length - 8 - Number(new DataView(bytes.buffer).getBigUint64(0, true));

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
    { repair: withLength(dataBytes(small)) },
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
    { memory: 1e9, repair: withLength(dataBytes(model)) },
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

const decoder = new TextDecoder();
/** As those do who read it: JSON that is none is told by them. */
const dataOf = (bytes: Uint8Array) => {
  try {
    return parseJson(decoder.decode(bytes));
  } catch (error) {
    throw new HqcnnError("expected JSON", { cause: error });
  }
};
const text = (value: unknown) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
const circuitJson = {
  wires: 2,
  inputs: 2,
  weights: [{ name: "w", shape: [2, 3], start: 0.1 }],
  operations: [
    { name: "RX", wires: [0], params: [{ input: 0, factor: 2, shift: 0.1 }] },
    { name: "RY", wires: [1], params: [{ product: [0, { weight: ["w", 1, 2] }] }], controls: [0] },
    { name: "CNOT", wires: [0, 1], adjoint: true },
  ],
  outputs: [{ expval: "Z0 X1" }, { variance: [{ coefficient: 0.5, word: "Y1" }] }, { probs: [1] }],
};
const qasm3 = `OPENQASM 3.0;
include "stdgates.inc";
input float[64] x0;
qubit[2] q;
gate my(a) p, r { rx(a / 2) p; ctrl @ ry(-a) p, r; }
my(x0 * pi) q[0], q[1];
cx q[0], q[1];
rz(sin(0.5) + x0) q[1];
`;
const qasm2 = `OPENQASM 2.0;
include "qelib1.inc";
qreg q[3];
creg c[3];
h q;
u3(pi/2, -0.25, 1e-3) q[2];
barrier q;
`;
const studyYaml = `base: {epochs: 2, data: bloodmnist-sample, head: quantum}
grid: {head: [none, logistic], lr: [0.001, 0.01]}
seeds: [0, 1]
halving: 2
`;
const noiseJson = [
  {
    rules: [
      { channel: "depolarizing", p: 0.01, gates: ["2q"], wires: [0, 1] },
      { channel: "thermal-relaxation", t1: 50, t2: 70, time: 0.1, on: "all" },
      {
        channel: "kraus",
        matrices: [
          [
            [1, 0],
            [0, [0.8, 0.6]],
          ],
        ],
      },
      { channel: "readout", p01: 0.02, p10: 0.03 },
    ],
  },
];

/** Parsers of what people write by hand: a file and what reads it. */
const written: Record<string, [files: Uint8Array[], read: (bytes: Uint8Array) => unknown]> = {
  "circuits as JSON": [
    [text(circuitJson), text([circuitJson, circuitJson])],
    (bytes) => parseCircuitFiles(decoder.decode(bytes), "c.json"),
  ],
  OpenQASM: [[text(qasm3), text(qasm2)], (bytes) => importQasm(decoder.decode(bytes), "c.qasm")],
  "noise models": [noiseJson.map(text), (bytes) => parseNoiseFile(decoder.decode(bytes), "n.json")],
  "study files": [
    [
      text(studyYaml),
      text({ base: { epochs: 1 }, random: { runs: 2, options: { lr: { low: 0.001, high: 0.1, scale: "log" } } } }),
    ],
    (bytes) => parseStudy(bytes, bytes[0] === 0x7b ? "s.json" : "s.yaml"),
  ],
  trunks: [
    [text([{ type: "conv", channels: 16, pad: 0, pool: true }, { type: "residual" }, { type: "averagePool" }])],
    (bytes) => parseTrunk(dataOf(bytes)),
  ],
  "options of a run": [[text(parseTrainOptions({}))], (bytes) => parseTrainOptions(dataOf(bytes))],
};
for (const [name, [files, read]] of Object.entries(written)) {
  parsers(`${name}: read, or refused in words`, async () => {
    const { refused } = await fuzz(files, read, { memory: 800e6, lines: 7 });
    assert.ok(refused > FUZZ_RUNS / 20, `${refused} refused`);
  });
}

parsers("manifests: every row is an image or told", async () => {
  const folder = temporaryFolder();
  for (let i = 0; i < 12; i++) copyFileSync(fixture("images/rgb8.png"), join(folder, `${i}.png`));
  const rows = Array.from({ length: 12 }, (_, i) => `${i}.png,${"ab"[i % 2]},${["train", "val", "test"][i % 3]},p${i}`);
  const lists = [
    ["image,label,split,patient", ...rows].join("\n"),
    ["image;a;b", ...rows.map((_, i) => `${i}.png;${i & 1};${(i >> 1) & 1}`)].join("\r\n"),
    ["file\tfindings", ...rows.map((_, i) => `"${i}.png"\t${["a", "a|b", ""][i % 3]}`)].join("\n"),
  ];
  const node = createNodePlatform();
  const path = join(folder, "list.csv");
  const { read } = await fuzz(
    lists.map(text),
    async (bytes) => {
      const readFile = async (asked: string) => (asked === path ? bytes : node.readFile(asked));
      const stat = async (asked: string) =>
        asked === path ? { ...(await node.stat(fixture("images/rgb8.png")))!, size: bytes.length } : node.stat(asked);
      await openDataset(path, { platform: { ...node, readFile, stat }, permutation: testPermutation(1) });
    },
    { runs: FUZZ_RUNS / 20, memory: 800e6 },
  );
  assert.ok(read > 0, `${read} read`);
});

parsers.run();
