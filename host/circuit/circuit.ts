import { UsageError } from "../check.ts";
import { type DrawingOptions, drawSvg, drawText, layers } from "./draw.ts";
import { GATES, inputsOf, type Operation, type Param } from "./gates.ts";

/** The widest circuit the engine runs. */
export const MAX_WIRES = 12;

/** Counts of a circuit. Depth: the longest chain of gates that share wires. */
export interface Resources {
  wires: number;
  inputs: number;
  weights: number;
  gates: number;
  depth: number;
  /** Gates by name, in order of first use. */
  counts: Record<string, number>;
}

/**
 * A quantum circuit as data: the one list of operations that running, drawing and counting read. Immutable. Every wire
 * starts in |0⟩ and is measured in Z; wire 0 is the most significant bit of a basis state.
 */
export class Circuit {
  readonly numWires: number;
  readonly operations: readonly Operation[];
  /** One more than the largest input index in use. */
  readonly numInputs: number;
  /** One more than the largest weight index in use. */
  readonly numWeights: number;

  /**
   * @param numWires 1 to 12
   * @param operations gates in order of application; `params` may be left out for gates without
   * @throws UsageError that names the operation and says what is allowed
   */
  constructor(
    numWires: number,
    operations: readonly (Omit<Operation, "params"> & { readonly params?: readonly Param[] })[],
  ) {
    checkCount("wires", numWires, MAX_WIRES);
    this.numWires = numWires;
    this.operations = Object.freeze(
      operations.map(({ name, wires, params = [] }, at) => {
        checkOperation({ name, wires, params }, at, numWires);
        return Object.freeze({
          name,
          wires: Object.freeze([...wires]),
          params: Object.freeze(params.map(copyParam)),
        });
      }),
    );
    const params = this.operations.flatMap((operation) => operation.params);
    this.numInputs = 1 + Math.max(-1, ...params.flatMap(inputsOf));
    this.numWeights = Math.max(0, ...params.map((p) => (typeof p === "object" && "weight" in p ? p.weight + 1 : 0)));
    Object.freeze(this);
  }

  /**
   * The circuit as text, a line a wire, as PennyLane's `draw` writes it; x0, x1 … are inputs, x0·x1 products, w0, w1 …
   * weights.
   */
  draw(): string {
    return drawText(this.numWires, this.operations);
  }

  /**
   * The circuit as a self-contained SVG document; dark on white unless told other colours; `note` writes above gates.
   */
  drawSvg(options?: DrawingOptions): string {
    return drawSvg(this.numWires, this.operations, options);
  }

  resources(): Resources {
    const counts: Record<string, number> = {};
    for (const { name } of this.operations) counts[name] = (counts[name] ?? 0) + 1;
    return {
      wires: this.numWires,
      inputs: this.numInputs,
      weights: this.numWeights,
      gates: this.operations.length,
      depth: layers(this.numWires, this.operations, (wires) => wires).length,
      counts,
    };
  }
}

/** Throws a UsageError unless value is an integer from 1 to largest. */
export function checkCount(what: string, value: number, largest: number): void {
  if (!Number.isInteger(value) || value < 1 || value > largest) {
    throw new UsageError(`${what}: expected an integer from 1 to ${largest}, got ${value}`);
  }
}

function checkOperation({ name, wires, params }: Operation, at: number, numWires: number): void {
  const fail = (expected: string, got: unknown): never => {
    throw new UsageError(`operation ${at} (${name}): expected ${expected}, got ${JSON.stringify(got)}`);
  };
  const gate = GATES.get(name);
  if (gate === undefined)
    throw new UsageError(`operation ${at}: unknown gate "${name}"; known: ${[...GATES.keys()].join(", ")}`);
  if (gate.wires === "any" ? wires.length < 1 : wires.length !== gate.wires) {
    fail(`${gate.wires === "any" ? "at least 1" : gate.wires} wires`, wires);
  }
  if (wires.some((wire) => !Number.isInteger(wire) || wire < 0 || wire >= numWires)) {
    fail(`wires from 0 to ${numWires - 1}`, wires);
  }
  if (new Set(wires).size !== wires.length) fail("different wires", wires);
  if (gate.params === "amplitudes") {
    checkAmplitudes(wires, params, at, numWires);
    return;
  }
  if (params.length !== gate.params) fail(`${gate.params} parameters`, params);
  for (const param of params) {
    if (!isParam(param)) {
      fail(
        'parameters as a finite number, { "input": i }, { "product": [i, j] } or { "weight": i } with i from 0',
        param,
      );
    }
  }
}

/** The engine makes the state before anything else, of the first 2^wires inputs. */
function checkAmplitudes(wires: readonly number[], params: readonly Param[], at: number, numWires: number): void {
  const size = 2 ** numWires;
  const inOrder = wires.length === numWires && wires.every((wire, i) => wire === i);
  const allInputs =
    params.length === size &&
    params.every((param, i) => typeof param === "object" && "input" in param && param.input === i);
  if (at !== 0 || !inOrder || !allInputs) {
    throw new UsageError(
      `operation ${at} (AmplitudeEmbedding): expected it first, on wires 0 to ${numWires - 1} in order, with the inputs 0 to ${size - 1} in order as parameters, ` +
        `got wires ${JSON.stringify(wires)} and ${params.length} parameters`,
    );
  }
}

function isParam(param: Param): boolean {
  if (typeof param === "number") return Number.isFinite(param);
  if ("product" in param)
    return Array.isArray(param.product) && param.product.length === 2 && param.product.every(isIndex);
  return isIndex("input" in param ? param.input : "weight" in param ? param.weight : undefined);
}

function copyParam(param: Param): Param {
  if (typeof param === "number") return param;
  if ("product" in param)
    return Object.freeze({ product: Object.freeze([param.product[0], param.product[1]] as const) });
  return Object.freeze({ ...param });
}

function isIndex(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0;
}
