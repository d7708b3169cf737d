import { UsageError } from "../check.ts";
import { Circuit } from "../circuit/circuit.ts";
import { type CircuitData, checkedTemplate, circuitData, templateOfData } from "../circuit/data.ts";
import { sideBySide } from "../circuit/join.ts";
import { MAX_WIRES } from "../circuit/limits.ts";
import type { EstimateSettings } from "../circuit/noise/tape.ts";
import type { WeightTensor } from "../circuit/part.ts";
import { createTemplate, TEMPLATE_DEFAULTS, type Template, type TemplateOptions } from "../circuit/templates.ts";
import type { Instance } from "../engine/load.ts";
import type { QuantumInit } from "./init.ts";
import type { Layer } from "./layers/layer.ts";
import { linear } from "./layers/linear.ts";
import { measured } from "./layers/measured.ts";
import { parallel } from "./layers/parallel.ts";
import { quantum } from "./layers/quantum.ts";
import { tanh } from "./layers/tanh.ts";
import { trigonometric } from "./layers/trigonometric.ts";
import { MAX_CIRCUITS, MAX_FEATURES, MAX_INPUTS, MAX_SERIES_WIRES, whole } from "./limits.ts";

/** A circuit by the names of its parts; the thesis's unless told otherwise. */
export type NamedCircuit = Omit<TemplateOptions, "ansatz" | "embedding"> &
  Partial<Pick<TemplateOptions, "ansatz" | "embedding">>;

/** A circuit of one's own: what `circuit` builds, a Circuit, or data as files hold them. */
export type OwnCircuit = Template | Circuit | CircuitData;

interface Bypass {
  kind: "quantum";
  /** Features of FC1 that go around the circuits and stand behind their outputs, 0 to 1024; default 0. */
  bypass?: number;
}

export type TemplateHead = Bypass & NamedCircuit;
export type CircuitHead = Bypass & { circuit: OwnCircuit };

/** 1 to 8 circuits side by side, each with inputs of its own. FC2 takes their outputs one after the other. */
export type CircuitsHead = Bypass & { circuits: readonly (NamedCircuit | OwnCircuit | { circuit: OwnCircuit })[] };

/** What stands between FC1 and FC2. */
export type Head =
  | TemplateHead
  | CircuitHead
  | CircuitsHead
  /**
   * A classical ablation: tanh of the same number of features; with a width of 1 to 1024 linear to so many, tanh,
   * linear back, tanh.
   */
  | { kind: "dense"; wires: number; width?: number }
  /**
   * Another: the trigonometric series that a circuit with one angle a wire is, its 3^wires coefficients a wire trained
   * freely; 1 to 8 wires.
   */
  | { kind: "series"; wires: number }
  /** Nothing: FC2 takes what FC1 gives. */
  | { kind: "none"; wires: number }
  /** Neither FC1 nor FC2: one linear layer from the features to the logits. */
  | { kind: "logistic" };

export type HeadKind = Head["kind"];

/** A circuit as a model file records it; what is not named there has its default. */
export type ResolvedCircuit = TemplateOptions | { circuit: CircuitData };

/** A quantum head as a model file records it: one circuit, or a list of several. */
export type ResolvedQuantumHead = Bypass & (ResolvedCircuit | { circuits: readonly ResolvedCircuit[] });

/** One circuit of a quantum layer: its place among the layer's features, and what its tensors' names begin with. */
export interface PlacedCircuit {
  name: string;
  template: Template;
  /** Its first input among FC1's features, and its first output among FC2's. */
  firstInput: number;
  firstOutput: number;
}

/** A head with every default filled in. */
export type ResolvedHead =
  | ResolvedQuantumHead
  | { [Kind in Exclude<HeadKind, "quantum">]: Required<Extract<Head, { kind: Kind }>> }[Exclude<HeadKind, "quantum">];

/** Every number and name that some head takes. */
type HeadFields = Required<Omit<TemplateOptions, "mirrored">> &
  Pick<TemplateOptions, "mirrored"> & {
    width: number;
    circuit?: CircuitData;
    circuits?: readonly CircuitData[];
    bypass?: number;
  };

/** How a circuit starts and is run. */
export interface CircuitSettings {
  init: QuantumInit;
  /** Shots, noise and the method of gradients; without it exact values and the adjoint. */
  measure?: EstimateSettings;
}

interface HeadEntry<Kind extends HeadKind> {
  /** What it takes beside its kind. */
  fields: readonly (keyof HeadFields)[];
  /** Checks, and fills in the defaults. @throws UsageError listing what is allowed */
  resolve(head: Extract<Head, { kind: Kind }>): Extract<ResolvedHead, { kind: Kind }>;
  /** Features that FC1 gives; null: there are no FC1 and FC2. */
  inputs(head: Extract<ResolvedHead, { kind: Kind }>): number | null;
  /** The layers from FC1's features to FC2's. */
  build(instance: Instance, head: Extract<ResolvedHead, { kind: Kind }>, circuit: CircuitSettings): Layer[];
}

/** Every kind of head: the one place that lists them. */
const HEADS: { readonly [Kind in HeadKind]: HeadEntry<Kind> } = {
  quantum: {
    fields: [
      ...["circuit", "circuits", "bypass", "wires", "layers", "ansatz", "embedding", "entangling"],
      ...["repeats", "reupload", "topology", "entangler", "mirrored"],
    ] as (keyof HeadFields)[],
    resolve: resolveQuantum,
    inputs: (head) => circuitsOf(head).reduce((sum, { template }) => sum + template.circuit.numInputs, bypassOf(head)),
    build(instance, head, { init, measure }) {
      const bypass = bypassOf(head);
      const listed = listOf(head);
      const parts = circuitsOf(head).map(({ name, template }, i) => {
        const one = listed[i];
        const paired = "mirrored" in one && one.mirrored === true;
        if (init === "identity" && !paired) {
          throw new UsageError(
            "quantum init: identity expects circuits with mirrored: true, whose layers undo each other",
          );
        }
        const layer = quantum(instance, name, template, init, paired);
        // Each circuit draws numbers of its own.
        const seed = ((measure?.seed ?? 0) + i * SEED_STEP) >>> 0;
        return measure ? measured(instance, layer, template, { ...measure, seed }) : layer;
      });
      return parts.length === 1 && bypass === 0 ? parts : [parallel(instance, QUANTUM, parts, bypass)];
    },
  },
  dense: {
    fields: ["wires", "width"],
    resolve: (head) => ({
      ...wired(head, MAX_FEATURES),
      width: whole("width", head.width ?? 0, 0, MAX_FEATURES),
    }),
    inputs: ({ wires }) => wires,
    build(instance, { wires, width }) {
      if (width === 0) return [tanh(instance, "tanh", wires)];
      return [
        linear(instance, "dense.0", [wires], width, false),
        tanh(instance, "dense.1", width),
        linear(instance, "dense.2", [width], wires, false),
        tanh(instance, "dense.3", wires),
      ];
    },
  },
  series: {
    fields: ["wires"],
    resolve: (head) => wired(head, MAX_SERIES_WIRES),
    inputs: ({ wires }) => wires,
    build(instance, { wires }) {
      const products = trigonometric(instance, "products", wires);
      return [products, linear(instance, "series", products.outShape, wires, false)];
    },
  },
  none: {
    fields: ["wires"],
    resolve: (head) => wired(head, MAX_FEATURES),
    inputs: ({ wires }) => wires,
    build: () => [],
  },
  logistic: {
    fields: [],
    resolve: (head) => head,
    inputs: () => null,
    build: () => [],
  },
};

export const HEAD_KINDS = Object.keys(HEADS) as [HeadKind, ...HeadKind[]];

function wired<H extends { wires: number }>(head: H, most: number): H {
  whole("wires", head.wires, 1, most);
  return head;
}

/** The entry of a head's kind: of which kind, TypeScript cannot tell here. */
function entryOf({ kind }: { kind: HeadKind }): HeadEntry<HeadKind> {
  if (Object.hasOwn(HEADS, kind)) return HEADS[kind] as unknown as HeadEntry<HeadKind>;
  throw new UsageError(
    `head: expected ${HEAD_KINDS.slice(0, -1).join(", ")} or ${HEAD_KINDS[HEAD_KINDS.length - 1]}, got ${kind}`,
  );
}

/**
 * Every default filled in. @throws UsageError listing what is allowed, and for keys that a head of this kind has not
 */
export function resolveHead(head: Head): ResolvedHead {
  const entry = entryOf(head);
  const unknown = Object.keys(head).filter((key) => key !== "kind" && !(entry.fields as string[]).includes(key));
  if (unknown.length > 0) {
    throw new UsageError(
      `head ${head.kind}: expected ${["kind", ...entry.fields].join(", ")}, got ${unknown.join(", ")}`,
    );
  }
  return entry.resolve(head);
}

/** The name of the layer, and of its only circuit. */
const QUANTUM = "quantum";
/** Between the seeds of circuits side by side: 2^32 by the golden ratio, odd. */
const SEED_STEP = 0x9e3779b1;

function resolveQuantum(head: TemplateHead | CircuitHead | CircuitsHead): ResolvedQuantumHead {
  const { bypass = 0, ...rest } = head;
  whole("bypass", bypass, 0, MAX_FEATURES);
  const isList = "circuits" in rest && rest.circuits !== undefined;
  const circuits = (isList ? resolveList(rest) : resolveCircuit(rest as TemplateHead)) as ResolvedQuantumHead;
  const resolved: ResolvedQuantumHead = bypass > 0 ? { ...circuits, bypass } : circuits;
  const several = circuitsOf(resolved).length > 1 || bypass > 0;
  const inputs = headInputs(resolved)!;
  whole(several ? "features of the circuits and the bypass together" : "inputs of the circuit", inputs, 1, MAX_INPUTS);
  return resolved;
}

function resolveList({ kind, circuits, ...others }: CircuitsHead): object {
  refuseOthers("circuits", others);
  if (!Array.isArray(circuits)) throw new UsageError(`head: expected circuits as a list, got ${typeof circuits}`);
  whole("circuits of the head", circuits.length, 1, MAX_CIRCUITS);
  const resolved = (circuits as CircuitsHead["circuits"]).map((given, i) => {
    if (typeof given !== "object" || given === null) {
      throw new UsageError(`head: circuits[${i}]: expected a circuit, got ${given}`);
    }
    try {
      const isOwn = given instanceof Circuit || "operations" in given || "tensors" in given;
      return resolveCircuit((isOwn ? { circuit: given } : given) as NamedCircuit);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw new UsageError(`circuits[${i}]: ${error.message}`, { cause: error });
    }
  });
  return resolved.length === 1 ? { kind, ...resolved[0] } : { kind, circuits: resolved };
}

/**
 * Names of parts, or a circuit of one's own as data; the keys keep their order, and so a file its bytes. createTemplate
 * checks numbers and names.
 */
function resolveCircuit(given: { kind?: "quantum" } & (NamedCircuit | { circuit: OwnCircuit })): ResolvedCircuit {
  if (!("circuit" in given) || given.circuit === undefined) {
    const { circuit: _, ...named } = { circuit: undefined, ...(given as NamedCircuit) };
    const stated = Object.entries(named).filter(
      ([key, value]) => key === "entangling" || value !== (TEMPLATE_DEFAULTS as Record<string, unknown>)[key],
    );
    const resolved = { ansatz: "thesis", embedding: "angle-x", entangling: true, ...Object.fromEntries(stated) };
    return checkedCircuit(resolved as TemplateOptions);
  }
  const { kind, circuit, ...others } = given;
  refuseOthers("a circuit", others);
  const template = templateOfCircuit(circuit);
  if (template.circuit.numInputs === 0) {
    throw new UsageError("head: expected a circuit with inputs, got none: nothing of the image would reach it");
  }
  return checkedCircuit({ ...(kind && { kind }), circuit: circuitData(template) });
}

function refuseOthers(what: string, others: object): void {
  const names = Object.keys(others);
  if (names.length === 0) return;
  throw new UsageError(`head: expected ${what} alone, with its own wires and gates, got ${names.join(", ")} too`);
}

function checkedCircuit(resolved: ResolvedCircuit): ResolvedCircuit {
  quantumTemplate(resolved);
  return resolved;
}

function templateOfCircuit(given: CircuitHead["circuit"]): Template {
  const tensorsOf = (circuit: Circuit): WeightTensor[] =>
    circuit.numWeights > 0 ? [{ name: "weights", shape: [circuit.numWeights] }] : [];
  if (given instanceof Circuit) return { circuit: given, tensors: tensorsOf(given) };
  if (typeof given === "object" && given !== null && "circuit" in given && given.circuit instanceof Circuit) {
    return given as Template;
  }
  return checkedTemplate(given, "head: circuit");
}

/** A circuit and the tensors of its weights. */
function quantumTemplate(circuit: ResolvedCircuit): Template {
  return "circuit" in circuit ? templateOfData(circuit.circuit, () => "head: circuit") : createTemplate(circuit);
}

function listOf(head: ResolvedQuantumHead): readonly ResolvedCircuit[] {
  return "circuits" in head ? head.circuits : [head];
}

function bypassOf({ bypass = 0 }: ResolvedQuantumHead): number {
  return bypass;
}

/** The circuits of a head in their order; none in a head without. */
export function circuitsOf(head: ResolvedHead): PlacedCircuit[] {
  if (head.kind !== "quantum") return [];
  const listed = listOf(head);
  let [firstInput, firstOutput] = [0, 0];
  return listed.map((one, i) => {
    const template = quantumTemplate(one);
    const name = listed.length === 1 ? QUANTUM : `${QUANTUM}.${i}`;
    const placed = { name, template, firstInput, firstOutput };
    firstInput += template.circuit.numInputs;
    firstOutput += template.circuit.numOutputs;
    return placed;
  });
}

/** Features that FC1 gives to a head; null for one without FC1 and FC2. */
export function headInputs(head: ResolvedHead): number | null {
  return entryOf(head).inputs(head);
}

/** The layers of a head, from FC1's features to FC2's. */
export function buildHead(instance: Instance, head: ResolvedHead, circuit: CircuitSettings): Layer[] {
  return entryOf(head).build(instance, head, circuit);
}

/** The head of a kind, with those of the fields that it takes. */
export function headOfKind(kind: HeadKind, fields: HeadFields): Head {
  const own = kind === "quantum" && (fields.circuit !== undefined || fields.circuits !== undefined);
  const isOwn = (field: string) => field === "circuit" || field === "circuits" || field === "bypass";
  const taken = entryOf({ kind })
    .fields.filter((field) => (own ? isOwn(field) : true) && fields[field] !== undefined)
    .map((field) => [field, fields[field]]);
  return { kind, ...Object.fromEntries(taken) } as Head;
}

/**
 * The circuit of a quantum head, several as one side by side (see sideBySide); null for another head, and where they
 * cannot be one.
 */
export function templateOf({ head }: { head: ResolvedHead }): Template | null {
  const templates = circuitsOf(head).map(({ template }) => template);
  return templates.length === 0 ? null : sideBySide(templates, MAX_WIRES);
}
