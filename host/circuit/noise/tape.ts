import { HqcnnError, UsageError } from "../../check.ts";
import type { Circuit } from "../circuit.ts";
import { MAX_DENSITY_WIRES, MEMORY_BYTES, mebibytes, mostWires } from "../limits.ts";
import type { Letters } from "../observables.ts";
import { encodeTape, listReadouts, PROBS, type Readout, SQUARE, type Tape, TERM } from "../tape.ts";
import { channelOf } from "./channels.ts";
import { type CheckedRule, checkNoise, type NoiseModel, parseNoiseSpec } from "./model.ts";
import { type PlacedNoise, placeNoise } from "./place.ts";

/** How the outputs of a circuit are measured. */
export interface MeasureOptions {
  /** Repetitions of the circuit for every group of words that are measured together; 0 (default): exact values. */
  shots?: number;
  /** A noise model, or a SPEC as `--noise` takes it; default none. */
  noise?: NoiseModel | string;
  /** Start of the random numbers, u32; default 0. */
  seed?: number;
  /**
   * How channels are simulated: a density matrix (exact, up to 10 wires; the default up to 8), or trajectories, of
   * which each draws one Kraus matrix a channel.
   */
  simulation?: Simulated;
  /** How many trajectories are averaged, or share the shots; default as many as shots, 200 without. */
  trajectories?: number;
}

export const SIMULATIONS = ["density", "trajectories"] as const;
export type Simulated = (typeof SIMULATIONS)[number];

/** How derivatives are found. */
export const GRADIENTS = ["adjoint", "parameter-shift", "finite-differences", "spsa"] as const;
export type GradientMethod = (typeof GRADIENTS)[number];

/** Half the distance of the two points of a difference, in radians, unless told otherwise. */
export const GRADIENT_STEPS = { "finite-differences": 1e-5, spsa: 0.1 } as const;
export const MAX_DIRECTIONS = 10_000;

export interface GradientSettings {
  /** Default adjoint; parameter-shift with shots or noise. */
  gradient?: GradientMethod;
  /** Half the distance of finite differences and of SPSA, in radians; default as in GRADIENT_STEPS. */
  step?: number;
  /** Random directions that SPSA averages; default 1. */
  directions?: number;
}

/** How a circuit is measured and differentiated: by default exactly, by the adjoint. */
export type EstimateSettings = MeasureOptions & GradientSettings;

/** Up to so many wires a density matrix is what is used unless told otherwise. */
const DENSITY_WIRES = 8;
export const MAX_SHOTS = 1_000_000;
const DEFAULT_TRAJECTORIES = 200;
/** Random numbers of trajectories are counted below this, of measurement groups below the other. */
const MOST_DRAWS = 2 ** 30;
const MOST_GROUPS = 4096;

const MODES = { ket: 0, density: 1, trajectories: 2 } as const;

/** A circuit and how it is run, as the engine's estimate.ts reads it. */
export interface EstimateTape {
  tape: Tape;
  /** The noise tape. */
  bytes: Uint8Array<ArrayBuffer>;
  /** What quantumEstimateScratchBytes takes. */
  sizes: readonly [number, number, number, number, number, number, number, number];
  seed: number;
  mode: keyof typeof MODES;
  shots: number;
  trajectories: number;
  /** What has to be said: rules that act nowhere. */
  unmatched: readonly string[];
}

/** The noise model of options as checked rules. @throws UsageError */
export function rulesOf(noise: MeasureOptions["noise"]): CheckedRule[] {
  if (noise === undefined) return [];
  return checkNoise(typeof noise === "string" ? parseNoiseSpec(noise) : noise);
}

/** Whether the outputs are other than exact ones of a pure state. */
export function isMeasured({ shots = 0, noise }: MeasureOptions): boolean {
  return shots !== 0 || noise !== undefined;
}

/**
 * The method of gradients that options ask for.
 * @throws UsageError for adjoint with shots or noise, finite differences with shots, impossible numbers, and numbers
 * that belong to another method
 */
export function gradientOf(measure: MeasureOptions, settings: GradientSettings, circuit: Circuit): GradientMethod {
  const { shots = 0 } = measure;
  const { gradient = isMeasured(measure) ? "parameter-shift" : "adjoint", step, directions } = settings;
  if (!GRADIENTS.includes(gradient)) {
    throw new UsageError(`gradient: expected ${GRADIENTS.join(", ")}, got ${String(gradient)}`);
  }
  if (gradient === "adjoint" && isMeasured(measure)) {
    const why = shots > 0 ? "shots, which leave no state to undo gates on" : "noise, which cannot be undone";
    throw new UsageError(`gradient: expected parameter-shift or spsa, got adjoint with ${why}`);
  }
  if (gradient === "finite-differences" && shots > 0) {
    throw new UsageError(
      "gradient: expected parameter-shift or spsa, got finite-differences with shots, whose noise they enlarge",
    );
  }
  if (step !== undefined && !(Number.isFinite(step) && step > 0)) {
    throw new UsageError(`step: expected a number above 0, got ${step}`);
  }
  if (step !== undefined && !(gradient in GRADIENT_STEPS)) {
    throw new UsageError(`step: expected the gradient finite-differences or spsa with it, got ${gradient}`);
  }
  wholeNumber("directions", directions ?? 1, 1, MAX_DIRECTIONS);
  if (directions !== undefined && gradient !== "spsa") {
    throw new UsageError(`directions: expected the gradient spsa with them, got ${gradient}`);
  }
  const embedding = circuit.operations.findIndex(({ name }) => name === "AmplitudeEmbedding");
  if (gradient === "parameter-shift" && embedding >= 0) {
    throw new UsageError(
      `gradient: operation ${embedding} (AmplitudeEmbedding) has no angle to shift: use ${shots > 0 ? "spsa" : "spsa or finite-differences"}`,
    );
  }
  return gradient;
}

function wholeNumber(what: string, value: number, low: number, high: number): number {
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw new UsageError(`${what}: expected a whole number from ${low} to ${high}, got ${String(value)}`);
}

/**
 * A circuit and how it is measured, for the engine.
 * @param origins see placeNoise
 * @throws UsageError on options and noise that cannot be, with the rule and operation
 */
export function encodeEstimate(
  circuit: Circuit,
  measure: MeasureOptions,
  settings: GradientSettings = {},
  origins?: readonly number[],
): EstimateTape {
  const { shots = 0, seed = 0, simulation } = measure;
  wholeNumber("shots", shots, 0, MAX_SHOTS);
  wholeNumber("seed", seed, 0, 2 ** 32 - 1);
  const rules = rulesOf(measure.noise);
  const placed = placeNoise(circuit, rules, origins);
  const mode = modeFor(circuit, placed, simulation);
  const trajectories = wholeNumber(
    "trajectories",
    measure.trajectories ?? (shots || DEFAULT_TRAJECTORIES),
    1,
    MAX_SHOTS,
  );
  if (mode === "trajectories" && trajectories * placed.placements.length >= MOST_DRAWS) {
    throw new UsageError(
      `trajectories: expected at most ${Math.floor((MOST_DRAWS - 1) / placed.placements.length)} for ${placed.placements.length} channels, got ${trajectories}`,
    );
  }
  // without a method, forward alone is asked for
  const gradient = settings.gradient && gradientOf(measure, settings, circuit);
  const method = gradient === undefined ? 0 : Math.max(0, GRADIENTS.indexOf(gradient) - 1);
  const { bytes, numValues, numGroups, channelBytes } = encodeNoise(circuit, rules, placed, {
    ...{ mode: MODES[mode], shots, trajectories, method, directions: settings.directions ?? 1 },
    step: settings.step ?? GRADIENT_STEPS[gradient === "spsa" ? "spsa" : "finite-differences"],
  });
  const tape = encodeTape(circuit);
  const { numWires, numInputs, numWeights } = circuit;
  const stateWires = mode === "density" ? 2 * numWires : numWires;
  checkMemory(numWires, numGroups, mode === "density");
  return {
    ...{ tape, bytes, seed, mode, shots, trajectories, unmatched: placed.unmatched },
    sizes: [numWires, stateWires, numInputs, numWeights, tape.numOps, numValues, numGroups, channelBytes],
  };
}

/**
 * Two states of two samples each, and probabilities of the basis for every group and their sums: what grows with the
 * wires of quantumEstimateScratchBytes, which counts with 32 bits.
 * @throws HqcnnError where that does not fit the engine's memory
 */
function checkMemory(numWires: number, numGroups: number, isDensity: boolean): void {
  const bytesOf = (wires: number) =>
    64 * 2 ** (isDensity ? 2 * wires : wires) + (16 * (numGroups + 1) + 8) * 2 ** wires;
  const needed = bytesOf(numWires);
  if (needed <= MEMORY_BYTES) return;
  throw new HqcnnError(
    `shots and noise: ${numWires} wires and ${numGroups} groups of words that are measured together need ${mebibytes(needed)} of the engine's memory, ` +
      `which has ${mebibytes(MEMORY_BYTES)}: use at most ${mostWires(numWires, bytesOf)} wires, or fewer words`,
  );
}

/** @throws UsageError where a rule acts nowhere in the circuit: its results would look free of noise */
export function refuseUnmatched({ unmatched }: Pick<EstimateTape, "unmatched">): void {
  if (unmatched.length > 0) throw new UsageError(unmatched[0]);
}

function modeFor({ numWires }: Circuit, { placements }: PlacedNoise, asked?: Simulated): keyof typeof MODES {
  if (asked !== undefined && !SIMULATIONS.includes(asked)) {
    throw new UsageError(`simulation: expected ${SIMULATIONS.join(" or ")}, got ${String(asked)}`);
  }
  if (asked === "density" && numWires > MAX_DENSITY_WIRES) {
    throw new UsageError(
      `simulation: a density matrix has at most ${MAX_DENSITY_WIRES} wires, got ${numWires}: use trajectories`,
    );
  }
  if (placements.length === 0) return "ket";
  return asked ?? (numWires <= DENSITY_WIRES ? "density" : "trajectories");
}

/** Words that share an eigenbasis on every wire: what is measured at once. */
type Group = Map<number, string>;

/** The group of every readout: the first that it fits into, as qubit-wise commuting words are usually collected. */
function groupReadouts(readouts: readonly Readout[]): { groups: Group[]; of: number[] } {
  const groups: Group[] = [];
  const of = readouts.map((readout) => {
    if (readout.kind === SQUARE) return 0;
    const letters: Letters =
      readout.kind === PROBS ? readout.wires.map((wire) => ["Z", wire] as const) : readout.letters;
    const fits = (group: Group) => letters.every(([letter, wire]) => (group.get(wire) ?? letter) === letter);
    let at = groups.findIndex(fits);
    if (at < 0) at = groups.push(new Map()) - 1;
    for (const [letter, wire] of letters) groups[at].set(wire, letter);
    return at;
  });
  if (groups.length > MOST_GROUPS) {
    throw new HqcnnError(
      `outputs: expected at most ${MOST_GROUPS} groups of words that are measured together, got ${groups.length}`,
    );
  }
  return { groups, of };
}

const HEADER_BYTES = 80;
const CHANNEL_BYTES = 64;
const PLACEMENT_BYTES = 16;
const GROUP_BYTES = 8;
const READOUT_BYTES = 64;

const round16 = (bytes: number) => Math.ceil(bytes / 16) * 16;

/** Bytes of a channel as the engine expands it: see assembly/quantum/channels.ts. */
function expandedBytes(wires: number, numKraus: number): number {
  const d = 2 ** wires;
  return round16(16 + 16 * numKraus + 2 * numKraus * 16 * d * d + 24 * d ** 4);
}

/** Little endian; assembly/quantum/noise.ts and channels.ts read it. */
function encodeNoise(
  circuit: Circuit,
  rules: readonly CheckedRule[],
  { placements, errors }: PlacedNoise,
  header: { mode: number; shots: number; trajectories: number; method: number; directions: number; step: number },
): { bytes: Uint8Array<ArrayBuffer>; numValues: number; numGroups: number; channelBytes: number } {
  const { numWires } = circuit;
  const bitOf = (wire: number) => numWires - 1 - wire;
  const mask = (wires: readonly number[]) => wires.reduce((bits, wire) => bits | (1 << bitOf(wire)), 0);
  const { readouts, numValues } = listReadouts(circuit);
  const { groups, of } = groupReadouts(readouts);
  const used = rules.map((_, i) => i).filter((i) => placements.some(({ rule }) => rule === i));
  const placementsAt = HEADER_BYTES + used.length * CHANNEL_BYTES;
  const readoutsAt = placementsAt + placements.length * PLACEMENT_BYTES;
  const errorsAt = readoutsAt + readouts.length * READOUT_BYTES;
  const groupsAt = errorsAt + numWires * 16;
  const dataAt = round16(groupsAt + groups.length * GROUP_BYTES);
  const total = used.reduce((sum, i) => sum + 8 * (rules[i].kraus?.values.length ?? 0), dataAt);
  const view = new DataView(new ArrayBuffer(total));
  const put = (at: number, words: readonly number[]) =>
    words.forEach((word, i) => {
      view.setInt32(at + 4 * i, word, true);
    });
  const putDoubles = (at: number, numbers: readonly number[]) =>
    numbers.forEach((number, i) => {
      view.setFloat64(at + 8 * i, number, true);
    });
  let data = dataAt;
  let channelBytes = 0;
  used.forEach((i, at) => {
    const { name, params, kraus } = rules[i];
    const { kind, kraus: fixed } = channelOf(name);
    const [count, wires] = [kraus?.count ?? fixed, kraus?.wires ?? 1];
    const to = HEADER_BYTES + at * CHANNEL_BYTES;
    put(to, [kind!, count, wires, data, channelBytes]);
    putDoubles(to + 32, params);
    putDoubles(data, kraus?.values ?? []);
    data += 8 * (kraus?.values.length ?? 0);
    channelBytes += expandedBytes(wires, count);
  });
  placements.forEach(({ after, rule, wires: [first, second] }, i) => {
    const bits = [bitOf(first), second === undefined ? -1 : bitOf(second)];
    put(placementsAt + i * PLACEMENT_BYTES, [after, used.indexOf(rule), ...bits]);
  });
  groups.forEach((group, i) => {
    const on = (letter: string) => mask([...group].flatMap(([wire, own]) => (own === letter ? [wire] : [])));
    put(groupsAt + i * GROUP_BYTES, [on("X"), on("Y")]);
  });
  readouts.forEach((readout, i) => {
    const at = readoutsAt + i * READOUT_BYTES;
    const { kind, target } = readout;
    if (kind === TERM) {
      put(at, [kind, target, of[i], mask(readout.letters.map(([, wire]) => wire))]);
      view.setFloat64(at + 32, readout.coefficient, true);
    } else if (kind === PROBS) {
      put(at, [kind, target, of[i], 0, 0, readout.wires.length]);
      readout.wires.forEach((wire, j) => {
        view.setUint8(at + 40 + j, bitOf(wire));
      });
    } else put(at, [kind, target, 0, 0, readout.second]);
  });
  errors?.forEach((pair, wire) => {
    putDoubles(errorsAt + 16 * bitOf(wire), pair);
  });
  const { mode, shots, trajectories, method, directions, step } = header;
  put(0, [mode, shots, trajectories, method, directions, used.length, placements.length, groups.length]);
  put(32, [readouts.length, numValues, placementsAt, groupsAt, readoutsAt, errorsAt]);
  view.setFloat64(56, step, true);
  put(64, [channelBytes, errors === null ? 0 : 1]);
  return { bytes: new Uint8Array(view.buffer), numValues, numGroups: groups.length, channelBytes };
}
