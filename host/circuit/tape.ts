import type { Circuit } from "./circuit.ts";
import { lowerOperation } from "./gates.ts";
import { type Letters, type Observable, parseWord, sizeOfOutput, square } from "./observables.ts";
import { factorOf, shiftOf, sourcesOf } from "./params.ts";

// Little endian; assembly/quantum/program.ts and readout.ts read it.
// header:  i32 wires, numInputs, numWeights, numOps, numOutputs, numReadouts, numValues, 0
// record:  i32 kind, source, index, source2, index2, fixed, value, flip, parity, 0; f64 scale, shift
// readout: i32 kind, target, flip, parity, turns, count, second, 0; f64 coefficient; u8[20] bits
const HEADER_BYTES = 32;
const RECORD_BYTES = 56;
const READOUT_BYTES = 64;
const KINDS = ["X", "Y", "Z", "phase", "swap", "amplitudes"];
export const TERM = 0;
export const PROBS = 1;
export const SQUARE = 2;

/** The circuit as the engine reads it. */
export interface Tape {
  /** Go to 8-byte-aligned memory. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Records: an operation becomes none to four. */
  numOps: number;
  /** The outputs, and the means that variances need. */
  numValues: number;
}

/** How one value is summed: see assembly/quantum/readout.ts. */
export type Readout =
  | { kind: typeof TERM; target: number; letters: Letters; coefficient: number }
  | { kind: typeof PROBS; target: number; wires: readonly number[] }
  | { kind: typeof SQUARE; target: number; second: number };

export function encodeTape(circuit: Circuit): Tape {
  const { numWires, numInputs, numWeights, numOutputs } = circuit;
  const primitives = circuit.operations.flatMap(lowerOperation);
  const { readouts, numValues } = readoutsOf(circuit);
  const readoutsAt = HEADER_BYTES + primitives.length * RECORD_BYTES;
  const view = new DataView(new ArrayBuffer(readoutsAt + readouts.length * READOUT_BYTES));
  const put = (at: number, words: readonly number[]) =>
    words.forEach((word, i) => {
      view.setInt32(at + 4 * i, word, true);
    });
  // wire 0 is the most significant bit of a basis state
  const mask = (wires: readonly number[]) => wires.reduce((bits, wire) => bits | (1 << (numWires - 1 - wire)), 0);
  put(0, [numWires, numInputs, numWeights, primitives.length, numOutputs, readouts.length, numValues, 0]);
  primitives.forEach(({ kind, fixed, ones, flip, parity, param, scale }, i) => {
    const at = HEADER_BYTES + i * RECORD_BYTES;
    const [first, second] = sourcesOf(param);
    const words = [first, second].flatMap((source) =>
      source ? [source.kind === "input" ? 1 : 2, source.index] : [0, 0],
    );
    put(at, [KINDS.indexOf(kind), ...words, mask(fixed), mask(ones), mask(flip), mask(parity), 0]);
    const constant = first === undefined;
    view.setFloat64(at + 40, scale * (constant ? shiftOf(param) : factorOf(param)), true);
    view.setFloat64(at + 48, constant ? 0 : scale * shiftOf(param), true);
  });
  readouts.forEach((readout, i) => {
    const at = readoutsAt + i * READOUT_BYTES;
    const { kind, target } = readout;
    if (kind === TERM) {
      const on = (letters: string) => mask(readout.letters.flatMap(([l, wire]) => (letters.includes(l) ? [wire] : [])));
      const turns = readout.letters.filter(([letter]) => letter === "Y").length % 4;
      put(at, [kind, target, on("XY"), on("YZ"), turns]);
      view.setFloat64(at + 32, readout.coefficient, true);
    } else if (kind === PROBS) {
      put(at, [kind, target, 0, 0, 0, readout.wires.length]);
      readout.wires.forEach((wire, j) => {
        view.setUint8(at + 40 + j, numWires - 1 - wire);
      });
    } else put(at, [kind, target, 0, 0, 0, 0, readout.second]);
  });
  return { bytes: new Uint8Array(view.buffer), numOps: primitives.length, numValues };
}

/** None for ⟨Z⟩ on every wire, for which the engine has a pass of its own. */
function readoutsOf(circuit: Circuit): { readouts: Readout[]; numValues: number } {
  return isExpvalsZ(circuit) ? { readouts: [], numValues: 0 } : listReadouts(circuit);
}

/** What the outputs of a circuit, and the means that variances need, are summed of. */
export function listReadouts({ outputs, numOutputs }: Circuit): { readouts: Readout[]; numValues: number } {
  const readouts: Readout[] = [];
  const add = (target: number, observable: Observable) => {
    for (const { coefficient, word } of observable)
      readouts.push({ kind: TERM, target, letters: parseWord(word)!, coefficient });
  };
  let target = 0;
  let numValues = numOutputs;
  for (const output of outputs) {
    if ("expval" in output) add(target, output.expval);
    else if ("probs" in output) readouts.push({ kind: PROBS, target, wires: output.probs });
    else {
      const second = numValues++;
      add(second, output.variance);
      add(target, square(output.variance));
      readouts.push({ kind: SQUARE, target, second });
    }
    target += sizeOfOutput(output);
  }
  return { readouts, numValues };
}

/** Whether a circuit gives ⟨Z⟩ on every wire, in order. */
export function isExpvalsZ({ outputs, numWires }: Circuit): boolean {
  return (
    outputs.length === numWires &&
    outputs.every((output, wire) => {
      if (!("expval" in output) || output.expval.length !== 1) return false;
      const [{ coefficient, word }] = output.expval;
      return coefficient === 1 && word === `Z${wire}`;
    })
  );
}
