import type { Operation } from "../gates.ts";
import type { Param } from "../params.ts";

/** Parameters, wires, and operations on them. */
export interface Standard {
  params: number;
  wires: number;
  build(params: readonly Param[], wires: readonly number[]): Operation[];
}

const gate = (params: number, wires: number, name: string): Standard => ({
  params,
  wires,
  build: (angles, on) => [{ name, wires: on, params: angles }],
});
const inverted = (name: string): Standard => ({
  params: 0,
  wires: 1,
  build: (_, wires) => [{ name, wires, params: [], adjoint: true }],
});
const controlled = (params: number, controls: number, name: string): Standard => ({
  params,
  wires: controls + 1,
  build: (angles, on) => [{ name, wires: on.slice(controls), params: angles, controls: on.slice(0, controls) }],
});

/** The gates of qelib1.inc and stdgates.inc, and those that Qiskit adds. */
export const STANDARD: Record<string, Standard> = {
  id: gate(0, 1, "Identity"),
  h: gate(0, 1, "Hadamard"),
  x: gate(0, 1, "PauliX"),
  y: gate(0, 1, "PauliY"),
  z: gate(0, 1, "PauliZ"),
  s: gate(0, 1, "S"),
  t: gate(0, 1, "T"),
  sx: gate(0, 1, "SX"),
  sdg: inverted("S"),
  tdg: inverted("T"),
  sxdg: inverted("SX"),
  rx: gate(1, 1, "RX"),
  ry: gate(1, 1, "RY"),
  rz: gate(1, 1, "RZ"),
  p: gate(1, 1, "PhaseShift"),
  phase: gate(1, 1, "PhaseShift"),
  u1: gate(1, 1, "PhaseShift"),
  u2: gate(2, 1, "U2"),
  u3: gate(3, 1, "U3"),
  u: gate(3, 1, "U3"),
  U: gate(3, 1, "U3"),
  cx: gate(0, 2, "CNOT"),
  CX: gate(0, 2, "CNOT"),
  cy: gate(0, 2, "CY"),
  cz: gate(0, 2, "CZ"),
  ch: controlled(0, 1, "Hadamard"),
  csx: controlled(0, 1, "SX"),
  cp: gate(1, 2, "ControlledPhaseShift"),
  cphase: gate(1, 2, "ControlledPhaseShift"),
  cu1: gate(1, 2, "ControlledPhaseShift"),
  crx: gate(1, 2, "CRX"),
  cry: gate(1, 2, "CRY"),
  crz: gate(1, 2, "CRZ"),
  cu3: controlled(3, 1, "U3"),
  cu: {
    params: 4,
    wires: 2,
    build: ([theta, phi, lambda, gamma], [a, b]) => [
      { name: "PhaseShift", wires: [a], params: [gamma] },
      { name: "U3", wires: [b], params: [theta, phi, lambda], controls: [a] },
    ],
  },
  swap: gate(0, 2, "SWAP"),
  iswap: gate(0, 2, "ISWAP"),
  rxx: gate(1, 2, "IsingXX"),
  ryy: gate(1, 2, "IsingYY"),
  rzz: gate(1, 2, "IsingZZ"),
  ccx: gate(0, 3, "Toffoli"),
  ccz: gate(0, 3, "CCZ"),
  cswap: gate(0, 3, "CSWAP"),
  c3x: controlled(0, 3, "PauliX"),
  c4x: controlled(0, 4, "PauliX"),
};
