import { HqcnnError, UsageError } from "../check.ts";
import { checkTensor } from "./builder.ts";
import { Circuit, type GivenOperation } from "./circuit.ts";
import type { Operation } from "./gates.ts";
import { type Observable, type Output, observableText } from "./observables.ts";
import { weightsOf } from "./params.ts";
import type { WeightTensor } from "./part.ts";
import { isExpvalsZ } from "./tape.ts";
import type { Template } from "./templates.ts";

// Circuits as data without a check of their form: json.ts has that one, and the library for it, which takes as long to
// load as all the rest of a prediction.

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

/** Where a place in the data is, for messages: its file and line, or a name. */
export type Where = (path: readonly PropertyKey[]) => string;

/**
 * The circuit of data that have the right form.
 * @throws UsageError with the place of what no circuit can have
 */
export function templateOfData(data: CircuitData, where: Where): Template {
  const { wires: numWires, inputs, weights: given, operations, outputs } = data;
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

let check: ((data: unknown, name: string) => Template) | undefined;

/** json.ts hands over its check when it is loaded. */
export function setDataCheck(found: NonNullable<typeof check>): void {
  check = found;
}

/**
 * The circuit of data whose form nobody has looked at.
 * @throws UsageError with the path of what is wrong
 */
export function checkedTemplate(data: unknown, name: string): Template {
  if (!check) throw new HqcnnError(`${name}: load circuit/json.ts before a circuit is given as data`);
  return check(data, name);
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
