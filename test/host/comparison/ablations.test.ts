import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Operation } from "../../../host/circuit/gates.ts";
import { createTemplate } from "../../../host/circuit/templates.ts";
import {
  ABLATIONS,
  type AblationName,
  comparisonRuns,
  missingAblation,
  NETWORK,
  STANDARD_ABLATIONS,
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
  const all = Object.keys(ABLATIONS) as AblationName[];
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

twins.run();
