import { HqcnnError, UsageError } from "../../check.ts";
import type { Circuit } from "../circuit.ts";
import { gateOf, lowerOperation, type Operation } from "../gates.ts";
import { type Output, observableText } from "../observables.ts";
import { bindParam, factorOf, type Param, paramValue, shiftOf, sourcesOf } from "../params.ts";
import { isExpvalsZ } from "../tape.ts";
import { decompose, prepareState, type Step } from "./decompose.ts";
import { QASM2, QASM3, type QasmGate } from "./gates.ts";

export type QasmVersion = 2 | 3;

/** Numbers to write in place of inputs and weights. */
export interface QasmValues {
  inputs?: ArrayLike<number>;
  weights?: ArrayLike<number>;
}

/** What an exported file calls inputs and weights: with so many digits that sorting by name is sorting by number. */
export function parameterNames(kind: "input" | "weight", count: number): string[] {
  const digits = String(Math.max(count - 1, 0)).length;
  return Array.from({ length: count }, (_, i) => `${kind === "input" ? "x" : "w"}${String(i).padStart(digits, "0")}`);
}

/** Marks the line that says what is measured, for files whose outputs are not ⟨Z⟩ on every wire. */
export const OUTPUTS_MARK = "// hqcnn outputs: ";

/**
 * The circuit as OpenQASM, wire i as q[i]. Version 2 needs a number for every input and weight; in version 3 what has
 * none is an `input float[64]`: x0, x1 … and w0, w1 …
 * https://arxiv.org/abs/1707.03429, https://openqasm.com/versions/3.0
 * @throws UsageError when numbers are missing, too few or too many, HqcnnError for what a version cannot say
 */
export function exportQasm(circuit: Circuit, version: QasmVersion, values: QasmValues = {}): string {
  if (version !== 2 && version !== 3) throw new UsageError(`qasm: expected version 2 or 3, got ${version}`);
  const { numWires, numInputs, numWeights, operations } = circuit;
  const { inputs, weights } = values;
  check("inputs", inputs, numInputs, version);
  check("weights", weights, numWeights, version);
  const names = { input: parameterNames("input", numInputs), weight: parameterNames("weight", numWeights) };
  const text = (param: Param) => expression(param, names);
  const gates = version === 2 ? QASM2 : QASM3;
  const definitions = new Map<string, string>();
  const lines = operations.flatMap((given, at) => {
    const params = given.params.map((param) => bindParam(param, weights ?? null, inputs ?? null));
    const operation = { ...given, params };
    if (gateOf(operation).params === "amplitudes") return preparation(operation, numWires).map(stepLine(version));
    if (version === 2 && (operation.controls || operation.adjoint || !gates[operation.name])) {
      return lowerOperation(operation).flatMap((primitive) =>
        decompose(primitive, primitive.scale * paramValue(primitive.param, [], [])).map(stepLine(2)),
      );
    }
    return [application(operation, at, gates, definitions, text)];
  });
  const head =
    version === 2
      ? ["OPENQASM 2.0;", 'include "qelib1.inc";']
      : [
          "OPENQASM 3.0;",
          'include "stdgates.inc";',
          ...(inputs === undefined ? names.input : []).map((name) => `input float[64] ${name};`),
          ...(weights === undefined ? names.weight : []).map((name) => `input float[64] ${name};`),
        ];
  const measured = isExpvalsZ(circuit) ? [] : [OUTPUTS_MARK + JSON.stringify(circuit.outputs.map(shortOutput))];
  const register = version === 2 ? `qreg q[${numWires}];` : `qubit[${numWires}] q;`;
  return `${[...head, ...measured, ...definitions.values(), register, ...lines].join("\n")}\n`;
}

function check(what: string, values: ArrayLike<number> | undefined, count: number, version: QasmVersion): void {
  if (values === undefined) {
    if (version === 2 && count > 0) {
      throw new UsageError(`qasm: version 2 has no parameters: expected ${count} ${what}, got none; or use version 3`);
    }
  } else if (values.length !== count) throw new UsageError(`qasm: expected ${count} ${what}, got ${values.length}`);
  else if (!Array.from(values).every(Number.isFinite)) throw new UsageError(`qasm: expected finite ${what}`);
}

/** One gate; what it takes of definitions is added to these. */
function application(
  operation: Operation,
  at: number,
  gates: Record<string, QasmGate>,
  definitions: Map<string, string>,
  text: (param: Param) => string,
): string {
  const { wires, params, controls = [], adjoint } = operation;
  // version 2's are all in the table or were decomposed before
  const [own, inner] = operation.name === "CRot" ? ["Rot", 1] : [operation.name, 0];
  const gate = gates[own];
  if (!gate) throw new HqcnnError(`qasm: operation ${at} (${operation.name}) has no form in OpenQASM`);
  const numWires = wires.length - inner;
  let { name } = gate;
  if (gate.definition) {
    const { params: names, body } = gate.definition;
    if (own === "MultiRZ") name += numWires;
    const signature = names.length > 0 ? `(${names.join(", ")})` : "";
    const arguments_ = Array.from({ length: numWires }, (_, i) => `q${i}`).join(", ");
    definitions.set(name, `gate ${name}${signature} ${arguments_} { ${body(numWires).join(" ")} }`);
  }
  const count = controls.length + inner;
  const modifiers = `${adjoint ? "inv @ " : ""}${count === 0 ? "" : count === 1 ? "ctrl @ " : `ctrl(${count}) @ `}`;
  const angles = params.length > 0 ? `(${params.map(text).join(", ")})` : "";
  return `${modifiers}${name}${angles} ${[...controls, ...wires].map((wire) => `q[${wire}]`).join(", ")};`;
}

function preparation({ params }: Operation, numWires: number): Step[] {
  if (params.every((param) => typeof param === "number")) return prepareState(params as number[], numWires);
  throw new HqcnnError(
    "qasm: an amplitude embedding has no form with parameters in OpenQASM: give the inputs, one file an image",
  );
}

const stepLine =
  (version: QasmVersion) =>
  ({ name, wires, angle }: Step): string => {
    const called = version === 2 ? name : ({ u1: "p", cu1: "cp" }[name] ?? name);
    const argument = angle === undefined ? "" : `(${numberText(angle)})`;
    return `${called}${argument} ${wires.map((wire) => `q[${wire}]`).join(", ")};`;
  };

/** All digits, and a point, which version 2 wants in front of an exponent. */
function numberText(value: number): string {
  const text = String(value);
  if (text.includes(".")) return text;
  const [digits, exponent] = text.split("e");
  return `${digits}.0${exponent === undefined ? "" : `e${exponent}`}`;
}

function expression(param: Param, names: { input: string[]; weight: string[] }): string {
  if (typeof param === "number") return numberText(param);
  const factor = factorOf(param);
  const shift = shiftOf(param);
  const product = sourcesOf(param).map(({ kind, index }) => names[kind][index]);
  if (factor !== 1) product.unshift(numberText(factor));
  const sum = shift === 0 ? "" : shift < 0 ? ` - ${numberText(-shift)}` : ` + ${numberText(shift)}`;
  return product.join("*") + sum;
}

/** Words without a coefficient as text. */
function shortOutput(output: Output): unknown {
  if ("probs" in output) return output;
  const kind = "expval" in output ? "expval" : "variance";
  const terms = "expval" in output ? output.expval : output.variance;
  const [{ coefficient, word }] = terms;
  return { [kind]: terms.length === 1 && coefficient === 1 && word !== "" ? observableText(terms) : terms };
}
