import { UsageError } from "../../check.ts";
import type { Circuit } from "../circuit.ts";
import { lowerOperation, type Operation, wiresOf } from "../gates.ts";
import type { CheckedRule, NoisePlace } from "./model.ts";

/** One channel on one or two wires, behind a record of the tape; −1: before all. */
export interface Placement {
  after: number;
  rule: number;
  wires: readonly number[];
}

/** Probabilities to read 1 for 0, and 0 for 1, on a wire. */
export type ReadoutError = readonly [p01: number, p10: number];

export interface PlacedNoise {
  /** In order of time. */
  placements: Placement[];
  /** One a wire; null: every wire is read without errors. */
  errors: ReadoutError[] | null;
  /** Rules that act nowhere in this circuit, one line each. */
  unmatched: string[];
}

/** Whether a gate is one that a rule names. A state preparation is no gate: it is named, or left out. */
function isNamed({ gates }: NoisePlace, operation: Operation): boolean {
  const { name } = operation;
  const single = wiresOf(operation).length === 1;
  if (gates?.includes(name)) return true;
  if (name === "AmplitudeEmbedding") return false;
  return gates === undefined || gates.includes(single ? "1q" : "2q");
}

/**
 * Where the channels of a noise model act in a circuit.
 * @param origins of every operation the number that rules know it by; default its own (see foldCircuit)
 * @throws UsageError that names the rule and the operation
 */
export function placeNoise(
  circuit: Circuit,
  rules: readonly CheckedRule[],
  origins: readonly number[] = circuit.operations.map((_, i) => i),
): PlacedNoise {
  const { numWires, operations } = circuit;
  const everyWire = Array.from({ length: numWires }, (_, wire) => wire);
  const matched = rules.map(() => false);
  const placements: Placement[] = [];
  let errors: ReadoutError[] | null = null;
  const numOperations = Math.max(-1, ...origins) + 1;
  rules.forEach((rule) => {
    const { label, place } = rule;
    const beyond = place.wires?.find((wire) => wire >= numWires);
    if (beyond !== undefined) throw new UsageError(`${label}: expected wires from 0 to ${numWires - 1}, got ${beyond}`);
    const missing = place.operations?.find((i) => i >= numOperations);
    if (missing !== undefined) {
      throw new UsageError(`${label}: expected operations from 0 to ${numOperations - 1}, got ${missing}`);
    }
  });
  const add = (after: number, i: number, wires: readonly number[], where: string) => {
    const { place, kraus, label } = rules[i];
    const chosen = place.wires ? wires.filter((wire) => place.wires!.includes(wire)) : wires;
    if (kraus?.wires === 2) {
      if (chosen.length !== 2) {
        throw new UsageError(`${label}: expected two wires for 4 × 4 matrices, got ${chosen.length} at ${where}`);
      }
      placements.push({ after, rule: i, wires: chosen });
    } else for (const wire of chosen) placements.push({ after, rule: i, wires: [wire] });
    if (chosen.length > 0) matched[i] = true;
  };
  const once = (at: "start" | "end", after: number) =>
    rules.forEach(({ place }, i) => {
      if (place.at === at) add(after, i, everyWire, `the ${at}`);
    });
  rules.forEach(({ name, params, place }, i) => {
    if (name !== "readout") return;
    const [p01, p10] = params;
    errors ??= everyWire.map(() => [0, 0]);
    for (const wire of place.wires ?? everyWire) {
      // one error after the other
      const [a, b] = errors[wire];
      errors[wire] = [a * (1 - p10) + (1 - a) * p01, b * (1 - p01) + (1 - b) * p10];
    }
    matched[i] = true;
  });
  once("start", -1);
  let last = -1;
  operations.forEach((operation, at) => {
    last += lowerOperation(operation).length;
    const own = wiresOf(operation);
    rules.forEach(({ name, place, kraus }, i) => {
      if (name === "readout" || place.at) return;
      const named = place.operations ? place.operations.includes(origins[at]) : isNamed(place, operation);
      // 4 × 4 matrices that name no gates are for those on two wires
      const open = kraus?.wires === 2 && place.gates === undefined && place.operations === undefined;
      if (!named || (open && own.length !== 2)) return;
      add(last, i, place.on === "all" ? everyWire : own, `operation ${origins[at]} (${operation.name})`);
    });
  });
  once("end", last);
  const unmatched = rules.flatMap(({ label, place }, i) =>
    matched[i]
      ? []
      : [`${label} acts nowhere: ${place.gates ? `the circuit has no ${place.gates.join(", ")}` : "no gate fits"}`],
  );
  return { placements, errors, unmatched };
}
