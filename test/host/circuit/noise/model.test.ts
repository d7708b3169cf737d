import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UsageError } from "../../../../host/check.ts";
import { Circuit } from "../../../../host/circuit/circuit.ts";
import { CHANNEL_NAMES, CHANNELS } from "../../../../host/circuit/noise/channels.ts";
import { noiseJsonSchema, parseNoiseFile } from "../../../../host/circuit/noise/file.ts";
import {
  checkNoise,
  type NoiseModel,
  noiseText,
  parseNoiseSpec,
  parseNoiseSweep,
} from "../../../../host/circuit/noise/model.ts";
import { placeNoise } from "../../../../host/circuit/noise/place.ts";

const noise = suite("circuit/noise");
const isUsage = (error: Error) => error instanceof UsageError;

noise("a SPEC is channels with strengths and gates", () => {
  assert.equal(
    parseNoiseSpec("depolarizing:0.01@CNOT+1q, reset:0.02, thermal-relaxation:50/70/0.1@2q,readout:0.02/0.05"),
    {
      rules: [
        { channel: "depolarizing", p: 0.01, gates: ["CNOT", "1q"] },
        { channel: "reset", p0: 0.02 },
        { channel: "thermal-relaxation", t1: 50, t2: 70, time: 0.1, gates: ["2q"] },
        { channel: "readout", p01: 0.02, p10: 0.05 },
      ],
    },
  );
  assert.equal(parseNoiseSpec("BitFlip:1e-3@start,depolarising:.5@all").rules, [
    { channel: "bit-flip", p: 0.001, at: "start" },
    { channel: "depolarizing", p: 0.5 },
  ]);
});

noise("numbers alone behind a comma are further strengths: a model for every combination", () => {
  const texts = (text: string) => parseNoiseSweep(text).map(noiseText);
  assert.equal(texts("depolarizing:0.005,0.01, 3e-2@CNOT+RX,readout:0.02"), [
    "depolarizing:0.005@CNOT+RX,readout:0.02",
    "depolarizing:0.01@CNOT+RX,readout:0.02",
    "depolarizing:0.03@CNOT+RX,readout:0.02",
  ]);
  assert.equal(texts("bit-flip:0,.1,phase-flip:0.2,0.3").length, 4);
  assert.equal(texts("reset:0.1/0.2,0.3/0.4"), ["reset:0.1/0.2", "reset:0.3/0.4"]);
  assert.equal(texts("readout:0.1"), ["readout:0.1"]);
  for (const text of ["0.1", "depolarizing:0.1,", "depolarizing,0.1", "depolarizing:0.1,2", "bit-flip:0.1,-1"]) {
    assert.throws(() => parseNoiseSweep(text), isUsage, text);
  }
});

noise("its text is read again as the same model", () => {
  for (const text of ["depolarizing:0.01@CNOT+1q,readout:0.02", "phase-flip:0.1@end", "reset:0.1/0.2"]) {
    assert.is(noiseText(parseNoiseSpec(text)), text);
  }
  const model: NoiseModel = { rules: [{ channel: "bit-flip", p: 0.1, operations: [3], on: "all" }] };
  assert.equal(JSON.parse(noiseText(model)), model);
});

noise("what no SPEC can be is refused by the part that is wrong", () => {
  const refused: [string, RegExp][] = [
    ["", /^noise: expected CHANNEL:STRENGTH/],
    ["depolarizing", /^noise rule 0 \(depolarizing\): expected depolarizing:p, got depolarizing/],
    ["depolarizing:", /^noise rule 0 \(depolarizing\): expected depolarizing:p/],
    ["depolarizing:0.1,", /^noise: expected/],
    ["depolarizing:0.1/0.2", /^noise rule 0 \(depolarizing\)/],
    ["depolarizing:x", /^noise rule 0 \(depolarizing\)/],
    ["depolarizing:-0.1", /p: expected a probability from 0 to 1, got -0.1/],
    ["depolarizing:NaN", /^noise rule 0/],
    ["bit-flip:0.1,heat:0.3", /^noise rule 1: expected a channel \(kraus, depolarizing/],
    ["bit-flip:0.1@CNOOT", /^noise rule 0 \(bit-flip\): expected gates.*got CNOOT/],
    ["bit-flip:0.1@", /expected gates/],
    ["kraus:1", /expected a JSON file/],
    ["readout:0.1@CNOT", /^noise rule 0 \(readout\): expected channel, p01, p10, wires, got gates/],
    ["thermal-relaxation:0/1/1", /t1: expected a time above 0, got 0/],
    ["thermal-relaxation:1/1", /time: expected a time of at least 0, got nothing/],
  ];
  for (const [text, message] of refused) {
    assert.throws(
      () => parseNoiseSpec(text),
      (error: Error) => error instanceof UsageError && message.test(error.message),
      text,
    );
  }
});

noise("a file is refused with line and column, whatever it holds", () => {
  assert.throws(
    () => parseNoiseFile('{"rules": [\n {"channel": "bit-flip", "p": 2}]}', "n.json"),
    /^n\.json:2:2: noise rule 0 \(bit-flip\): p: expected/,
  );
  assert.throws(() => parseNoiseFile('{"rules": [\n oops]}', "n.json"), /^n\.json:2:2: expected JSON/);
  for (const text of [
    "[]",
    "null",
    "{}",
    '{"rules": 3}',
    '{"rules": [null]}',
    '{"rules": [], "more": 1}',
    '{"rules": [{"channel": 3}]}',
  ]) {
    assert.throws(() => parseNoiseFile(text, "n.json"), isUsage, text);
  }
  for (const key of ["gates", "operations", "at", "on", "wires", "p", "matrices", "speed"]) {
    const rule = { channel: "bit-flip", p: 0.1, [key]: { no: 1 } };
    assert.throws(() => checkNoise({ rules: [rule] }), isUsage, key);
  }
  assert.equal(parseNoiseFile('{"$schema": "x", "rules": []}', "n.json"), { rules: [] });
});

noise("the schema has every channel with its parameters", () => {
  const text = JSON.stringify(noiseJsonSchema());
  for (const name of CHANNEL_NAMES) {
    assert.ok(text.includes(`"${name}"`), name);
    for (const { name: param } of CHANNELS[name].params) assert.ok(text.includes(`"${param}"`), param);
  }
});

const circuit = new Circuit(3, [
  { name: "RX", wires: [0], params: [0.1] },
  { name: "Rot", wires: [1], params: [1, 2, 3] },
  { name: "Identity", wires: [2] },
  { name: "RY", wires: [2], params: [0.1], controls: [0] },
]);
const placed = (model: NoiseModel) =>
  placeNoise(circuit, checkNoise(model)).placements.map(({ after, wires }) => [after, ...wires]);

noise("channels act behind the last record of the gates that a rule names", () => {
  const p = 0.1;
  const channel = "bit-flip";
  assert.equal(placed({ rules: [{ channel, p }] }), [
    [0, 0],
    [3, 1],
    [3, 2],
    [4, 0],
    [4, 2],
  ]);
  assert.equal(placed({ rules: [{ channel, p, gates: ["2q"] }] }), [
    [4, 0],
    [4, 2],
  ]);
  assert.equal(placed({ rules: [{ channel, p, gates: ["1q"], wires: [1, 2] }] }), [
    [3, 1],
    [3, 2],
  ]);
  assert.equal(placed({ rules: [{ channel, p, operations: [1], on: "all" }] }), [
    [3, 0],
    [3, 1],
    [3, 2],
  ]);
  assert.equal(
    placed({
      rules: [
        { channel, p, at: "end" },
        { channel, p, at: "start", wires: [1] },
      ],
    }),
    [
      [-1, 1],
      [4, 0],
      [4, 1],
      [4, 2],
    ],
  );
});

noise("4 × 4 matrices act on the pair, and need one", () => {
  const matrices = [
    [
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, [0, 1], 0],
      [0, 0, 0, 1],
    ],
  ] as const;
  assert.equal(placed({ rules: [{ channel: "kraus", matrices }] }), [[4, 0, 2]]);
  assert.throws(
    () => placed({ rules: [{ channel: "kraus", matrices, gates: ["RX"] }] }),
    /noise rule 0 \(kraus\): expected two wires for 4 × 4 matrices, got 1 at operation 0 \(RX\)/,
  );
});

noise("reading errors of several rules follow each other; rules that act nowhere are named", () => {
  const rules = checkNoise({
    rules: [
      { channel: "readout", p01: 0.1 },
      { channel: "readout", p01: 0.2, p10: 0, wires: [1] },
      { channel: "bit-flip", p: 0.1, gates: ["CZ"] },
    ],
  });
  const { errors, unmatched } = placeNoise(circuit, rules);
  assert.equal(errors![0], [0.1, 0.1]);
  assert.ok(Math.abs(errors![1][0] - (0.1 + 0.9 * 0.2)) < 1e-15 && Math.abs(errors![1][1] - 0.1 * 0.8) < 1e-15);
  assert.equal(unmatched, ["noise rule 2 (bit-flip) acts nowhere: the circuit has no CZ"]);
});

noise.run();
