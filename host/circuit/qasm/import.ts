// More than 400 lines: one reader, whose methods share what the file has declared so far.
import { parseJson, UsageError } from "../../check.ts";
import { Circuit } from "../circuit.ts";
import { adjoint, control, type Operation } from "../gates.ts";
import { MAX_INDEX, MAX_WIRES } from "../limits.ts";
import type { Output } from "../observables.ts";
import type { Param, Source } from "../params.ts";
import type { Template } from "../templates.ts";
import { OUTPUTS_MARK } from "./export.ts";
import { constant, type Linear, type Names, parseExpression, toParam } from "./expression.ts";
import { STANDARD, type Standard } from "./standard.ts";
import { type Token, Tokens } from "./tokens.ts";

/** A circuit from an OpenQASM file. */
export interface ImportedCircuit extends Template {
  version: 2 | 3;
  /** What the file calls the circuit's inputs and weights, in their order. */
  inputs: readonly string[];
  weights: readonly string[];
  /** What was read and left out: measurements and barriers. */
  notes: readonly string[];
}

/** Gates that a file may grow to: definitions that double each other would never end. */
const MOST_OPERATIONS = 250_000;

const MOST_MODIFIERS = 32;

/** Inputs of these names are trainable weights: w0, weights[3], theta_1 … All others are inputs of the circuit. */
const WEIGHT_NAME = /^(w|weights?|theta|θ|params?)(_?\d+)?$/i;

/** Known without an include. */
const BUILT_IN = new Set(["U", "CX"]);

/** e^{iγ} of any state: of one wire's 0 and 1. */
function globalPhase(gamma: Linear, wire: number): Operation[] {
  const times = (factor: number) => toParam({ ...gamma, factor: gamma.factor * factor, shift: gamma.shift * factor });
  return [
    { name: "RZ", wires: [wire], params: [times(-2)] },
    { name: "PhaseShift", wires: [wire], params: [times(2)] },
  ];
}

/** e^{iγ} where all of the wires are 1. */
function controlledPhase(gamma: Param, wires: readonly number[]): Operation[] {
  const controls = wires.slice(0, -1);
  const phase: Operation = { name: "PhaseShift", wires: wires.slice(-1), params: [gamma] };
  return [controls.length > 0 ? { ...phase, controls } : phase];
}

/** A gate that the file defines: its body is read again for every use. */
interface Definition {
  params: number;
  wires: number;
  build(params: readonly Linear[], wires: readonly number[]): Operation[];
}

/**
 * Reads OpenQASM 2 or 3: gates, their definitions and modifiers, parameters, and in version 3 `input float[64]` (also
 * arrays of these). Inputs called w…, weight…, theta… or param… become weights, all others inputs of the circuit.
 * @param name of the file, for messages
 * @throws UsageError with line and column for what is not understood or cannot be
 */
export function importQasm(text: string, name = "qasm"): ImportedCircuit {
  return new Importer(text, name).read();
}

class Importer {
  readonly #tokens: Tokens;
  readonly #name: string;
  readonly #text: string;
  #version: 2 | 3 = 3;
  #included = false;
  readonly #registers = new Map<string, { first: number; size: number | null }>();
  readonly #bits = new Set<string>();
  readonly #definitions = new Map<string, Definition>();
  readonly #parameters = new Map<string, { kind: Source["kind"]; first: number; size: number | null }>();
  readonly #constants = new Map<string, number>();
  readonly #names: { input: string[]; weight: string[] } = { input: [], weight: [] };
  readonly #operations: Operation[] = [];
  readonly #notes = { measure: 0, barrier: 0 };
  #numWires = 0;

  constructor(text: string, name: string) {
    this.#tokens = new Tokens(text, name);
    this.#name = name;
    this.#text = text;
  }

  read(): ImportedCircuit {
    const tokens = this.#tokens;
    tokens.expect("OPENQASM");
    const version = tokens.take();
    if (!/^(2|3)(\.\d+)?$/.test(version.text)) tokens.fail(version, "expected version 2.0 or 3.0");
    this.#version = version.text.startsWith("2") ? 2 : 3;
    tokens.expect(";");
    while (tokens.next.kind !== "end") this.#statement();
    if (this.#numWires === 0) tokens.fail(tokens.next, "expected a register of qubits");
    const outputs = this.#outputs();
    const { input, weight } = this.#names;
    const options = { inputs: input.length, weights: weight.length, ...(outputs && { outputs }) };
    const circuit = this.#checked(() => new Circuit(this.#numWires, this.#operations, options));
    const { measure, barrier } = this.#notes;
    return {
      circuit,
      tensors: weight.length > 0 ? [{ name: "weights", shape: [weight.length] }] : [],
      version: this.#version,
      inputs: input,
      weights: weight,
      notes: [
        ...(measure > 0 ? [`${measure} measurements left out: the circuit's outputs are expectation values`] : []),
        ...(barrier > 0 ? [`${barrier} barriers left out: they change no state`] : []),
      ],
    };
  }

  #checked<T>(make: () => T): T {
    try {
      return make();
    } catch (error) {
      throw error instanceof UsageError ? new UsageError(`${this.#name}: ${error.message}`, { cause: error }) : error;
    }
  }

  /** What a file of ours says is measured. */
  #outputs(): Output[] | undefined {
    const lines = this.#text.split("\n");
    const at = lines.findIndex((line) => line.startsWith(OUTPUTS_MARK));
    if (at < 0) return undefined;
    try {
      return parseJson(lines[at].slice(OUTPUTS_MARK.length)) as Output[];
    } catch (error) {
      throw new UsageError(`${this.#name}:${at + 1}:${OUTPUTS_MARK.length + 1}: expected outputs as JSON`, {
        cause: error,
      });
    }
  }

  #statement(): void {
    const tokens = this.#tokens;
    const { next } = tokens;
    if (next.kind !== "word") tokens.fail(next, "expected a gate or a declaration");
    switch (next.text) {
      case "include":
        this.#include();
        return;
      case "qreg":
      case "creg":
      case "qubit":
      case "bit":
        this.#register();
        return;
      case "input":
        this.#input();
        return;
      case "const":
        this.#constant();
        return;
      case "gate":
        this.#define();
        return;
      case "barrier":
        this.#notes.barrier += 1;
        this.#toSemicolon();
        return;
      case "measure":
        this.#notes.measure += 1;
        this.#toSemicolon();
        return;
      default:
        if (this.#bits.has(next.text)) {
          // c = measure q; or c[0] = measure q[0];
          tokens.take();
          if (tokens.skip("[")) {
            tokens.whole("an index");
            tokens.expect("]");
          }
          tokens.expect("=");
          tokens.expect("measure");
          this.#notes.measure += 1;
          this.#toSemicolon();
          return;
        }
        this.#add(this.#application((token, index) => this.#parameter(token, index)));
    }
  }

  #toSemicolon(): void {
    while (this.#tokens.next.text !== ";") {
      if (this.#tokens.next.kind === "end") this.#tokens.fail(this.#tokens.next, "expected ;");
      this.#tokens.take();
    }
    this.#tokens.take();
  }

  #include(): void {
    this.#tokens.take();
    const file = this.#tokens.take();
    const known = this.#version === 2 ? '"qelib1.inc"' : '"stdgates.inc"';
    if (file.text !== known) this.#tokens.fail(file, `expected ${known}: other files are not read`);
    this.#included = true;
    this.#tokens.expect(";");
  }

  #register(): void {
    const tokens = this.#tokens;
    const { text: kind } = tokens.take();
    const quantum = kind.startsWith("q");
    let size: number | null = null;
    const old = kind.endsWith("reg");
    if (!old && tokens.skip("[")) {
      size = tokens.whole("a size");
      tokens.expect("]");
    }
    const name = this.#fresh();
    if (old) {
      tokens.expect("[");
      size = tokens.whole("a size");
      tokens.expect("]");
    }
    if (!quantum) {
      this.#bits.add(name.text);
      if (tokens.skip("=")) {
        tokens.expect("measure");
        this.#notes.measure += 1;
        this.#toSemicolon();
        return;
      }
    } else {
      if (size === 0 || this.#numWires + (size ?? 1) > MAX_WIRES) {
        tokens.fail(name, `expected 1 to ${MAX_WIRES} qubits in all`);
      }
      this.#registers.set(name.text, { first: this.#numWires, size });
      this.#numWires += size ?? 1;
    }
    tokens.expect(";");
  }

  /** A name that nothing has. */
  #fresh(): Token {
    const name = this.#tokens.word("a name");
    const taken = [this.#registers, this.#bits, this.#parameters, this.#constants].some((names) =>
      names.has(name.text),
    );
    if (taken) this.#tokens.fail(name, "expected a new name");
    return name;
  }

  #input(): void {
    const tokens = this.#tokens;
    const at = tokens.take();
    if (this.#version === 2) tokens.fail(at, "expected version 3 for inputs");
    const array = tokens.skip("array");
    if (array) tokens.expect("[");
    const type = tokens.word("float or angle");
    if (type.text !== "float" && type.text !== "angle") tokens.fail(type, "expected float or angle");
    if (tokens.skip("[")) {
      tokens.whole("a number of bits");
      tokens.expect("]");
    }
    let size: number | null = null;
    if (array) {
      tokens.expect(",");
      size = tokens.whole("a size");
      tokens.expect("]");
    }
    const name = this.#fresh();
    const kind = WEIGHT_NAME.test(name.text) ? "weight" : "input";
    const names = this.#names[kind];
    const count = size ?? 1;
    if (count < 1 || names.length + count > MAX_INDEX) tokens.fail(name, `expected 1 to ${MAX_INDEX} inputs`);
    this.#parameters.set(name.text, { kind, first: names.length, size });
    for (let i = 0; i < count; i++) names.push(size === null ? name.text : `${name.text}[${i}]`);
    tokens.expect(";");
  }

  #constant(): void {
    const tokens = this.#tokens;
    tokens.take();
    const type = tokens.word("float or angle");
    if (!["float", "angle", "int", "uint"].includes(type.text)) tokens.fail(type, "expected float, angle or int");
    if (tokens.skip("[")) {
      tokens.whole("a number of bits");
      tokens.expect("]");
    }
    const name = this.#fresh();
    tokens.expect("=");
    const { next } = tokens;
    const value = parseExpression(tokens, (token, index) => this.#parameter(token, index));
    if (value.sources.length > 0) tokens.fail(next, "expected numbers only");
    this.#constants.set(name.text, value.shift);
    tokens.expect(";");
  }

  #parameter(token: Token, index: number | null): Linear | undefined {
    const number = this.#constants.get(token.text);
    if (number !== undefined && index === null) return constant(number);
    const known = this.#parameters.get(token.text);
    if (!known) return undefined;
    if ((known.size === null) !== (index === null)) {
      this.#tokens.fail(token, known.size === null ? "expected no index" : "expected an index");
    }
    if (index !== null && index >= known.size!) this.#tokens.fail(token, `expected an index below ${known.size}`);
    return { sources: [{ kind: known.kind, index: known.first + (index ?? 0) }], factor: 1, shift: 0 };
  }

  /** Reads a definition into gates of its own wires 0, 1 … with its parameters as they will be given. */
  #define(): void {
    const tokens = this.#tokens;
    tokens.take();
    const name = tokens.word("a name");
    if (this.#definitions.has(name.text)) tokens.fail(name, "expected a new name");
    const list = () => {
      const names: string[] = [];
      while (tokens.next.kind === "word") {
        names.push(tokens.take().text);
        if (!tokens.skip(",")) break;
      }
      return names;
    };
    let params: string[] = [];
    if (tokens.skip("(")) {
      params = list();
      tokens.expect(")");
    }
    const wires = list();
    if (wires.length === 0) tokens.fail(tokens.next, "expected a qubit");
    tokens.expect("{");
    const body: ((params: readonly Linear[], on: readonly number[]) => Operation[])[] = [];
    while (!tokens.skip("}")) {
      if (tokens.next.text === "barrier") {
        this.#toSemicolon();
        continue;
      }
      body.push(this.#later(params, wires));
    }
    this.#definitions.set(name.text, {
      params: params.length,
      wires: wires.length,
      build: (given, on) => body.flatMap((line) => line(given, on)),
    });
  }

  /** One line of a definition, for parameters and wires that come later. */
  #later(
    params: readonly string[],
    wires: readonly string[],
  ): (given: readonly Linear[], on: readonly number[]) => Operation[] {
    const modifiers = this.#modifiers((token, index) => this.#parameter(token, index));
    const name = this.#tokens.word("a gate");
    // Parameters of a definition stand as inputs of their own until it is used.
    const inner: Names = (token, index) => {
      const i = params.indexOf(token.text);
      if (i < 0) return this.#parameter(token, index);
      return { sources: [{ kind: "input", index: -1 - i }], factor: 1, shift: 0 };
    };
    const angles = this.#angles(inner);
    const on = this.#tokens.next.text === ";" ? [] : this.#wireNames(wires);
    this.#tokens.expect(";");
    return (given, real) => {
      const substituted = angles.map(({ value, token }) => this.#substitute(value, given, token));
      return this.#apply(
        name,
        modifiers,
        substituted,
        on.map((wire) => real[wire]),
        real[0],
      );
    };
  }

  #wireNames(wires: readonly string[]): number[] {
    const on: number[] = [];
    do {
      const token = this.#tokens.word("a qubit");
      const wire = wires.indexOf(token.text);
      if (wire < 0) this.#tokens.fail(token, `expected one of ${wires.join(", ")}`);
      on.push(wire);
    } while (this.#tokens.skip(","));
    return on;
  }

  /** Puts what is given in the place of a definition's parameters. */
  #substitute(value: Linear, given: readonly Linear[], token: Token): Linear {
    let result: Linear = constant(1);
    for (const source of value.sources) {
      const factor: Linear = source.index < 0 ? given[-1 - source.index] : { sources: [source], factor: 1, shift: 0 };
      if (factor.sources.length === 0) {
        result = { ...result, factor: result.factor * factor.shift, shift: result.shift * factor.shift };
      } else if (result.sources.length === 0) {
        result = { ...factor, factor: factor.factor * result.shift, shift: factor.shift * result.shift };
      } else if (result.shift !== 0 || factor.shift !== 0 || result.sources.length + factor.sources.length > 2) {
        this.#tokens.fail(token, "expected a product of at most two inputs and weights");
      } else {
        result = {
          sources: [...result.sources, ...factor.sources],
          factor: result.factor * factor.factor,
          shift: 0,
        };
      }
    }
    if (value.sources.length === 0) return value;
    return {
      sources: result.sources,
      factor: result.factor * value.factor,
      shift: result.shift * value.factor + value.shift,
    };
  }

  /** A gate on registers or qubits of them. */
  #application(names: Names): Operation[] {
    const tokens = this.#tokens;
    const modifiers = this.#modifiers(names);
    const name = tokens.word("a gate");
    const angles = this.#angles(names).map(({ value }) => value);
    const on: number[][] = [];
    if (tokens.next.text !== ";") {
      do on.push(this.#qubits());
      while (tokens.skip(","));
    }
    tokens.expect(";");
    // Registers of one size are taken qubit by qubit.
    const size = Math.max(1, ...on.map((wires) => wires.length));
    if (on.some((wires) => wires.length !== 1 && wires.length !== size)) {
      tokens.fail(name, "expected registers of the same size");
    }
    return Array.from({ length: size }, (_, i) =>
      this.#apply(
        name,
        modifiers,
        angles,
        on.map((wires) => (wires.length === 1 ? wires[0] : wires[i])),
        0,
      ),
    ).flat();
  }

  #angles(names: Names): { value: Linear; token: Token }[] {
    const tokens = this.#tokens;
    const angles: { value: Linear; token: Token }[] = [];
    if (!tokens.skip("(") || tokens.skip(")")) return angles;
    do {
      const token = tokens.next;
      angles.push({ token, value: parseExpression(tokens, names) });
    } while (tokens.skip(","));
    tokens.expect(")");
    return angles;
  }

  #qubits(): number[] {
    const tokens = this.#tokens;
    const name = tokens.word("a qubit");
    const register = this.#registers.get(name.text);
    if (!register)
      return tokens.fail(name, `expected a register (${[...this.#registers.keys()].join(", ") || "none"})`);
    const { first, size } = register;
    if (!tokens.skip("[")) return Array.from({ length: size ?? 1 }, (_, i) => first + i);
    const at = tokens.next;
    const index = tokens.whole("an index");
    if (size === null || index >= size) tokens.fail(at, `expected an index below ${size ?? 0} of ${name.text}`);
    tokens.expect("]");
    return [first + index];
  }

  #modifiers(names: Names): readonly (readonly [kind: string, count: number])[] {
    const tokens = this.#tokens;
    const found: [string, number][] = [];
    while (["ctrl", "negctrl", "inv", "pow"].includes(tokens.next.text)) {
      const { text: kind } = tokens.take();
      let count = 1;
      if (tokens.skip("(")) {
        const { next } = tokens;
        const value = parseExpression(tokens, names);
        count = value.shift;
        if (value.sources.length > 0 || !Number.isInteger(count) || (kind !== "pow" && count < 1) || kind === "inv") {
          tokens.fail(next, "expected a whole number");
        }
        tokens.expect(")");
      }
      tokens.expect("@");
      found.push([kind, count]);
      if (found.length > MOST_MODIFIERS) tokens.fail(tokens.next, `expected at most ${MOST_MODIFIERS} modifiers`);
    }
    return found;
  }

  /** The operations of one gate under modifiers, the first outermost. `any` is a wire for a phase that has none. */
  #apply(
    name: Token,
    modifiers: readonly (readonly [kind: string, count: number])[],
    angles: readonly Linear[],
    wires: readonly number[],
    any: number,
  ): Operation[] {
    const tokens = this.#tokens;
    const [first, ...rest] = modifiers;
    if (first) {
      const [kind, count] = first;
      if (kind === "inv") return adjoint(this.#apply(name, rest, angles, wires, any));
      if (kind === "pow") {
        const once = this.#apply(name, rest, angles, wires, any);
        const turned = count < 0 ? adjoint(once) : once;
        if (turned.length * Math.abs(count) > MOST_OPERATIONS) tokens.fail(name, "expected a smaller power");
        return Array.from({ length: Math.abs(count) }, () => turned).flat();
      }
      const controls = wires.slice(0, count);
      if (controls.length < count) tokens.fail(name, `expected ${count} controls before ${name.text}`);
      // A phase of no wire of its own is one of its controls.
      const direct =
        name.text === "gphase" && wires.length === count && rest.length === 0
          ? controlledPhase(toParam(angles[0]), controls)
          : control(this.#apply(name, rest, angles, wires.slice(count), controls[0]), controls);
      if (kind === "ctrl") return direct;
      const not = controls.map((wire): Operation => ({ name: "PauliX", wires: [wire], params: [] }));
      return [...not, ...direct, ...not];
    }
    if (name.text === "gphase") {
      if (angles.length !== 1) tokens.fail(name, "expected one angle for gphase");
      return globalPhase(angles[0], any);
    }
    const definition = this.#definitions.get(name.text);
    const standard = definition ? undefined : this.#standard(name.text);
    const known = definition ?? standard;
    if (!known) {
      const include = this.#version === 2 ? "qelib1.inc" : "stdgates.inc";
      const hint = !this.#included && Object.hasOwn(STANDARD, name.text) ? `; include "${include}" first` : "";
      return tokens.fail(name, `expected a gate that is known${hint}`);
    }
    if (angles.length !== known.params) tokens.fail(name, `expected ${known.params} angles, got ${angles.length} for`);
    if (wires.length !== known.wires) tokens.fail(name, `expected ${known.wires} qubits, got ${wires.length} for`);
    if (new Set(wires).size !== wires.length) tokens.fail(name, "expected different qubits for");
    const operations = definition ? definition.build(angles, wires) : standard!.build(angles.map(toParam), wires);
    if (operations.length > MOST_OPERATIONS) tokens.fail(name, `expected at most ${MOST_OPERATIONS} gates`);
    return operations;
  }

  #standard(name: string): Standard | undefined {
    return Object.hasOwn(STANDARD, name) && (this.#included || BUILT_IN.has(name)) ? STANDARD[name] : undefined;
  }

  #add(operations: readonly Operation[]): void {
    for (const operation of operations) this.#operations.push(operation);
    if (this.#operations.length > MOST_OPERATIONS) {
      throw new UsageError(`${this.#name}: expected at most ${MOST_OPERATIONS} gates`);
    }
  }
}
