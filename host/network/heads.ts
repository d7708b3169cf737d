import { UsageError } from "../check.ts";
import { Circuit } from "../circuit/circuit.ts";
import { type CircuitData, checkedTemplate, circuitData, templateOfData } from "../circuit/data.ts";
import { MAX_TRAINING_WIRES } from "../circuit/limits.ts";
import type { EstimateSettings } from "../circuit/noise/tape.ts";
import type { WeightTensor } from "../circuit/part.ts";
import { createTemplate, TEMPLATE_DEFAULTS, type Template, type TemplateOptions } from "../circuit/templates.ts";
import type { Instance } from "../engine/load.ts";
import type { QuantumInit } from "./init.ts";
import type { Layer } from "./layers/layer.ts";
import { linear } from "./layers/linear.ts";
import { measured } from "./layers/measured.ts";
import { quantum } from "./layers/quantum.ts";
import { tanh } from "./layers/tanh.ts";
import { trigonometric } from "./layers/trigonometric.ts";
import { MAX_FEATURES, MAX_INPUTS, MAX_SERIES_WIRES, whole } from "./limits.ts";

/** A circuit by the names of its parts; the thesis's unless told otherwise. */
export type TemplateHead = { kind: "quantum" } & Omit<TemplateOptions, "ansatz" | "embedding"> &
  Partial<Pick<TemplateOptions, "ansatz" | "embedding">>;

/** A circuit of one's own: what `circuit` builds, a Circuit, or data as files hold them. */
export interface CircuitHead {
  kind: "quantum";
  circuit: Template | Circuit | CircuitData;
}

/** What stands between FC1 and FC2. */
export type Head =
  | TemplateHead
  | CircuitHead
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

/** A quantum head as a model file records it; what is not named there has its default. */
export type ResolvedQuantumHead = ({ kind: "quantum" } & TemplateOptions) | { kind: "quantum"; circuit: CircuitData };

/** A head with every default filled in. */
export type ResolvedHead =
  | ResolvedQuantumHead
  | { [Kind in Exclude<HeadKind, "quantum">]: Required<Extract<Head, { kind: Kind }>> }[Exclude<HeadKind, "quantum">];

/** Every number and name that some head takes. */
type HeadFields = Required<Omit<TemplateOptions, "mirrored">> &
  Pick<TemplateOptions, "mirrored"> & { width: number; circuit?: CircuitData };

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
      ...["circuit", "wires", "layers", "ansatz", "embedding", "entangling"],
      ...["repeats", "reupload", "topology", "entangler", "mirrored"],
    ] as (keyof HeadFields)[],
    resolve: resolveQuantum,
    inputs: (head) => quantumTemplate(head).circuit.numInputs,
    build(instance, head, { init, measure }) {
      const paired = "mirrored" in head && head.mirrored === true;
      if (init === "identity" && !paired) {
        throw new UsageError("quantum init: identity expects a head with mirrored: true, whose layers undo each other");
      }
      const template = quantumTemplate(head);
      const layer = quantum(instance, "quantum", template, init, paired);
      return [measure ? measured(instance, layer, template, measure) : layer];
    },
  },
  dense: {
    fields: ["wires", "width"],
    resolve: (head) => ({
      ...wired(head, MAX_TRAINING_WIRES),
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
    resolve: (head) => wired(head, MAX_TRAINING_WIRES),
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

/** A template by its names, or a circuit of one's own as data. createTemplate checks numbers and names. */
function resolveQuantum(head: TemplateHead | CircuitHead): ResolvedQuantumHead {
  if (!("circuit" in head) || head.circuit === undefined) {
    const { circuit: _, ...named } = { circuit: undefined, ...(head as TemplateHead) };
    const given = Object.entries(named).filter(
      ([key, value]) => key === "entangling" || value !== (TEMPLATE_DEFAULTS as Record<string, unknown>)[key],
    );
    const resolved = { ansatz: "thesis", embedding: "angle-x", entangling: true, ...Object.fromEntries(given) };
    return checkedHead(resolved as ResolvedQuantumHead);
  }
  const others = Object.keys(head).filter((key) => key !== "kind" && key !== "circuit");
  if (others.length > 0) {
    throw new UsageError(
      `head: expected a circuit alone, as it has its own wires and gates, got ${others.join(", ")} too`,
    );
  }
  const template = templateOfCircuit(head.circuit);
  if (template.circuit.numInputs === 0) {
    throw new UsageError("head: expected a circuit with inputs, got none: nothing of the image would reach it");
  }
  return checkedHead({ kind: "quantum", circuit: circuitData(template) });
}

function checkedHead(head: ResolvedQuantumHead): ResolvedQuantumHead {
  const { circuit } = quantumTemplate(head);
  whole("wires of a circuit in a network", circuit.numWires, 1, MAX_TRAINING_WIRES);
  whole("inputs of the circuit", circuit.numInputs, 1, MAX_INPUTS);
  return head;
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

/** The circuit of a quantum head and the tensors of its weights. */
export function quantumTemplate(head: ResolvedQuantumHead): Template {
  return "circuit" in head ? templateOfData(head.circuit, () => "head: circuit") : createTemplate(head);
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
  const own = kind === "quantum" && fields.circuit !== undefined;
  const taken = entryOf({ kind })
    .fields.filter((field) => (own ? field === "circuit" : fields[field] !== undefined))
    .map((field) => [field, fields[field]]);
  return { kind, ...Object.fromEntries(taken) } as Head;
}

/** The circuit of a quantum head; null for another. */
export function templateOf({ head }: { head: ResolvedHead }): Template | null {
  return head.kind === "quantum" ? quantumTemplate(head) : null;
}
