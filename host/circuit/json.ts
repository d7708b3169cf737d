import * as z from "zod";
import { UsageError } from "../check.ts";
import { checkTensor } from "./builder.ts";
import { Circuit, type GivenOperation } from "./circuit.ts";
import { GATES, type Operation } from "./gates.ts";
import { MAX_INDEX, MAX_WIRES } from "./limits.ts";
import { type Observable, type Output, observableText } from "./observables.ts";
import { weightsOf } from "./params.ts";
import type { WeightTensor } from "./part.ts";
import { isExpvalsZ } from "./tape.ts";
import type { Template } from "./templates.ts";
import { readJson } from "./text.ts";

// Compiled checks would ask for `new Function`, which a page's policy refuses and reports.
z.config({ jitless: true });

/** A circuit as plain data: what files hold. */
export interface CircuitData {
  wires: number;
  /** Where there are more than the operations use. */
  inputs?: number;
  weights: WeightTensor[];
  operations: readonly (Omit<Operation, "params"> & { params?: Operation["params"] })[];
  /** Left out where they are ⟨Z⟩ on every wire. */
  outputs?: unknown[];
}

const index = z.int().min(0).lt(MAX_INDEX);
const wires = z.array(z.int().min(0)).describe("from 0; wire 0 is the most significant bit");
const affine = {
  factor: z.number().optional().describe("what it is multiplied by; default 1"),
  shift: z.number().optional().describe("what is then added, in radians; default 0"),
};
const weight = z
  .union([index, z.tuple([z.string()], index)])
  .describe('index into all weights, or a tensor with indices: ["scale", 0, 2]');
const factor = z.union([index, z.strictObject({ input: index }), z.strictObject({ weight })]);
const param = z.union([
  z.number(),
  z.strictObject({ input: index, ...affine }),
  z.strictObject({ weight, ...affine }),
  z.strictObject({ product: z.tuple([factor, factor]).describe("numbers are inputs"), ...affine }),
]);
const observable = z.union([
  z.string().describe('a Pauli word: "Z0 X1"'),
  z.array(z.strictObject({ coefficient: z.number(), word: z.string() })).min(1),
]);

/** The form of a circuit file; the published JSON Schema is made of it. */
export const circuitSchema = z
  .strictObject({
    $schema: z.string().optional(),
    wires: z.int().min(1).max(MAX_WIRES),
    inputs: z.int().min(0).max(MAX_INDEX).optional().describe("how many, where that is more than are used"),
    weights: z
      .array(
        z.strictObject({
          name: z.string(),
          shape: z.array(z.int().min(1)),
          start: z.number().optional().describe("where training starts; default uniform in [0, 2π)"),
        }),
      )
      .optional()
      .describe('tensors of trainable weights in the order of their indices; default one called "weights"'),
    operations: z.array(
      z.strictObject({
        name: z.enum([...GATES.keys()] as [string, ...string[]]),
        wires,
        params: z.array(param).optional(),
        controls: z.array(z.int().min(0)).min(1).optional().describe("wires that must be 1 for it to act"),
        adjoint: z.literal(true).optional().describe("its inverse"),
      }),
    ),
    outputs: z
      .array(
        z.union([
          z.strictObject({ expval: observable }),
          z.strictObject({ variance: observable }),
          z.strictObject({ probs: wires }),
        ]),
      )
      .min(1)
      .optional()
      .describe("what the circuit gives; default ⟨Z⟩ on every wire"),
  })
  .describe("A quantum circuit for hqcnn: hqcnn train --circuit FILE");

/** JSON Schema (2020-12) of a circuit file. */
export function circuitJsonSchema(): object {
  return z.toJSONSchema(circuitSchema, { io: "input" });
}

/** A circuit and its tensors as plain data; parseCircuitData reads it again. */
export function circuitData({ circuit, tensors }: Template): CircuitData {
  const { numWires, numInputs, operations, outputs } = circuit;
  const used = new Circuit(numWires, operations).numInputs;
  return {
    wires: numWires,
    ...(numInputs > used && { inputs: numInputs }),
    weights: tensors.map((tensor) => ({ ...tensor, shape: [...tensor.shape] })),
    operations: operations.map(({ params, ...rest }) => (params.length > 0 ? { ...rest, params } : rest)),
    ...(!isExpvalsZ(circuit) && { outputs: outputs.map(outputData) }),
  };
}

function outputData(output: Output): unknown {
  const short = (terms: Observable) =>
    terms.length === 1 && terms[0].coefficient === 1 && terms[0].word !== "" ? observableText(terms) : terms;
  if ("expval" in output) return { expval: short(output.expval) };
  return "variance" in output ? { variance: short(output.variance) } : output;
}

/**
 * Reads a circuit file.
 * @param name of the file, for messages
 * @throws UsageError with line and column for what is no JSON or of another form, and for what no circuit can have
 */
export function parseCircuit(text: string, name = "circuit"): Template {
  const { data, where } = readJson(text, name);
  return fromData(data, where);
}

/** Reads a circuit that is data already: out of a model file, or written by hand. @throws UsageError with the path */
export function parseCircuitData(data: unknown, name = "circuit"): Template {
  return fromData(data, () => name);
}

function fromData(data: unknown, where: (path: readonly PropertyKey[]) => string): Template {
  const parsed = circuitSchema.safeParse(data, { reportInput: true });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const { path, message } = deepest(issue);
    throw new UsageError(`${where(path)}: ${pathText(path)}: ${message}`);
  }
  const { wires: numWires, inputs, weights: given, operations, outputs } = parsed.data;
  const tensors: WeightTensor[] = [];
  try {
    for (const { name: tensor, shape, start } of given ?? []) {
      checkTensor(tensor, shape, start, tensors);
      tensors.push({ name: tensor, shape, ...(start !== undefined && { start }) });
    }
    const resolved = resolveWeights(operations, tensors) as GivenOperation[];
    const size = tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
    const circuit = new Circuit(numWires, resolved, {
      ...(outputs && { outputs: outputs as Output[] }),
      inputs,
      ...(given && { weights: size }),
    });
    if (!given && circuit.numWeights > 0) tensors.push({ name: "weights", shape: [circuit.numWeights] });
    checkUsed(circuit, given !== undefined, size);
    return { circuit, tensors };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    // "operation 3 (RX): …" and "output 0: …" say which
    const match = /^(operation|output|weight) ?(\d+)?/.exec(error.message);
    const path = match?.[2] ? [`${match[1]}s`, Number(match[2])] : [];
    throw new UsageError(`${where(path)}: ${error.message}`, { cause: error });
  }
}

function checkUsed({ operations }: Circuit, declared: boolean, size: number): void {
  if (!declared) return;
  operations.forEach(({ name, params }, at) => {
    for (const weight of params.flatMap(weightsOf)) {
      if (weight >= size) {
        throw new UsageError(`operation ${at} (${name}): expected weights from 0 to ${size - 1}, got ${weight}`);
      }
    }
  });
}

/** ["scale", 0, 2] → the index of that element among all weights, wherever a weight is named. */
function resolveWeights(value: unknown, tensors: readonly WeightTensor[], at?: number): unknown {
  if (Array.isArray(value)) return value.map((one, i) => resolveWeights(one, tensors, at ?? i));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, of]) =>
      key === "weight" && Array.isArray(of)
        ? [key, flatIndex(of as [string, ...number[]], tensors, at)]
        : [key, resolveWeights(of, tensors, at)],
    ),
  );
}

function flatIndex([name, ...at]: [string, ...number[]], tensors: readonly WeightTensor[], operation = 0): number {
  let first = 0;
  for (const { name: known, shape } of tensors) {
    if (known === name) {
      if (at.length !== shape.length || at.some((i, axis) => i >= shape[axis])) {
        throw new UsageError(
          `operation ${operation}: expected indices into ${name} (${shape.join(" × ")}), got ${at.join(", ")}`,
        );
      }
      return at.reduce((sum, i, axis) => sum * shape[axis] + i, 0) + first;
    }
    first += shape.reduce((a, b) => a * b, 1);
  }
  const names = tensors.map((tensor) => tensor.name).join(", ") || "none";
  throw new UsageError(`operation ${operation}: expected a tensor of weights (${names}), got ${JSON.stringify(name)}`);
}

type Issue = z.core.$ZodIssue;

/** The complaint of that alternative of a union that went furthest, with its whole path. */
function deepest(issue: Issue): { path: PropertyKey[]; message: string } {
  if (issue.code === "invalid_union") {
    const [best] = issue.errors
      .flatMap((errors) => errors.slice(0, 1))
      .map((inner) => deepest(inner))
      .sort((a, b) => b.path.length - a.path.length);
    if (best && best.path.length > 0) return { path: [...issue.path, ...best.path], message: best.message };
  }
  const got = JSON.stringify(issue.input)?.slice(0, 100);
  const message = issue.message.replace(/^Invalid input: /, "").replace(/, received .*$/, "");
  const keys = issue.code === "unrecognized_keys" ? `no such key: ${issue.keys.join(", ")}` : null;
  return {
    path: [...issue.path],
    message: keys ?? `${message}${got === undefined ? ", got nothing" : `, got ${got}`}`,
  };
}

function pathText(path: readonly PropertyKey[]): string {
  if (path.length === 0) return "circuit";
  return path.map((key, i) => (typeof key === "number" ? `[${key}]` : `${i > 0 ? "." : ""}${String(key)}`)).join("");
}
