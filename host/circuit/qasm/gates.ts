/** How a gate is called in OpenQASM: by a standard name, or by one that the file defines in standard gates. */
export interface QasmGate {
  readonly name: string;
  /** Parameters and body of a definition; wires are q0, q1 … */
  readonly definition?: { readonly params: readonly string[]; readonly body: (numWires: number) => readonly string[] };
}

const named = (name: string): QasmGate => ({ name });
const defined = (
  name: string,
  params: readonly string[],
  body: readonly string[] | ((numWires: number) => readonly string[]),
): QasmGate => ({
  name,
  definition: { params, body: typeof body === "function" ? body : () => body },
});

/** exp(−iθ/2 Z⊗…⊗Z): the parity goes into the last wire and back. */
const parityRotation = (numWires: number): string[] => {
  const ladder = Array.from({ length: numWires - 1 }, (_, i) => `cx q${i}, q${i + 1};`);
  return [...ladder, `rz(p0) q${numWires - 1};`, ...[...ladder].reverse()];
};
const around = (before: readonly string[], after: readonly string[]) => [...before, ...parityRotation(2), ...after];

// Parameters are named in the order of their names: readers exist that bind them sorted (qiskit-qasm3-import 0.6).

/** Names that are the same in qelib1.inc as its authors wrote it and in stdgates.inc. */
const BOTH: Record<string, QasmGate> = {
  Hadamard: named("h"),
  PauliX: named("x"),
  PauliY: named("y"),
  PauliZ: named("z"),
  S: named("s"),
  T: named("t"),
  Identity: named("id"),
  RX: named("rx"),
  RY: named("ry"),
  RZ: named("rz"),
  CNOT: named("cx"),
  CY: named("cy"),
  CZ: named("cz"),
  CRZ: named("crz"),
  Toffoli: named("ccx"),
  Rot: defined("rot", ["p0", "p1", "p2"], ["rz(p0) q0;", "ry(p1) q0;", "rz(p2) q0;"]),
  CCZ: defined("ccz", [], ["h q2;", "ccx q0, q1, q2;", "h q2;"]),
  ISWAP: defined("iswap", [], ["s q0;", "s q1;", "h q0;", "cx q0, q1;", "cx q1, q0;", "h q1;"]),
  IsingXX: defined("rxx", ["p0"], around(["h q0;", "h q1;"], ["h q0;", "h q1;"])),
  IsingYY: defined("ryy", ["p0"], around(["rx(pi/2) q0;", "rx(pi/2) q1;"], ["rx(-pi/2) q0;", "rx(-pi/2) q1;"])),
  IsingZZ: defined("rzz", ["p0"], parityRotation(2)),
  MultiRZ: defined("multirz", ["p0"], parityRotation),
};

/** For OpenQASM 2: phases are u1 there, and SX and the others below exist in later copies of qelib1.inc alone. */
export const QASM2: Record<string, QasmGate> = {
  ...BOTH,
  PhaseShift: named("u1"),
  U1: named("u1"),
  ControlledPhaseShift: named("cu1"),
  U2: defined("u2p", ["p0", "p1"], ["u1(p1) q0;", "ry(pi/2) q0;", "u1(p0) q0;"]),
  U3: defined("u3p", ["p0", "p1", "p2"], ["u1(p2) q0;", "ry(p0) q0;", "u1(p1) q0;"]),
  SWAP: defined("swap", [], ["cx q0, q1;", "cx q1, q0;", "cx q0, q1;"]),
  CSWAP: defined("cswap", [], ["cx q2, q1;", "ccx q0, q1, q2;", "cx q2, q1;"]),
};

/** For OpenQASM 3, where modifiers do the rest. */
export const QASM3: Record<string, QasmGate> = {
  ...BOTH,
  SX: named("sx"),
  PhaseShift: named("p"),
  U1: named("p"),
  ControlledPhaseShift: named("cp"),
  CRX: named("crx"),
  CRY: named("cry"),
  SWAP: named("swap"),
  CSWAP: named("cswap"),
  U2: defined("u2p", ["p0", "p1"], ["p(p1) q0;", "ry(pi/2) q0;", "p(p0) q0;"]),
  U3: defined("u3p", ["p0", "p1", "p2"], ["p(p2) q0;", "ry(p0) q0;", "p(p1) q0;"]),
};
