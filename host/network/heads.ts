import { UsageError } from "../check.ts";
import { MAX_TRAINING_WIRES } from "../circuit/limits.ts";
import { type Ansatz, createTemplate, type Embedding, type Template } from "../circuit/templates.ts";
import type { Instance } from "../engine/load.ts";
import type { Layer } from "./layers/layer.ts";
import { linear } from "./layers/linear.ts";
import { quantum } from "./layers/quantum.ts";
import { tanh } from "./layers/tanh.ts";
import { trigonometric } from "./layers/trigonometric.ts";
import { MAX_FEATURES, MAX_SERIES_WIRES, whole } from "./limits.ts";

/** What stands between FC1 and FC2. */
export type Head =
  | {
      kind: "quantum";
      wires: number;
      layers: number;
      ansatz?: Ansatz;
      embedding?: Embedding;
      /** Default true; false leaves out the gates on two wires. */
      entangling?: boolean;
    }
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

/** A head with every default filled in. */
export type ResolvedHead = { [Kind in HeadKind]: Required<Extract<Head, { kind: Kind }>> }[HeadKind];

/** Every number and name that some head takes. */
type HeadFields = Omit<Required<Extract<Head, { kind: "quantum" }>>, "kind"> & { width: number };

interface HeadEntry<Kind extends HeadKind> {
  /** What it takes beside its kind. */
  fields: readonly (keyof HeadFields)[];
  /** Checks, and fills in the defaults. @throws UsageError listing what is allowed */
  resolve(head: Extract<Head, { kind: Kind }>): Extract<ResolvedHead, { kind: Kind }>;
  /** Features that FC1 gives; null: there are no FC1 and FC2. */
  inputs(head: Extract<ResolvedHead, { kind: Kind }>): number | null;
  /** The layers from FC1's features to FC2's. */
  build(instance: Instance, head: Extract<ResolvedHead, { kind: Kind }>): Layer[];
}

/** Every kind of head: the one place that lists them. */
const HEADS: { readonly [Kind in HeadKind]: HeadEntry<Kind> } = {
  quantum: {
    fields: ["wires", "layers", "ansatz", "embedding", "entangling"],
    // createTemplate checks the rest, and amplitudes' own limit of wires first
    resolve(head) {
      const resolved = { ansatz: "thesis", embedding: "angle-x", entangling: true, ...head } as const;
      createTemplate(resolved);
      return wired(resolved, MAX_TRAINING_WIRES);
    },
    inputs: (head) => createTemplate(head).circuit.numInputs,
    build: (instance, head) => [quantum(instance, "quantum", createTemplate(head))],
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

/** Every default filled in. @throws UsageError listing what is allowed */
export function resolveHead(head: Head): ResolvedHead {
  return entryOf(head).resolve(head);
}

/** Features that FC1 gives to a head; null for one without FC1 and FC2. */
export function headInputs(head: ResolvedHead): number | null {
  return entryOf(head).inputs(head);
}

/** The layers of a head, from FC1's features to FC2's. */
export function buildHead(instance: Instance, head: ResolvedHead): Layer[] {
  return entryOf(head).build(instance, head);
}

/** The head of a kind, with those of the fields that it takes. */
export function headOfKind(kind: HeadKind, fields: HeadFields): Head {
  const taken = entryOf({ kind }).fields.map((field) => [field, fields[field]]);
  return { kind, ...Object.fromEntries(taken) } as Head;
}

/** The circuit of a quantum head; null for another. */
export function templateOf({ head }: { head: ResolvedHead }): Template | null {
  return head.kind === "quantum" ? createTemplate(head) : null;
}
