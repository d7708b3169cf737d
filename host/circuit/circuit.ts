import { isRecord, UsageError } from "../check.ts";
import { type DrawingOptions, drawSvg, drawText, layers } from "./draw.ts";
import { GATES, type Operation } from "./gates.ts";
import { MAX_INDEX, MAX_OUTPUTS, MAX_WIRES } from "./limits.ts";
import { checkOutput, expvalsZ, type Output, sizeOfOutput } from "./observables.ts";
import { copyParam, isParam, PARAM_FORMS, type Param, sourcesOf } from "./params.ts";

/** Counts of a circuit. Depth: the longest chain of gates that share wires. */
export interface Resources {
  wires: number;
  inputs: number;
  weights: number;
  outputs: number;
  gates: number;
  depth: number;
  /** Gates by name, in order of first use. */
  counts: Record<string, number>;
}

/** An operation as a circuit takes it: `params` may be left out for gates without. */
export type GivenOperation = Omit<Operation, "params"> & { readonly params?: readonly Param[] };

export interface CircuitOptions {
  /** What the circuit gives; default ⟨Z⟩ on every wire. */
  outputs?: readonly Output[];
  /** How many inputs and weights there are, where that is more than the operations use. */
  inputs?: number;
  weights?: number;
}

/**
 * A quantum circuit as data: the one list of operations that running, drawing, counting and exporting read. Immutable.
 * Every wire starts in |0⟩; wire 0 is
 * the most significant bit of a basis state.
 */
export class Circuit {
  readonly numWires: number;
  readonly operations: readonly Operation[];
  readonly outputs: readonly Output[];
  /** One more than the largest input index in use, or what was declared. */
  readonly numInputs: number;
  /** One more than the largest weight index in use, or what was declared. */
  readonly numWeights: number;
  /** Numbers that a run gives. */
  readonly numOutputs: number;

  /**
   * @param numWires 1 to 20
   * @param operations gates in order of application
   * @throws UsageError that names the operation or output and says what is allowed
   */
  constructor(numWires: number, operations: readonly GivenOperation[], options: CircuitOptions = {}) {
    checkCount("wires", numWires, MAX_WIRES);
    if (!Array.isArray(operations)) throw new UsageError(`operations: expected a list, got ${show(operations)}`);
    this.numWires = numWires;
    const checked: Operation[] = [];
    const used = { input: 0, weight: 0 };
    operations.forEach((given: unknown, at) => {
      const operation = checkOperation(given, at, numWires);
      for (const param of operation.params) {
        for (const { kind, index } of sourcesOf(param)) used[kind] = Math.max(used[kind], index + 1);
      }
      checked.push(operation);
    });
    this.operations = Object.freeze(checked);
    this.numInputs = declared("inputs", options.inputs, used.input);
    this.numWeights = declared("weights", options.weights, used.weight);
    const { outputs = expvalsZ(numWires) } = options;
    if (!Array.isArray(outputs) || outputs.length === 0) {
      throw new UsageError(`outputs: expected a list of at least one, got ${show(outputs)}`);
    }
    this.outputs = Object.freeze(outputs.map((output: unknown, at) => checkOutput(output, at, numWires)));
    this.numOutputs = this.outputs.reduce((sum, output) => sum + sizeOfOutput(output), 0);
    if (this.numOutputs > MAX_OUTPUTS) {
      throw new UsageError(`outputs: expected at most ${MAX_OUTPUTS} numbers, got ${this.numOutputs}`);
    }
    Object.freeze(this);
  }

  /**
   * The circuit as text, a line a wire, as PennyLane's `draw` writes it; x0, x1 … are inputs, x0·x1 products, w0, w1 …
   * weights; † is the inverse.
   */
  draw(): string {
    return drawText(this);
  }

  /**
   * The circuit as a self-contained SVG document; dark on white unless told other colours; `note` writes above gates.
   */
  drawSvg(options?: DrawingOptions): string {
    return drawSvg(this, options);
  }

  resources(): Resources {
    const counts: Record<string, number> = {};
    for (const { name } of this.operations) counts[name] = (counts[name] ?? 0) + 1;
    return {
      wires: this.numWires,
      inputs: this.numInputs,
      weights: this.numWeights,
      outputs: this.numOutputs,
      gates: this.operations.length,
      depth: layers(this.numWires, this.operations, (wires) => wires).length,
      counts,
    };
  }
}

/** Throws a UsageError unless value is an integer from 1 to largest. */
export function checkCount(what: string, value: number, largest: number): void {
  if (!Number.isInteger(value) || value < 1 || value > largest) {
    throw new UsageError(`${what}: expected an integer from 1 to ${largest}, got ${show(value)}`);
  }
}

/** A value in a message: short, whatever it is. */
function show(value: unknown): string {
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function declared(what: string, count: number | undefined, used: number): number {
  if (count === undefined) return used;
  if (Number.isInteger(count) && count >= used && count <= MAX_INDEX) return count;
  throw new UsageError(`${what}: expected a whole number of at least ${used}, as many as are used, got ${show(count)}`);
}

/** A frozen copy of one operation. */
function checkOperation(given: unknown, at: number, numWires: number): Operation {
  if (!isRecord(given) || typeof given.name !== "string") {
    throw new UsageError(`operation ${at}: expected { name, wires, params }, got ${show(given)}`);
  }
  const { name, wires, params = [], controls, adjoint, ...others } = given;
  const fail = (expected: string, got: unknown): never => {
    throw new UsageError(`operation ${at} (${name}): expected ${expected}, got ${show(got)}`);
  };
  const gate = GATES.get(name);
  if (gate === undefined)
    throw new UsageError(`operation ${at}: unknown gate "${name}"; known: ${[...GATES.keys()].join(", ")}`);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) fail("name, wires, params, controls and adjoint only", unknown);
  if (!Array.isArray(wires)) return fail("wires as a list of whole numbers", wires);
  if (gate.wires === "any" ? wires.length < 1 : wires.length !== gate.wires) {
    fail(`${gate.wires === "any" ? "at least 1" : gate.wires} wires`, wires);
  }
  if (controls !== undefined && (!Array.isArray(controls) || controls.length === 0)) {
    return fail("controls as a list of at least one wire", controls);
  }
  if (adjoint !== undefined && adjoint !== true) return fail("adjoint: true, or nothing", adjoint);
  const all = [...((controls as unknown[] | undefined) ?? []), ...wires] as number[];
  if (all.some((wire) => !Number.isInteger(wire) || wire < 0 || wire >= numWires)) {
    fail(`wires from 0 to ${numWires - 1}`, all);
  }
  if (new Set(all).size !== all.length) fail("different wires", all);
  if (!Array.isArray(params)) return fail("parameters as a list", params);
  if (gate.params === "amplitudes") {
    if (controls || adjoint) fail("no controls and no adjoint, as it makes the state", controls ?? adjoint);
    checkAmplitudes(wires, params, at, numWires);
  } else if (params.length !== gate.params) fail(`${gate.params} parameters`, params);
  for (const param of params) if (!isParam(param)) fail(`parameters as ${PARAM_FORMS}`, param);
  return Object.freeze({
    name,
    wires: Object.freeze([...wires] as number[]),
    params: Object.freeze((params as Param[]).map(copyParam)),
    ...(controls !== undefined && { controls: Object.freeze([...(controls as number[])]) }),
    ...(adjoint === true && { adjoint: true as const }),
  });
}

/** The engine makes the state before anything else, of the first 2^wires inputs. */
function checkAmplitudes(wires: readonly unknown[], params: readonly unknown[], at: number, numWires: number): void {
  const size = 2 ** numWires;
  const inOrder = wires.length === numWires && wires.every((wire, i) => wire === i);
  const allInputs =
    params.length === size &&
    params.every((param, i) => isRecord(param) && param.input === i && Object.keys(param).length === 1);
  if (at !== 0 || !inOrder || !allInputs) {
    throw new UsageError(
      `operation ${at} (AmplitudeEmbedding): expected it first, on wires 0 to ${numWires - 1} in order, with the inputs 0 to ${size - 1} in order as parameters, ` +
        `got wires ${show(wires)} and ${params.length} parameters`,
    );
  }
}
