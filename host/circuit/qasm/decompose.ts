import { HqcnnError } from "../../check.ts";
import type { Primitive } from "../gates.ts";

// The engine's gates in those of qelib1.inc, the global phase included: what OpenQASM 2 has no name for.

/** A gate of qelib1.inc: h, x, s, sdg, ry, rz, u1, cu1, cx or ccx. */
export interface Step {
  name: string;
  wires: readonly number[];
  angle?: number;
}

/** A phase on so many wires becomes 2^wires parities. */
const MOST_PHASE_WIRES = 9;

const step = (name: string, ...wires: number[]): Step => ({ name, wires });
const turn = (name: string, angle: number, ...wires: number[]): Step => ({ name, wires, angle });

/** @param angle α of the primitive. @throws HqcnnError for more than 8 controls */
export function decompose({ kind, ones, flip, parity }: Primitive, angle: number): Step[] {
  if (kind === "phase") return phase(ones, angle);
  if (kind === "swap") {
    const controls = ones.filter((wire) => !flip.includes(wire));
    if (flip.length === 1) return not(controls, flip[0]);
    const [a, b] = flip;
    return [step("cx", b, a), ...not([...controls, a], b), step("cx", b, a)];
  }
  // exp(−iα P), P a Pauli word: every letter turned into Z, the parity into one wire
  const isX = (wire: number) => kind !== "Z" && flip.includes(wire);
  const isY = (wire: number) => isX(wire) && parity.includes(wire);
  const targets = kind === "Z" ? parity : [...new Set([...flip, ...parity])];
  const sign = targets.filter(isY).length % 4 < 2 ? 1 : -1;
  const into = targets.flatMap((wire) => [
    ...(isY(wire) ? [step("sdg", wire)] : []),
    ...(isX(wire) ? [step("h", wire)] : []),
  ]);
  const back = targets.flatMap((wire) => [
    ...(isX(wire) ? [step("h", wire)] : []),
    ...(isY(wire) ? [step("s", wire)] : []),
  ]);
  const ladder = targets.slice(1).map((wire, i) => step("cx", targets[i], wire));
  const last = targets[targets.length - 1];
  // on the controls' subspace exp(−iα Z) is a phase −α, and a phase 2α where the parity is 1
  const rotation =
    ones.length === 0
      ? [turn("rz", 2 * sign * angle, last)]
      : [...phase(ones, -sign * angle), ...phase([...ones, last], 2 * sign * angle)];
  return [...into, ...ladder, ...rotation, ...[...ladder].reverse(), ...back];
}

function not(controls: readonly number[], target: number): Step[] {
  if (controls.length < 3) return [step(["x", "cx", "ccx"][controls.length], ...controls, target)];
  return [step("h", target), ...phase([...controls, target], Math.PI), step("h", target)];
}

/**
 * e^{iα} where all wires are 1. x1 x2 … xn = 2^(1−n) Σ_S ± (parity of S) over the subsets S of the wires, + for those
 * of
 * an odd number.
 */
function phase(wires: readonly number[], angle: number): Step[] {
  if (wires.length === 0) {
    // of any wire, on 0 and on 1
    return [turn("u1", angle, 0), step("x", 0), turn("u1", angle, 0), step("x", 0)];
  }
  if (wires.length < 3) return [turn(["u1", "cu1"][wires.length - 1], angle, ...wires)];
  if (wires.length > MOST_PHASE_WIRES) {
    throw new HqcnnError(
      `qasm: OpenQASM 2 has no controlled gates of its own, and ${wires.length - 1} controls take 2^${wires.length} gates: use version 3`,
    );
  }
  const part = angle / 2 ** (wires.length - 1);
  const subsets = Array.from({ length: 2 ** wires.length - 1 }, (_, i) =>
    wires.filter((_, bit) => ((i + 1) >> bit) & 1),
  );
  return subsets.flatMap((subset) => {
    const ladder = subset.slice(1).map((wire, i) => step("cx", subset[i], wire));
    const sign = subset.length % 2 === 1 ? 1 : -1;
    return [...ladder, turn("u1", sign * part, subset[subset.length - 1]), ...[...ladder].reverse()];
  });
}

/**
 * The state with these real amplitudes (divided by their norm) from |0…0⟩, by rotations about Y that the wires before
 * choose: Möttönen et al., Quant. Inf. Comp. 5, 467 (2005), https://arxiv.org/abs/quant-ph/0407010
 */
export function prepareState(amplitudes: readonly number[], numWires: number): Step[] {
  const largest = amplitudes.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest === 0) return [];
  // a level a wire: norms of the subtrees, the amplitudes themselves at the end
  const levels = [amplitudes.map((value) => value / largest)];
  for (let wire = numWires - 1; wire > 0; wire--) {
    const [below] = levels;
    levels.unshift(
      Array.from({ length: below.length / 2 }, (_, i) => Math.sqrt(below[2 * i] ** 2 + below[2 * i + 1] ** 2)),
    );
  }
  return levels.flatMap((values, wire) => {
    const angles = Array.from(
      { length: values.length / 2 },
      (_, i) => 2 * Math.atan2(values[2 * i + 1], values[2 * i]),
    );
    return chosenRotation(angles, wire, 0);
  });
}

/** RY(angles[k]) on a wire where the wires from `first` to it are k. */
function chosenRotation(angles: readonly number[], wire: number, first: number): Step[] {
  if (angles.length === 1) return [turn("ry", angles[0], wire)];
  // CNOTs from the first of these wires before and after RY(β) make it RY(−β)
  const half = angles.length / 2;
  const mean = Array.from({ length: half }, (_, i) => (angles[i] + angles[i + half]) / 2);
  const difference = Array.from({ length: half }, (_, i) => (angles[i] - angles[i + half]) / 2);
  const cx = step("cx", first, wire);
  return [...chosenRotation(mean, wire, first + 1), cx, ...chosenRotation(difference, wire, first + 1), cx];
}
