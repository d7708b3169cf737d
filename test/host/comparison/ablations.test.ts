import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Operation } from "../../../host/circuit/gates.ts";
import { createTemplate } from "../../../host/circuit/templates.ts";
import { CNOT, CRX, circuit, expval, RX, RY, X, Z } from "../../../host/circuits.ts";
import {
  ABLATIONS,
  type AblationName,
  comparisonRuns,
  missingAblation,
  NETWORK,
  STANDARD_ABLATIONS,
  standardAblations,
  variantOptions,
  widthOf,
} from "../../../host/comparison/ablations.ts";
import { loadEngine } from "../../../host/index.ts";
import { createNetwork, type Network } from "../../../host/network/network.ts";
import { headOf } from "../../../host/training/head.ts";
import type { TrainOptions } from "../../../host/training/options.ts";
import { parseTrainOptions } from "../../../host/training/parse.ts";
import { refused } from "../../util/refusal.ts";

const twins = suite("comparison/ablations");
const engine = await loadEngine({ threads: 1 });
const thesis = parseTrainOptions({ task: "binary" });

/** The network that training with these options builds. */
function build(options: TrainOptions): Network {
  const { hidden, freeze, seed } = options;
  return createNetwork(engine, { channels: 3, classes: 2, head: headOf(options), hidden, freeze, seed, batchSize: 1 });
}

const names = ({ layers }: Network) => layers.map(({ name }) => name);
const between = (network: Network) => names(network).slice(names(network).indexOf("fc1") + 1, -2);
const gates = ({ template }: Network) =>
  template!.circuit.operations.map(({ name, wires }: Operation) => `${name} ${wires}`);
const network = build(thesis);
const twin = (name: AblationName, options = thesis) => build(variantOptions(options, name));

/**
 * Trained numbers outside of the head, which no ablation but logistic changes, and the same random ones at the start.
 */
function sameElsewhere(other: Network): void {
  const outside = ([name]: [string, unknown]) => /^(layer\d|fc\d)\./.test(name);
  assert.equal([...other.tensors()].filter(outside), [...network.tensors()].filter(outside));
}

twins("none leaves out the circuit and its weights alone", () => {
  const none = twin("none");
  assert.equal(between(network), ["quantum"]);
  assert.equal(between(none), []);
  assert.is(none.numParams, network.numParams - 44);
  sameElsewhere(none);
});

twins("dense has linear + tanh in the circuit's place, of the nearest possible number of parameters", () => {
  const dense = twin("dense");
  assert.equal(between(dense), ["dense.0", "dense.1", "dense.2", "dense.3"]);
  sameElsewhere(dense);
  for (const ansatz of ["thesis", "strongly-entangling", "basic-entangler"] as const) {
    for (const [qubits, layers] of [
      [4, 3],
      [2, 1],
      [8, 3],
      [4, 1],
      [12, 20],
    ]) {
      const options = { ...thesis, ansatz, qubits, layers };
      const wanted = createTemplate({ ...options, wires: qubits }).circuit.numWeights;
      const parameters = (width: number) => 2 * qubits * width + width + qubits;
      const off = (width: number) => Math.abs(parameters(width) - wanted);
      const width = widthOf(options);
      assert.ok(off(width) <= off(width + 1) && (width === 1 || off(width) <= off(width - 1)), `${ansatz} ${qubits}`);
      const built = twin("dense", options).numParams - twin("none", options).numParams;
      assert.is(built, parameters(width));
    }
  }
});

twins("frozen is the same network, of which the circuit's weights stay", () => {
  const frozen = twin("frozen");
  assert.equal(names(frozen), names(network));
  assert.equal(gates(frozen), gates(network));
  assert.equal([...frozen.tensors()], [...network.tensors()]);
  assert.equal(
    frozen.layers.filter((layer) => layer.frozen).map(({ name }) => name),
    ["quantum"],
  );
  assert.equal(
    network.layers.filter((layer) => layer.frozen),
    [],
  );
});

twins("product has the gates on one wire alone, with as many weights", () => {
  const product = twin("product");
  assert.equal(
    gates(product),
    gates(network).filter((gate) => !gate.startsWith("CNOT")),
  );
  assert.is(product.numParams, network.numParams);
  assert.equal([...product.tensors()], [...network.tensors()]);
});

twins("series has 3^wires coefficients a wire in the circuit's place", () => {
  const series = twin("series");
  assert.equal(between(series), ["products", "series"]);
  assert.is(series.numParams - twin("none").numParams, 4 * 3 ** 4);
  sameElsewhere(series);
});

twins("logistic puts one linear layer behind frozen features", () => {
  const logistic = twin("logistic");
  const blocks = ["layer1", "layer2", "layer3", "layer4", "layer5"];
  assert.equal(names(logistic), [...blocks, "fc"]);
  assert.equal(
    logistic.layers.filter((layer) => layer.frozen).map(({ name }) => name),
    blocks,
  );
});

twins("shuffled changes the labels, not the network", () => {
  const options = variantOptions(thesis, "shuffled");
  assert.equal({ ...options, shuffleLabels: false }, thesis);
  assert.is(options.shuffleLabels, true);
  assert.equal(gates(build(options)), gates(network));
});

twins("other embeddings change the gates in front of the ansatz, amplitude FC1 as well", () => {
  const own = gates(network);
  const ansatz = own.slice(4);
  const first = (other: Network) => {
    const all = gates(other);
    assert.equal(all.slice(-ansatz.length), ansatz);
    return all.slice(0, -ansatz.length).map((gate) => gate.split(" ")[0]);
  };
  assert.equal(first(twin("angle-y")), ["RY", "RY", "RY", "RY"]);
  assert.equal(first(twin("iqp")).filter((gate) => gate === "MultiRZ").length, 6);
  assert.equal(first(twin("amplitude")), ["AmplitudeEmbedding"]);
  for (const name of ["angle-y", "iqp"] as const) sameElsewhere(twin(name));
  assert.equal(twin("amplitude").tensors().get("fc1.bias")!.shape, [16]);
});

twins("ids are the same wherever they are asked for, and no two are equal", () => {
  const all = (Object.keys(ABLATIONS) as AblationName[]).filter((name) => missingAblation(thesis, name) === null);
  const runs = comparisonRuns("my images (1)", { ...thesis, seed: 3 }, 2, all);
  const ids = runs.map(({ id }) => id);
  assert.is(new Set(ids).size, 2 * (all.length + 1));
  assert.is(ids[0], "my-images-1--binary-official-quantum-seed3");
  assert.ok(ids.every((id) => /^[\w.-]+$/.test(id)));
  assert.equal(
    comparisonRuns("my images (1)", { ...thesis, seed: 4 }, 1, ["none"]).map(({ id }) => id),
    [...["my-images-1--binary-official-quantum-seed4", "my-images-1--binary-official-none-seed4"]],
  );
  for (const changed of [{ task: "multiclass" }, { protocol: "pooled" }] as const) {
    const others = comparisonRuns("my images (1)", { ...thesis, seed: 3, ...changed }, 2, all);
    assert.ok(others.every(({ id }) => !ids.includes(id)));
  }
});

twins("every run has its seed; the regression starts from the network of that seed", () => {
  const runs = comparisonRuns("x", { ...thesis, seed: 7 }, 2, ["logistic", "none"]);
  assert.equal(
    runs.map(({ options: { seed }, after }) => [seed, after]),
    [
      [7, undefined],
      [7, `x-binary-official-${NETWORK}-seed7`],
      [7, undefined],
      [8, undefined],
      [8, `x-binary-official-${NETWORK}-seed8`],
      [8, undefined],
    ],
  );
});

twins("refuses a comparison without a circuit, and unknown ablations", async () => {
  const runs =
    (options: object, ...names: AblationName[]) =>
    () =>
      comparisonRuns("x", parseTrainOptions(options), 1, names);
  await refused(runs({ head: "dense" }, "none"), "--head: a comparison is about quantum, got dense");
  await refused(runs({ embedding: "iqp" }, "product"), "there is no product", "got iqp, which entangles by itself");
  await refused(runs({ embedding: "amplitude" }, "series"), "there is no series", "the network has amplitude and 4");
  await refused(runs({ qubits: 9 }, "series"), "there is no series", "up to 8 wires");
  await refused(runs({ embedding: "angle-y" }, "angle-y"), "there is no angle-y: the network already is this one");
  await refused(runs({ entangling: false }, "product"), "the network already is this one");
  await refused(runs({ entangling: false }, "iqp"), "got iqp, which entangles by itself");
  await refused(runs({ qubits: 1 }, "product"), "one wire has nothing to entangle");
  await refused(runs({ qubits: 11 }, "amplitude"), "there is no amplitude", "from 1 to 10, got 11");
});

twins(
  "a network has all standard ablations for angles and up to 8 wires; iqp and amplitude have neither product nor series",
  () => {
    const missing = (options: object) =>
      STANDARD_ABLATIONS.filter((name) => missingAblation(parseTrainOptions(options), name) !== null);
    for (const embedding of ["angle-x", "angle-y", "angle-z"]) assert.equal(missing({ embedding, qubits: 8 }), []);
    for (const embedding of ["iqp", "amplitude"]) assert.equal(missing({ embedding }), ["product", "series"]);
  },
);

const turns = circuit(2, ({ input, weight }) => {
  const [x, w] = [input(2), weight("w", [2])];
  return [
    [RX(x[0], 0), RY(x[1], 1), RX(w[0], 0), CNOT(0, 1), RY(w[1], 1)],
    [expval(Z(0)), expval(X(0).times(Z(1)))],
  ];
}).toJSON();
const readsBeside = circuit(2, ({ input }) => {
  const x = input(3);
  return [[RX(x[0], 0), RY(x[1], 1), CRX(x[2], [0, 1])]];
}).toJSON();

twins("a circuit of one's own has the ablations that can be made of it, and says why not the others", async () => {
  const options = parseTrainOptions({ task: "binary", circuit: turns });
  const reasons = (of: TrainOptions) =>
    Object.fromEntries(
      (Object.keys(ABLATIONS) as AblationName[]).flatMap((name) => {
        const reason = missingAblation(of, name);
        return reason === null ? [] : [[name, reason]];
      }),
    );
  const left = reasons(options);
  assert.equal(
    Object.keys(left).filter((name) => !name.startsWith("without-")),
    ["retained", "no-bypass", "angle-y", "iqp", "amplitude"],
  );
  assert.match(left.iqp, "has its own embedding");
  assert.match(left["without-1"], "the network has one");
  const whole = build(options);
  for (const name of ["none", "dense", "series"] as const) {
    const other = twin(name, options);
    assert.equal(other.tensors().get("fc1.bias")!.shape, [2], name);
    assert.equal([...other.tensors().get("fc1.weight")!.data], [...whole.tensors().get("fc1.weight")!.data], name);
  }
  assert.ok(twin("frozen", options).layers.some(({ name, frozen }) => name === "quantum" && frozen));
  assert.equal(gates(twin("product", options)), ["RX 0", "RY 1", "RX 0", "RY 1"]);
  assert.equal(twin("product", options).template!.circuit.outputs, whole.template!.circuit.outputs);
  const others = reasons(parseTrainOptions({ task: "binary", circuit: readsBeside }));
  assert.match(others.product, "nothing of the circuit would read input x2");
  assert.match(others.series, "3 inputs and 2 outputs");
  assert.match(others.frozen, "no weights");
  for (const run of comparisonRuns("x", options, 1, standardAblations(options))) build(run.options);
});

twins("a matched head makes the whole network as large as one width can; where dense does, it is that one", () => {
  for (const given of [
    { circuit: [turns, readsBeside, turns], bypass: 4 },
    { circuit: turns, bypass: 9, hidden: 7 },
    { circuit: readsBeside },
    { qubits: 3, embedding: "amplitude", bypass: 2 },
  ]) {
    const options = parseTrainOptions({ task: "binary", ...given });
    const own = build(options).numParams;
    const changed = variantOptions(options, "matched");
    const off = (width: number) => Math.abs(build({ ...changed, width }).numParams - own);
    const { width } = changed;
    assert.ok(off(width) <= off(width + 1) && (width === 0 || off(width) <= off(width - 1)), JSON.stringify(given));
    assert.is(
      twin("matched", options).tensors().get("fc1.bias")!.shape[0],
      build(options).tensors().get("fc1.bias")!.shape[0],
    );
  }
  const reason = missingAblation(parseTrainOptions({ task: "binary" }), "matched");
  assert.match(reason!, "the ablation dense already comes nearest");
});

const pooled = circuit(4, ({ input, weight }) => {
  const [x, w] = [input(4), weight("w", [3])];
  const pool = [CRX(w[0], [1, 0]), CRX(w[1], [3, 2]), CRX(w[2], [2, 0])];
  return [[...x.map((angle, i) => RX(angle, i)), ...pool], [0, 1, 2, 3].map((wire) => expval(Z(wire)))];
}).toJSON();

twins("retained: outputs that read discarded qubits are left out, and all else stays", () => {
  const options = parseTrainOptions({ task: "binary", circuit: pooled });
  const { outputs, operations } = twin("retained", options).template!.circuit;
  assert.equal(outputs, [{ expval: [{ coefficient: 1, word: "Z0" }] }]);
  assert.equal(operations, build(options).template!.circuit.operations);
  const again = parseTrainOptions({ ...variantOptions(options, "retained") });
  assert.match(missingAblation(again, "retained")!, "does not read its discarded qubits");
  assert.match(
    missingAblation(parseTrainOptions({ task: "binary", circuit: turns }), "retained")!,
    "no qubit is discarded",
  );
  const named = parseTrainOptions({ task: "binary", ansatz: "qcnn", layers: 2 });
  assert.match(missingAblation(named, "retained")!, "does not read its discarded qubits");
});

twins("gradients of the circuit are left out where there is none", () => {
  const options = parseTrainOptions({ gradient: "spsa", gradientStep: 0.2, spsaDirections: 3 });
  for (const { options: own } of comparisonRuns("x", options, 1, STANDARD_ABLATIONS)) {
    assert.is(own.spsaDirections, own.head === "quantum" ? 3 : undefined);
  }
});

twins("several circuits and a bypass: without each of them, without the bypass, classical on as many features", () => {
  const options = parseTrainOptions({ task: "binary", circuit: [turns, readsBeside, turns], bypass: 4 });
  const asked = standardAblations(options);
  assert.equal(asked.slice(STANDARD_ABLATIONS.length), ["matched", "no-bypass", "without-1", "without-2", "without-3"]);
  const fc1 = (name: AblationName) => twin(name, options).tensors().get("fc1.bias")!.shape[0];
  assert.is(build(options).tensors().get("fc1.bias")!.shape[0], 11);
  assert.is(fc1("without-2"), 8);
  assert.equal(
    twin("without-2", options).circuits.map(({ template }) => template.circuit.numInputs),
    [2, 2],
  );
  assert.is(fc1("no-bypass"), 7);
  assert.is(fc1("none"), 11);
  assert.is(fc1("dense"), 11);
  const wide = parseTrainOptions({ task: "binary", circuit: turns, bypass: 100 });
  assert.is(twin("none", wide).tensors().get("fc1.bias")!.shape[0], 102);
  assert.match(missingAblation(options, "series") ?? "", "bypass");
});

twins.run();
