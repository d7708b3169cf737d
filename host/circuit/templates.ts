import { UsageError } from "../check.ts";
import {
  basicEntanglerLayers,
  ENTANGLERS,
  type Entangler,
  hardwareEfficientLayers,
  qcnnLayers,
  simplifiedTwoDesign,
  stronglyEntanglingLayers,
  TOPOLOGIES,
  type Topology,
  thesisLayers,
} from "./ansatze.ts";
import { Circuit, checkCount } from "./circuit.ts";
import { amplitudeEmbedding, angleEmbedding, iqpEmbedding, qaoaEmbedding } from "./embeddings.ts";
import { adjoint, type Operation, wiresOf } from "./gates.ts";
import { MAX_AMPLITUDE_WIRES, MAX_LAYERS, MAX_WIRES } from "./limits.ts";
import type { Source } from "./params.ts";
import {
  countWeights,
  join,
  layered,
  mapSources,
  op,
  type Part,
  range,
  shiftWeights,
  type WeightTensor,
} from "./part.ts";

export const EMBEDDINGS = ["angle-x", "angle-y", "angle-z", "iqp", "qaoa", "amplitude"] as const;
export const ANSATZE = [
  "thesis",
  "strongly-entangling",
  "basic-entangler",
  "simplified-two-design",
  "hardware-efficient",
  "qcnn",
] as const;
/** Data re-uploading: not at all, an embedding before every layer, the same with a trainable factor for each angle. */
export const REUPLOADS = ["none", "fixed", "trainable"] as const;

export type Embedding = (typeof EMBEDDINGS)[number];
export type Ansatz = (typeof ANSATZE)[number];
export type Reupload = (typeof REUPLOADS)[number];

export interface Template {
  readonly circuit: Circuit;
  readonly tensors: readonly WeightTensor[];
}

function embed(embedding: Embedding, wires: number, repeats: number): Part {
  const plain = (operations: Operation[]): Part => ({ operations, tensors: [] });
  switch (embedding) {
    case "angle-x":
      return plain(angleEmbedding(wires, "X"));
    case "angle-y":
      return plain(angleEmbedding(wires, "Y"));
    case "angle-z":
      // on |0⟩ RZ is but a phase: without the Hadamards no output would depend on the inputs
      return plain([...range(wires).map((i) => op("Hadamard", [i])), ...angleEmbedding(wires, "Z")]);
    case "iqp":
      return plain(range(repeats).flatMap(() => iqpEmbedding(wires)));
    case "qaoa":
      return qaoaEmbedding(wires, repeats);
    case "amplitude":
      checkCount("wires of an amplitude embedding", wires, MAX_AMPLITUDE_WIRES);
      return plain(amplitudeEmbedding(wires));
    default:
      throw new UsageError(`embedding: expected ${EMBEDDINGS.join(", ")}, got ${embedding}`);
  }
}

/**
 * Whether an embedding turns every wire by an input of its own: iqp multiplies inputs, and amplitudes are a state of
 * all wires.
 */
export function isAngle(embedding: Embedding): boolean {
  return embedding.startsWith("angle-");
}

function build({ ansatz, wires, layers, topology = "ring", entangler = "CNOT" }: TemplateOptions): Part {
  switch (ansatz) {
    case "thesis":
      return thesisLayers(wires, layers);
    case "strongly-entangling":
      return stronglyEntanglingLayers(wires, layers);
    case "basic-entangler":
      return basicEntanglerLayers(wires, layers);
    case "simplified-two-design":
      return simplifiedTwoDesign(wires, layers);
    case "hardware-efficient":
      return hardwareEfficientLayers(wires, layers, topology, entangler);
    case "qcnn":
      return qcnnLayers(wires, layers);
    default:
      throw new UsageError(`ansatz: expected ${ANSATZE.join(", ")}, got ${ansatz}`);
  }
}

/** A circuit by the names of its parts. */
export interface TemplateOptions {
  ansatz: Ansatz;
  embedding: Embedding;
  /** 1 to 20; amplitude: 1 to 10. */
  wires: number;
  /** 1 to 20; qcnn: as often as the wires can be halved. */
  layers: number;
  /**
   * Whether the ansatz has its gates on two wires; without them it is a product circuit, so that the embedding must be
   * of
   * angles. Default true.
   */
  entangling?: boolean;
  /** Repetitions of the iqp embedding, or layers of qaoa's, 1 to 20; default 1. */
  repeats?: number;
  /** Default none. Pérez-Salinas et al., Quantum 4, 226 (2020); with an angle embedding. */
  reupload?: Reupload;
  /** Of the hardware-efficient ansatz: which wires it entangles (default ring) and how (default CNOT). */
  topology?: Topology;
  entangler?: Entangler;
  /**
   * Every other layer is the inverse of the one before, with weights of its own, so that equal weights make the two the
   * identity; layers then come in pairs. Default false. Grant et al., Quantum 3, 214 (2019).
   */
  mirrored?: boolean;
}

/** What the optional parts of a template are unless told otherwise. */
export const TEMPLATE_DEFAULTS = {
  entangling: true,
  repeats: 1,
  reupload: "none",
  topology: "ring",
  entangler: "CNOT",
  mirrored: false,
} as const satisfies Partial<TemplateOptions>;

/**
 * The circuit of a quantum layer: an embedding of `wires` inputs (amplitude: 2^wires; angle-z puts a Hadamard before
 * each
 * RZ), then an ansatz.
 * @throws UsageError listing what is allowed, and for options that would have no effect
 */
export function createTemplate(options: TemplateOptions): Template {
  const { ansatz, embedding, wires, layers } = options;
  const { entangling, repeats, reupload, topology, entangler, mirrored } = { ...TEMPLATE_DEFAULTS, ...options };
  checkCount("wires", wires, MAX_WIRES);
  checkCount("layers", layers, MAX_LAYERS);
  checkCount("repeats", repeats, MAX_LAYERS);
  oneOf("reupload", reupload, REUPLOADS);
  oneOf("topology", topology, TOPOLOGIES);
  oneOf("entangler", entangler, ENTANGLERS);
  if (!entangling && !isAngle(embedding)) {
    throw new UsageError(
      `a circuit that does not entangle: expected an angle embedding, got ${embedding}, which entangles by itself`,
    );
  }
  if (repeats > 1 && embedding !== "iqp" && embedding !== "qaoa") {
    throw new UsageError(`repeats: expected the iqp or qaoa embedding, got ${embedding}: use reupload instead`);
  }
  if (ansatz !== "hardware-efficient" && (topology !== "ring" || entangler !== "CNOT")) {
    throw new UsageError(`topology and entangler are for the hardware-efficient ansatz, got ${ansatz}`);
  }
  if (reupload !== "none" && !isAngle(embedding)) {
    throw new UsageError(`reupload: expected an angle embedding, got ${embedding}`);
  }
  const first = embed(embedding, wires, repeats);
  let second = build({ ...options, topology, entangler });
  if (mirrored) second = mirror(second, ansatz, layers);
  if (reupload !== "none") return reuploaded(first.operations, second, { ...options, reupload, entangling });
  const { operations, tensors, outputs } = join(first, second);
  const weights = countWeights(tensors);
  return { circuit: new Circuit(wires, entangled(operations, entangling), { outputs, weights }), tensors };
}

/** The operations of the ansatz and an angle embedding, without those on two wires where it is not to entangle. */
function entangled(operations: readonly Operation[], entangling: boolean): readonly Operation[] {
  return entangling ? operations : operations.filter((operation) => wiresOf(operation).length === 1);
}

function oneOf(what: string, value: string, known: readonly string[]): void {
  if (!known.includes(value)) throw new UsageError(`${what}: expected ${known.join(", ")}, got ${value}`);
}

/** Layers 1, 3 … as the inverses of 0, 2 …, with the weights that they had. */
function mirror(part: Part, ansatz: Ansatz, layers: number): Part {
  if (ansatz !== "strongly-entangling" && ansatz !== "basic-entangler") {
    throw new UsageError(`mirrored layers: expected strongly-entangling or basic-entangler, got ${ansatz}`);
  }
  if (layers % 2 === 1) throw new UsageError(`mirrored layers come in pairs: expected an even number, got ${layers}`);
  const each = countWeights(part.tensors) / layers;
  const mirrored = part.layers!.map((_, i, all) => (i % 2 === 0 ? all[i] : shiftWeights(adjoint(all[i - 1]), each)));
  return layered(mirrored, part.tensors);
}

/** An angle embedding in front of every layer; trainable: each angle times a weight of its own, which starts at 1. */
function reuploaded(
  embedding: readonly Operation[],
  ansatz: Part,
  { wires, layers, reupload, entangling, ansatz: name }: TemplateOptions & { reupload: Reupload; entangling: boolean },
): Template {
  if (!ansatz.layers) throw new UsageError(`reupload: expected an ansatz with layers on all wires, got ${name}`);
  const own = countWeights(ansatz.tensors);
  const scaled = (layer: number) => {
    if (reupload === "fixed") return embedding;
    const weight = (input: number): Source => ({ kind: "weight", index: own + layer * wires + input });
    return mapSources(embedding, (source) => [source, weight(source.index)]);
  };
  const operations = ansatz.layers.flatMap((layer, i) => [...scaled(i), ...layer]);
  const scaling: WeightTensor = { name: "scaling", shape: [layers, wires], start: 1 };
  const tensors = reupload === "trainable" ? [...ansatz.tensors, scaling] : ansatz.tensors;
  const weights = countWeights(tensors);
  return { circuit: new Circuit(wires, entangled(operations, entangling), { weights }), tensors };
}
