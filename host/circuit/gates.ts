import type { Param } from "./params.ts";

/**
 * One gate by PennyLane's name, e.g. `{ name: "CRY", wires: [0, 1], params: [{ weight: 3 }] }`. A gate's own controls
 * come first in wires; `controls` are
 * wires beside these that must be 1 for it to act, `adjoint` makes it its inverse.
 */
export interface Operation {
  readonly name: string;
  readonly wires: readonly number[];
  readonly params: readonly Param[];
  readonly controls?: readonly number[];
  readonly adjoint?: true;
}

/**
 * One gate of the engine (assembly/quantum/gates.ts explains the kinds). It acts on the basis states whose `fixed`
 * wires are 1 where also in `ones`
 * and 0 elsewhere; all lists are wires. "amplitudes" makes the state from the inputs from `param` on.
 */
export interface Primitive {
  kind: "X" | "Y" | "Z" | "phase" | "swap" | "amplitudes";
  fixed: number[];
  ones: number[];
  flip: number[];
  parity: number[];
  param: Param;
  scale: number;
}

type Lower = (targets: readonly number[], params: readonly Param[], controls: readonly number[]) => Primitive[];

/** exp(−iθ/2 P) with the Pauli word P on the targets, where all controls are 1. */
function pauliRotation(word: string, targets: readonly number[], param: Param, controls: readonly number[]): Primitive {
  const on = (letters: string) => targets.filter((_, i) => letters.includes(word[i]));
  const numY = on("Y").length;
  const diagonal = on("XY").length === 0;
  const flip = diagonal ? [targets[0]] : on("XY");
  // Y = iXZ: two Ys make −1, an odd number leaves an i
  const sign = numY % 4 < 2 ? 1 : -1;
  return {
    kind: diagonal ? "Z" : numY % 2 === 0 ? "X" : "Y",
    fixed: [flip[0], ...controls],
    ones: [...controls],
    flip,
    parity: on("YZ"),
    param,
    scale: sign * 0.5,
  };
}

/** e^{iφ} where all of the wires are 1; a global phase if there are none. */
function phase(wires: readonly number[], param: Param): Primitive {
  return { kind: "phase", fixed: [...wires], ones: [...wires], flip: [], parity: [], param, scale: 1 };
}

/** NOT of one target, or exchange of two, where all controls are 1. */
function swap(targets: readonly number[], controls: readonly number[]): Primitive {
  const ones = [...controls, ...targets.slice(1)];
  return { kind: "swap", fixed: [...controls, ...targets], ones, flip: [...targets], parity: [], param: 0, scale: 1 };
}

/** A rotation about one Pauli word; the letter is repeated for gates on any number of wires. */
function rotation(letter: "X" | "Y" | "Z"): Lower {
  return (targets, [angle], controls) => [pauliRotation(letter.repeat(targets.length), targets, angle, controls)];
}

const shift: Lower = (targets, [angle], controls) => [phase([...controls, ...targets], angle)];
const constantShift =
  (angle: number): Lower =>
  (targets, _, controls) =>
    shift(targets, [angle], controls);
const exchange: Lower = (targets, _, controls) => [swap(targets, controls)];

// Y = S X S†; the phases need no controls, as they cancel
const pauliY: Lower = (targets, _, controls) => [
  phase(targets, -Math.PI / 2),
  swap(targets, controls),
  phase(targets, Math.PI / 2),
];

const amplitudes: Lower = (_, [first]) => [
  { kind: "amplitudes", fixed: [], ones: [], flip: [], parity: [], param: first, scale: 1 },
];

const rot: Lower = (targets, [phi, theta, omega], controls) => [
  pauliRotation("Z", targets, phi, controls),
  pauliRotation("Y", targets, theta, controls),
  pauliRotation("Z", targets, omega, controls),
];

const u3: Lower = (targets, [theta, phi, delta], controls) => [
  phase([...controls, ...targets], delta),
  pauliRotation("Y", targets, theta, controls),
  phase([...controls, ...targets], phi),
];

/** What the circuit, the tape and the drawings know of a gate. */
export interface Gate {
  /** Number of wires, or "any" (at least one). */
  readonly wires: number | "any";
  /** Number of parameters; "amplitudes": the inputs 0 … 2^wires − 1, which drawings leave out. */
  readonly params: number | "amplitudes";
  /** How many of the wires, from the first on, are controls. */
  readonly controls: number;
  /** What drawings write on the targets, as PennyLane does. */
  readonly label: string;
  /** The engine's gates in order of application; equal to PennyLane's matrix including the global phase. */
  readonly lower: Lower;
}

function gate(wires: Gate["wires"], params: Gate["params"], controls: number, label: string, lower: Lower): Gate {
  return { wires, params, controls, label, lower };
}

/**
 * Every gate there is, by PennyLane's name. Matrices: https://docs.pennylane.ai/en/stable/introduction/operations.html
 */
export const GATES: ReadonlyMap<string, Gate> = new Map([
  // H = RY(π/2) Z, SX = e^{iπ/4} RX(π/2), ISWAP = exp(iπ/4 (XX + YY))
  ["Hadamard", gate(1, 0, 0, "H", (t, _, c) => [phase([...c, ...t], Math.PI), pauliRotation("Y", t, Math.PI / 2, c)])],
  ["PauliX", gate(1, 0, 0, "X", exchange)],
  ["PauliY", gate(1, 0, 0, "Y", pauliY)],
  ["PauliZ", gate(1, 0, 0, "Z", constantShift(Math.PI))],
  ["S", gate(1, 0, 0, "S", constantShift(Math.PI / 2))],
  ["T", gate(1, 0, 0, "T", constantShift(Math.PI / 4))],
  ["SX", gate(1, 0, 0, "SX", (t, _, c) => [phase(c, Math.PI / 4), pauliRotation("X", t, Math.PI / 2, c)])],
  ["Identity", gate(1, 0, 0, "I", () => [])],
  ["RX", gate(1, 1, 0, "RX", rotation("X"))],
  ["RY", gate(1, 1, 0, "RY", rotation("Y"))],
  ["RZ", gate(1, 1, 0, "RZ", rotation("Z"))],
  ["PhaseShift", gate(1, 1, 0, "Rϕ", shift)],
  ["Rot", gate(1, 3, 0, "Rot", rot)],
  ["U1", gate(1, 1, 0, "U1", shift)],
  ["U2", gate(1, 2, 0, "U2", (t, [phi, delta], c) => u3(t, [Math.PI / 2, phi, delta], c))],
  ["U3", gate(1, 3, 0, "U3", u3)],
  ["CNOT", gate(2, 0, 1, "X", exchange)],
  ["CY", gate(2, 0, 1, "Y", pauliY)],
  ["CZ", gate(2, 0, 1, "Z", constantShift(Math.PI))],
  ["CRX", gate(2, 1, 1, "RX", rotation("X"))],
  ["CRY", gate(2, 1, 1, "RY", rotation("Y"))],
  ["CRZ", gate(2, 1, 1, "RZ", rotation("Z"))],
  ["CRot", gate(2, 3, 1, "Rot", rot)],
  ["ControlledPhaseShift", gate(2, 1, 1, "Rϕ", shift)],
  ["SWAP", gate(2, 0, 0, "SWAP", exchange)],
  [
    "ISWAP",
    gate(2, 0, 0, "ISWAP", (t, _, c) => [
      pauliRotation("XX", t, -Math.PI / 2, c),
      pauliRotation("YY", t, -Math.PI / 2, c),
    ]),
  ],
  ["IsingXX", gate(2, 1, 0, "IsingXX", rotation("X"))],
  ["IsingYY", gate(2, 1, 0, "IsingYY", rotation("Y"))],
  ["IsingZZ", gate(2, 1, 0, "IsingZZ", rotation("Z"))],
  ["MultiRZ", gate("any", 1, 0, "MultiRZ", rotation("Z"))],
  ["Toffoli", gate(3, 0, 2, "X", exchange)],
  ["CCZ", gate(3, 0, 2, "Z", constantShift(Math.PI))],
  ["CSWAP", gate(3, 0, 1, "SWAP", exchange)],
  // no gate: the state that the circuit starts from
  ["AmplitudeEmbedding", gate("any", "amplitudes", 0, "|Ψ⟩", amplitudes)],
]);

/** The gate of that name; for operations of a Circuit, whose names are checked. */
export function gateOf(operation: Operation): Gate {
  return GATES.get(operation.name)!;
}

/** All wires that must be 1 for an operation of a Circuit to act. */
export function controlsOf(operation: Operation): readonly number[] {
  return [...(operation.controls ?? []), ...operation.wires.slice(0, gateOf(operation).controls)];
}

/** All wires of an operation, its controls first. */
export function wiresOf({ wires, controls }: Operation): readonly number[] {
  return controls ? [...controls, ...wires] : wires;
}

/** The engine's gates for one operation of a Circuit. */
export function lowerOperation(operation: Operation): Primitive[] {
  const { controls, lower } = gateOf(operation);
  const gates = lower(operation.wires.slice(controls), operation.params, controlsOf(operation));
  if (!operation.adjoint) return gates;
  return gates.reverse().map((gate) => (gate.kind === "swap" ? gate : { ...gate, scale: -gate.scale }));
}

/** The inverse of an operation; of several, in the opposite order. */
export function adjoint(of: Operation): Operation;
export function adjoint(of: readonly Operation[]): Operation[];
export function adjoint(of: Operation | readonly Operation[]): Operation | Operation[] {
  if (Array.isArray(of)) return (of as readonly Operation[]).map((operation) => adjoint(operation)).reverse();
  const { adjoint: inverse, ...rest } = of as Operation;
  return inverse ? rest : { ...rest, adjoint: true };
}

/** An operation, or each of several, that acts where all of these wires are 1. */
export function control(of: Operation, wires: number | readonly number[]): Operation;
export function control(of: readonly Operation[], wires: number | readonly number[]): Operation[];
export function control(
  of: Operation | readonly Operation[],
  wires: number | readonly number[],
): Operation | Operation[] {
  if (Array.isArray(of)) return (of as readonly Operation[]).map((operation) => control(operation, wires));
  const operation = of as Operation;
  const added = typeof wires === "number" ? [wires] : wires;
  return { ...operation, controls: [...added, ...(operation.controls ?? [])] };
}
