import { UsageError } from "../../check.ts";
import { Circuit, type GivenOperation } from "../../circuit/circuit.ts";
import { layers, span } from "../../circuit/draw.ts";
import { GATES, type Operation, wiresOf } from "../../circuit/gates.ts";
import { expvalsZ, type Output, observableText } from "../../circuit/observables.ts";
import {
  affine,
  factorOf,
  isIndex,
  type Param,
  type Source,
  shiftOf,
  sourcesOf,
  weightsOf,
} from "../../circuit/params.ts";
import { mapSources, type WeightTensor } from "../../circuit/part.ts";
import { isExpvalsZ } from "../../circuit/tape.ts";
import type { Template } from "../../circuit/templates.ts";

// What a person does to a circuit by hand, as functions of it. Nothing here changes what it is given.

/** What the angle of a new gate is. */
export const ANGLES = ["weight", "input", "number"] as const;
export type AngleKind = (typeof ANGLES)[number];

/** The gates that can be placed: all but the one that makes the state. */
export const PLACED = [...GATES.keys()].filter((name) => name !== "AmplitudeEmbedding");

/** A circuit after a change. */
export interface Rebuilt extends Template {
  /** For each of its weights which one it was before; new ones have indices that there were not. */
  kept: readonly number[];
}

/**
 * A circuit of these operations in the place of another one: weights that are left are closed up and keep the tensor
 * that they were of, new ones follow; outputs of wires that are gone go.
 * @throws UsageError when no circuit can have these operations
 */
export function rebuilt(
  { circuit, tensors }: Template,
  operations: readonly GivenOperation[],
  numWires = circuit.numWires,
  outputs?: readonly Output[],
): Rebuilt {
  const checked = new Circuit(numWires, operations).operations;
  const used = [...new Set(checked.flatMap(({ params }) => params.flatMap(weightsOf)))].sort((a, b) => a - b);
  const place = new Map(used.map((weight, at) => [weight, at]));
  const closed = mapSources(checked, (source): Source[] => [
    source.kind === "weight" ? { kind: "weight", index: place.get(source.index)! } : source,
  ]);
  const kept = outputs ?? (isExpvalsZ(circuit) ? undefined : circuit.outputs.filter((one) => fits(one, numWires)));
  return {
    circuit: new Circuit(numWires, closed, kept && kept.length > 0 ? { outputs: kept } : {}),
    tensors: tensorsOf(tensors, used),
    kept: used,
  };
}

function tensorsOf(before: readonly WeightTensor[], used: readonly number[]): WeightTensor[] {
  let first = 0;
  const tensors: WeightTensor[] = [];
  for (const tensor of before) {
    const size = tensor.shape.reduce((product, length) => product * length, 1);
    const count = used.filter((weight) => weight >= first && weight < first + size).length;
    if (count > 0) tensors.push(count === size ? tensor : { ...tensor, shape: [count] });
    first += size;
  }
  const added = used.filter((weight) => weight >= first).length;
  if (added === 0) return tensors;
  const last = tensors.at(-1);
  if (last && last.start === undefined) {
    const size = last.shape.reduce((product, length) => product * length, 1);
    return [...tensors.slice(0, -1), { ...last, shape: [size + added] }];
  }
  const names = new Set(tensors.map(({ name }) => name));
  const name = ["weights", "added", "more"].find((one) => !names.has(one)) ?? `weights${tensors.length}`;
  return [...tensors, { name, shape: [added] }];
}

function fits(output: Output, numWires: number): boolean {
  try {
    new Circuit(numWires, [], { outputs: [output] });
    return true;
  } catch {
    return false;
  }
}

/** Column of every operation in a drawing. */
function columnsOf({ numWires, operations }: Circuit): number[] {
  const columns = new Map<Operation, number>();
  layers(numWires, operations, span).forEach((layer, at) => {
    for (const operation of layer) columns.set(operation, at);
  });
  return operations.map((operation) => columns.get(operation)!);
}

/** Operations in the order of their columns, with one more in front of those that `isBehind` says. */
function inserted(
  circuit: Circuit,
  added: GivenOperation,
  isBehind: (column: number) => boolean,
  without?: number,
): { operations: GivenOperation[]; at: number } {
  const columns = columnsOf(circuit);
  const rest = circuit.operations
    .map((operation, i) => ({ operation: operation as GivenOperation, column: columns[i], i }))
    .filter(({ i }) => i !== without)
    .sort((a, b) => a.column - b.column);
  const before = rest.filter(({ column }) => !isBehind(column));
  const behind = rest.filter(({ column }) => isBehind(column));
  return {
    operations: [...before.map(({ operation }) => operation), added, ...behind.map(({ operation }) => operation)],
    at: before.length,
  };
}

/** A circuit after a change, and which of its operations the change was about. */
export interface Edited {
  template: Rebuilt;
  at: number;
}

/**
 * A gate more: its first wire is `wire`, the others follow below, or above where there are none.
 * @throws UsageError when it needs more wires than there are
 */
export function placed(template: Template, name: string, wire: number, column: number, kind: AngleKind): Edited {
  const { circuit } = template;
  const { numWires, numWeights } = circuit;
  const gate = GATES.get(name)!;
  const count = gate.wires === "any" ? 2 : gate.wires;
  if (count > numWires) throw new UsageError(`${name}: expected at least ${count} wires, got ${numWires}: add one`);
  const below = Array.from({ length: numWires - wire - 1 }, (_, i) => wire + 1 + i);
  const above = Array.from({ length: wire }, (_, i) => wire - 1 - i);
  const wires = [wire, ...below, ...above].slice(0, count);
  const params = Array.from({ length: Number(gate.params) }, (_, i): Param => {
    if (kind === "input") return { input: wire };
    return kind === "weight" ? { weight: numWeights + i } : Math.PI / 2;
  });
  const { operations, at } = inserted(circuit, { name, wires, params }, (other) => other >= column);
  return { template: rebuilt(template, operations), at };
}

/** A gate with all its wires moved by `down`, and in the column `column`; as far as the wires allow. */
export function moved(template: Template, at: number, down: number, column: number): Edited {
  const { circuit } = template;
  const operation = circuit.operations[at];
  const own = wiresOf(operation);
  const most = circuit.numWires - 1 - Math.max(...own);
  const by = Math.max(-Math.min(...own), Math.min(most, down));
  const shifted = {
    ...operation,
    wires: operation.wires.map((wire) => wire + by),
    ...(operation.controls && { controls: operation.controls.map((wire) => wire + by) }),
  };
  const now = columnsOf(circuit)[at];
  const isBehind = column > now ? (other: number) => other > column : (other: number) => other >= column;
  const next = inserted(circuit, shifted, isBehind, at);
  return { template: rebuilt(template, next.operations), at: next.at };
}

export function removed(template: Template, at: number): Rebuilt {
  return rebuilt(
    template,
    template.circuit.operations.filter((_, i) => i !== at),
  );
}

/** Another operation in the place of one. @throws UsageError when it cannot be */
export function changed(template: Template, at: number, operation: GivenOperation): Rebuilt {
  return rebuilt(
    template,
    template.circuit.operations.map((other, i) => (i === at ? operation : other)),
  );
}

/** More or fewer wires; gates on wires that are gone go, too. */
export function withWires(template: Template, numWires: number): Rebuilt {
  const left = template.circuit.operations.filter((operation) => wiresOf(operation).every((wire) => wire < numWires));
  return rebuilt(template, left, numWires);
}

/** The column and first wire of an operation. */
export function placeOf(circuit: Circuit, at: number): { column: number; wire: number } {
  return { column: columnsOf(circuit)[at], wire: Math.min(...wiresOf(circuit.operations[at])) };
}

/** The operation that is drawn at a place, on one of its wires; null: none. */
export function operationAt(circuit: Circuit, wire: number, column: number): number | null {
  const columns = columnsOf(circuit);
  const found = circuit.operations.findIndex(
    (operation, i) => columns[i] === column && wiresOf(operation).includes(wire),
  );
  return found < 0 ? null : found;
}

/** Without gates. */
export function emptyCircuit(numWires: number): Rebuilt {
  return { circuit: new Circuit(numWires, []), tensors: [], kept: [] };
}

const PARAM_HELP = "a number (0.5, pi/2), x0 (an input), w0 (a weight), w for a new one, or as in 2*x0*w1+0.5";

/**
 * A parameter from what a person types: a number, an input, a weight, or an affine function of these as drawings write
 * it.
 * @throws UsageError that says what is expected
 */
export function readParam(text: string, numWeights: number): Param {
  const clean = text
    .toLowerCase()
    .replaceAll(/\s+/g, "")
    .replaceAll("·", "*")
    .replaceAll("−", "-")
    .replaceAll("π", "pi");
  const fail = (): never => {
    throw new UsageError(`angle: expected ${PARAM_HELP}, got ${text.trim() === "" ? "nothing" : text.trim()}`);
  };
  // 1e-3 has a sign that starts no term.
  const terms = clean.match(/[+-]?(?:[^+-]|(?<=\de)[+-])+/g) ?? [];
  if (terms.length === 0 || terms.join("") !== clean) fail();
  let shift = 0;
  let found: { sources: Source[]; factor: number } | null = null;
  for (const term of terms) {
    let factor = term.startsWith("-") ? -1 : 1;
    const sources: Source[] = [];
    for (const part of term.replace(/^[+-]/, "").split("*")) {
      const [, kind, index] = /^([xw])(\d*)$/.exec(part) ?? [];
      if (kind === undefined) {
        const [, number, over] = /^([^/]+)(?:\/(.+))?$/.exec(part) ?? [];
        factor *= over === undefined ? numberOf(number) : numberOf(number) / numberOf(over);
      } else if (index === "" && kind === "x") fail();
      else sources.push({ kind: kind === "x" ? "input" : "weight", index: index === "" ? numWeights : Number(index) });
    }
    if (!Number.isFinite(factor) || sources.some(({ index }) => !isIndex(index)) || sources.length > 2) fail();
    if (sources.length === 0) shift += factor;
    else if (found) fail();
    else found = { sources, factor };
  }
  return found ? affine(found.sources, found.factor, shift) : shift;
}

/** A parameter as readParam reads it. */
export function writeParam(param: Param): string {
  if (typeof param === "number") return String(param);
  const names = sourcesOf(param).map(({ kind, index }) => `${kind === "input" ? "x" : "w"}${index}`);
  const [factor, shift] = [factorOf(param), shiftOf(param)];
  const head = factor === 1 ? "" : factor === -1 ? "-" : `${factor}*`;
  return `${head}${names.join("*")}${shift === 0 ? "" : `${shift < 0 ? "-" : "+"}${Math.abs(shift)}`}`;
}

function numberOf(text: string | undefined): number {
  const [, digits, pi] = /^(\d*\.?\d*(?:e[+-]?\d+)?)(pi)?$/.exec(text ?? "") ?? [];
  if (digits === undefined || (digits === "" && !pi)) return Number.NaN;
  return (digits === "" ? 1 : Number(digits)) * (pi ? Math.PI : 1);
}

/** Outputs as a person types them: Z0, X1 Z2, Var Z0, P 0 1. */
export function outputsText(circuit: Circuit): string {
  return circuit.outputs
    .map((output) => {
      if ("probs" in output) return `P ${output.probs.join(" ")}`;
      return "variance" in output ? `Var ${observableText(output.variance)}` : observableText(output.expval);
    })
    .join(", ");
}

/**
 * Outputs from that text; weighted sums come from files alone.
 * @throws UsageError that says what is expected
 */
export function readOutputs(text: string, numWires: number): Output[] {
  if (text.trim() === "") return expvalsZ(numWires) as Output[];
  const given = text.split(",").map((part): unknown => {
    const [, head, rest] = /^\s*(P|Var)?\s*(.*?)\s*$/.exec(part)!;
    if (head === "P") return { probs: rest.split(/\s+/).map(Number) };
    return head === "Var" ? { variance: rest } : { expval: rest };
  });
  return [...new Circuit(numWires, [], { outputs: given as Output[] }).outputs];
}
