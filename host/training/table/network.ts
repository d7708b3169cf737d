import { ENTANGLERS, TOPOLOGIES } from "../../circuit/ansatze.ts";
import { MAX_LAYERS, MAX_WIRES } from "../../circuit/limits.ts";
import { ANSATZE, EMBEDDINGS, REUPLOADS, TEMPLATE_DEFAULTS } from "../../circuit/templates.ts";
import { FREEZES } from "../../network/build.ts";
import { HEAD_KINDS } from "../../network/heads.ts";
import { QUANTUM_INIT } from "../../network/init.ts";
import { MAX_FEATURES } from "../../network/limits.ts";
import { MAX_RESIDUAL_DEPTH, MAX_RESIDUAL_WIDTH, RESIDUAL_DEFAULTS, TRUNKS } from "../../network/trunk.ts";
import * as kind from "../kinds.ts";
import type { Row } from "./row.ts";

/** Options: the network. */
export const NETWORK_OPTIONS = {
  trunk: {
    kind: kind.text("thesis, residual or a JSON file", "name"),
    default: "thesis",
    help:
      "convolutions between the image and FC1; thesis: five blocks; residual: three stages of residual blocks and the " +
      "average over the image; or a JSON file with a list of blocks",
    group: "Network",
    belongsTo: ["network"],
    page: { choices: TRUNKS },
  },
  trunkWidth: {
    kind: kind.multiple(4, 4, MAX_RESIDUAL_WIDTH),
    help: "with --trunk residual: channels of the first stage; the second has twice as many, the third four times",
    defaultText: String(RESIDUAL_DEFAULTS.width),
    group: "Network",
    belongsTo: ["network"],
  },
  trunkDepth: {
    kind: kind.whole(0, MAX_RESIDUAL_DEPTH),
    help: "with --trunk residual: residual blocks in all three stages together",
    defaultText: String(RESIDUAL_DEFAULTS.depth),
    group: "Network",
    belongsTo: ["network"],
  },
  head: {
    kind: kind.choice(HEAD_KINDS),
    default: "quantum",
    help:
      "what stands between FC1 and FC2; quantum: the circuit; dense: tanh (see --width); " +
      "series: a trigonometric series with free coefficients; logistic: one linear layer replaces FC1 to FC3",
    group: "Network",
    belongsTo: ["network"],
  },
  qubits: {
    kind: kind.whole(1, MAX_WIRES),
    default: 4,
    help: "qubits of the circuit; each doubles time and memory",
    group: "Network",
    belongsTo: ["network"],
  },
  layers: {
    kind: kind.whole(1, MAX_LAYERS),
    default: 3,
    help: "repetitions of the ansatz",
    group: "Network",
    belongsTo: ["network"],
  },
  ansatz: {
    kind: kind.choice(ANSATZE),
    default: "thesis",
    help: "trainable part of the circuit",
    group: "Network",
    belongsTo: ["network"],
  },
  embedding: {
    kind: kind.choice(EMBEDDINGS),
    default: "angle-x",
    help: "how features enter the circuit; amplitude takes 2^qubits features and at most 10 qubits",
    group: "Network",
    belongsTo: ["network"],
  },
  entangling: {
    kind: kind.toggle(),
    default: true,
    help: "leave out the ansatz's two-qubit gates; for angle embeddings",
    group: "Network",
    belongsTo: ["network"],
  },
  repeats: {
    kind: kind.whole(1, MAX_LAYERS),
    default: TEMPLATE_DEFAULTS.repeats,
    help: "repetitions of the iqp embedding, or layers of the qaoa embedding",
    group: "Network",
    belongsTo: ["network"],
  },
  reupload: {
    kind: kind.choice(REUPLOADS),
    default: TEMPLATE_DEFAULTS.reupload,
    help: "an angle embedding before every layer; trainable: each angle times a trainable factor that starts at 1",
    group: "Network",
    belongsTo: ["network"],
  },
  topology: {
    kind: kind.choice(TOPOLOGIES),
    default: TEMPLATE_DEFAULTS.topology,
    help: "qubits that the hardware-efficient ansatz entangles: neighbours, also the last with the first, or all pairs",
    group: "Network",
    belongsTo: ["network"],
  },
  entangler: {
    kind: kind.choice(ENTANGLERS),
    default: TEMPLATE_DEFAULTS.entangler,
    help: "two-qubit gate of the hardware-efficient ansatz",
    group: "Network",
    belongsTo: ["network"],
  },
  circuit: {
    kind: kind.circuits(),
    help:
      "file with your own circuit, JSON or OpenQASM 3 with input parameters, in place of ansatz and embedding; " +
      "given several times, the circuits stand side by side",
    group: "Network",
    belongsTo: ["network"],
    page: { placed: true },
  },
  bypass: {
    kind: kind.whole(0, MAX_FEATURES),
    default: 0,
    help: "features of FC1 that go around the circuits, straight to FC2",
    group: "Network",
    belongsTo: ["network"],
  },
  quantumInit: {
    kind: kind.text("uniform, near-zero, identity or normal:SIGMA", "name", QUANTUM_INIT),
    default: "uniform",
    help:
      "how the circuit's weights start; uniform: 0 to 2π; normal:SIGMA: around 0; near-zero: −0.1 to 0.1; " +
      "identity: pairs of layers that cancel each other",
    group: "Network",
    belongsTo: ["network"],
  },
  width: {
    kind: kind.whole(0, MAX_FEATURES),
    default: 0,
    help: "with --head dense: linear layer to this many features, tanh, linear layer back, tanh; 0: tanh alone",
    group: "Network",
    belongsTo: ["network"],
  },
  hidden: {
    kind: kind.whole(1, MAX_FEATURES),
    default: 16,
    help: "features between FC2 and FC3",
    group: "Network",
    belongsTo: ["network"],
  },
  dropout: {
    kind: kind.belowOne(),
    default: 0,
    help: "probability of dropping each feature before FC1 during training",
    group: "Network",
    belongsTo: ["network"],
  },
  start: {
    kind: kind.text("a model file or run folder", "model"),
    help: "model file or run folder to start from: its tensors replace those of the same name and shape",
    group: "Network",
    belongsTo: ["network"],
    resumed: "ignored",
    page: { label: "start from", choices: "models" },
  },
  startPartial: {
    kind: kind.toggle(),
    default: false,
    help: "take what fits of --start even if not all convolution blocks do, as PyTorch's strict=False",
    group: "Network",
    belongsTo: ["network"],
    page: { label: "start from a model that fits in part" },
  },
  freeze: {
    kind: kind.choice(FREEZES),
    default: "none",
    help: "tensors that are not trained: those of the quantum layer, or of the convolutions (features)",
    group: "Network",
    belongsTo: ["network"],
  },
} as const satisfies Record<string, Row>;
