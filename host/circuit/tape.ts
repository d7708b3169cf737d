import type { Circuit } from "./circuit.ts";
import { lowerOperation, type Param } from "./gates.ts";

// A record, little endian: i32 kind, source, index, fixed, value, flip, parity, second, f64 scale.
// assembly/quantum/program.ts reads it.
const RECORD_BYTES = 40;
const KINDS = ["X", "Y", "Z", "phase", "swap", "amplitudes"];

/**
 * The circuit as the engine reads it: `bytes` go to 8-byte-aligned memory, `numOps` is the number of records (a gate
 * becomes one to three).
 */
export function encodeTape(circuit: Circuit): { bytes: Uint8Array<ArrayBuffer>; numOps: number } {
  const primitives = circuit.operations.flatMap(lowerOperation);
  const view = new DataView(new ArrayBuffer(primitives.length * RECORD_BYTES));
  // wire 0 is the most significant bit of a basis state
  const mask = (wires: number[]) => wires.reduce((bits, wire) => bits | (1 << (circuit.numWires - 1 - wire)), 0);
  primitives.forEach(({ kind, fixed, ones, flip, parity, param, scale }, i) => {
    const { source, index, second = -1, constant } = angle(param);
    const words = [KINDS.indexOf(kind), source, index, mask(fixed), mask(ones), mask(flip), mask(parity), second];
    words.forEach((word, j) => {
      view.setInt32(i * RECORD_BYTES + 4 * j, word, true);
    });
    view.setFloat64(i * RECORD_BYTES + 32, scale * constant, true);
  });
  return { bytes: new Uint8Array(view.buffer), numOps: primitives.length };
}

function angle(param: Param): { source: number; index: number; second?: number; constant: number } {
  if (typeof param === "number") return { source: 0, index: 0, constant: param };
  if ("input" in param) return { source: 1, index: param.input, constant: 1 };
  if ("product" in param) return { source: 1, index: param.product[0], second: param.product[1], constant: 1 };
  return { source: 2, index: param.weight, constant: 1 };
}
