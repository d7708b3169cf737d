import { UsageError } from "../check.ts";
import { z } from "../zod.ts";
import { type CircuitData, setDataCheck, templateOfData, type Where } from "./data.ts";
import { GATES } from "./gates.ts";
import { MAX_INDEX, MAX_WIRES } from "./limits.ts";
import type { Template } from "./templates.ts";
import { readJson } from "./text.ts";

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

/** A file may also hold several circuits, which then stand side by side. */
const fileSchema = z.union([circuitSchema, z.array(circuitSchema).min(1)]);

/** JSON Schema (2020-12) of a circuit file. */
export function circuitJsonSchema(): object {
  return z.toJSONSchema(fileSchema, { io: "input" });
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

/** Reads a file of one circuit or of a list of them. @throws as parseCircuit does */
export function parseCircuits(text: string, name = "circuit"): Template[] {
  const { data, where } = readJson(text, name);
  if (!Array.isArray(data)) return [fromData(data, where)];
  if (data.length === 0) throw new UsageError(`${where([])}: expected at least one circuit, got an empty list`);
  return data.map((one, i) => fromData(one, (path) => where([i, ...path])));
}

/** Reads a circuit that is data already: out of a model file, or written by hand. @throws UsageError with the path */
export function parseCircuitData(data: unknown, name = "circuit"): Template {
  return fromData(data, () => name);
}

function fromData(data: unknown, where: Where): Template {
  const parsed = circuitSchema.safeParse(data, { reportInput: true });
  if (parsed.success) return templateOfData(parsed.data as unknown as CircuitData, where);
  const [issue] = parsed.error.issues;
  const { path, message } = deepest(issue);
  throw new UsageError(`${where(path)}: ${pathText(path)}: ${message}`);
}

setDataCheck(parseCircuitData);

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
