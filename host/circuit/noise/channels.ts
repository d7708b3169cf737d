import { isRecord, UsageError } from "../../check.ts";

/** One parameter of a channel. */
export interface ChannelParam {
  readonly name: string;
  /** probability: 0 to 1; time: above 0; duration: at least 0. */
  readonly kind: "probability" | "time" | "duration";
  /** What it is where it is left out; without one it must be given. */
  readonly default?: number;
  readonly help: string;
}

export interface Channel {
  /** Its number on the noise tape; readout is no channel of the state and has none. */
  readonly kind: number | null;
  /** Its class in PennyLane; null where there is none. */
  readonly pennylane: string | null;
  readonly params: readonly ChannelParam[];
  /** How many Kraus matrices the engine makes of it. */
  readonly kraus: number;
  readonly help: string;
}

const probability = (name: string, help: string, standard?: number): ChannelParam => ({
  ...{ name, kind: "probability", help },
  ...(standard !== undefined && { default: standard }),
});

/**
 * Every noise channel by name, with its parameters in the order that a SPEC gives them. Definitions are PennyLane's:
 * https://docs.pennylane.ai/en/stable/introduction/operations.html#noisy-channels
 */
export const CHANNELS = {
  kraus: { kind: 0, pennylane: "QubitChannel", params: [], kraus: 0, help: "any list of Kraus matrices, as JSON only" },
  depolarizing: {
    ...{ kind: 1, pennylane: "DepolarizingChannel", kraus: 4 },
    params: [probability("p", "of X, Y or Z, a third each")],
    help: "X, Y or Z",
  },
  "amplitude-damping": {
    ...{ kind: 2, pennylane: "AmplitudeDamping", kraus: 2 },
    params: [probability("gamma", "of decay from 1 to 0")],
    help: "decay from 1 to 0",
  },
  "generalized-amplitude-damping": {
    ...{ kind: 3, pennylane: "GeneralizedAmplitudeDamping", kraus: 4 },
    params: [probability("gamma", "of exchange with the environment"), probability("p", "of 1 in equilibrium")],
    help: "exchange with a warm environment",
  },
  "phase-damping": {
    ...{ kind: 4, pennylane: "PhaseDamping", kraus: 2 },
    params: [probability("gamma", "of losing the phase")],
    help: "loss of phase",
  },
  "bit-flip": { kind: 5, pennylane: "BitFlip", kraus: 2, params: [probability("p", "of X")], help: "X" },
  "phase-flip": { kind: 6, pennylane: "PhaseFlip", kraus: 2, params: [probability("p", "of Z")], help: "Z" },
  reset: {
    ...{ kind: 7, pennylane: "ResetError", kraus: 5 },
    params: [probability("p0", "of a reset to 0"), probability("p1", "of a reset to 1; both together at most 1", 0)],
    help: "reset to 0 or 1",
  },
  "thermal-relaxation": {
    ...{ kind: 8, pennylane: "ThermalRelaxationError", kraus: 4 },
    params: [
      { name: "t1", kind: "time", help: "relaxation time T1" },
      { name: "t2", kind: "time", help: "dephasing time T2, at most 2 · T1" },
      { name: "time", kind: "duration", help: "duration of the gate, in the unit of T1 and T2" },
      probability("excited", "of 1 in equilibrium", 0),
    ],
    help: "relaxation and dephasing during a gate",
  },
  readout: {
    ...{ kind: null, pennylane: null, kraus: 0 },
    params: [
      probability("p01", "to read 1 for 0"),
      { name: "p10", kind: "probability", help: "to read 0 for 1; default p01" },
    ],
    help: "errors of the measurement itself",
  },
} as const satisfies Record<string, Channel>;

export type ChannelName = keyof typeof CHANNELS;

export const CHANNEL_NAMES = Object.keys(CHANNELS) as [ChannelName, ...ChannelName[]];

/** The row of a channel. */
export function channelOf(name: ChannelName): Channel {
  return CHANNELS[name];
}

/** The name of a channel however it is written: bit-flip, bitFlip, BitFlip. @throws UsageError listing all names */
export function channelName(text: unknown, where: string): ChannelName {
  const plain = (name: string) => name.toLowerCase().replace(/[^a-z]/g, "");
  const found =
    typeof text === "string"
      ? CHANNEL_NAMES.find((name) =>
          [name, channelOf(name).pennylane ?? name]
            .map(plain)
            .includes(plain(text).replace(/^depolarising/, "depolarizing")),
        )
      : undefined;
  if (found !== undefined) return found;
  throw new UsageError(`${where}: expected a channel (${CHANNEL_NAMES.join(", ")}), got ${JSON.stringify(text)}`);
}

/** A complex number as data: real, or [real, imaginary]. */
export type ComplexData = number | readonly [number, number];

/** Kraus matrices as (count, d, d) pairs of real and imaginary parts. */
export interface Kraus {
  readonly wires: 1 | 2;
  readonly count: number;
  readonly values: readonly number[];
}

const MOST_MATRICES = 64;
/** How far Σ K†K may be from the identity. */
const TRACE_TOLERANCE = 1e-8;

/**
 * Checks Kraus matrices: all 2 × 2 or all 4 × 4, at most 64, finite, Σ K†K = 1.
 * @throws UsageError that says what is wrong, and where
 */
export function checkKraus(given: unknown, where: string): Kraus {
  const fail = (expected: string, got: unknown): never => {
    throw new UsageError(`${where}: expected ${expected}, got ${short(got)}`);
  };
  const forms = "matrices as a list of 2 × 2 or 4 × 4 lists of numbers or [real, imaginary]";
  if (!Array.isArray(given) || given.length === 0 || given.length > MOST_MATRICES) {
    return fail(`1 to ${MOST_MATRICES} ${forms}`, Array.isArray(given) ? `${given.length} matrices` : given);
  }
  const d = Array.isArray(given[0]) ? given[0].length : 0;
  if (d !== 2 && d !== 4) return fail(forms, given[0]);
  const values: number[] = [];
  given.forEach((matrix: unknown, k) => {
    const shaped =
      Array.isArray(matrix) && matrix.length === d && matrix.every((row) => Array.isArray(row) && row.length === d);
    if (!shaped) fail(`matrix ${k} as ${d} rows of ${d}, as the first`, matrix);
    for (const entry of (matrix as unknown[][]).flat()) {
      const pair = typeof entry === "number" ? [entry, 0] : entry;
      const fits = Array.isArray(pair) && pair.length === 2 && pair.every((part) => Number.isFinite(part));
      if (!fits) fail(`entries of matrix ${k} as finite numbers or [real, imaginary]`, entry);
      values.push(...(pair as [number, number]));
    }
  });
  const off = traceError(values, d);
  if (!(off <= TRACE_TOLERANCE)) {
    fail(
      "a channel that preserves the trace: the sum of K†K is the identity",
      `a sum that is ${off.toPrecision(3)} off`,
    );
  }
  return { wires: d === 2 ? 1 : 2, count: given.length, values };
}

/** The largest entry of Σ K†K − 1. */
function traceError(values: readonly number[], d: number): number {
  let largest = 0;
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) {
      let [re, im] = [i === j ? -1 : 0, 0];
      for (let k = 0; k < values.length; k += 2 * d * d) {
        for (let l = 0; l < d; l++) {
          const [a, b] = [k + 2 * (l * d + i), k + 2 * (l * d + j)];
          re += values[a] * values[b] + values[a + 1] * values[b + 1];
          im += values[a] * values[b + 1] - values[a + 1] * values[b];
        }
      }
      largest = Math.max(largest, Math.abs(re), Math.abs(im));
    }
  }
  return largest;
}

/**
 * The parameters of a channel in the order of its row, checked.
 * @throws UsageError that names the parameter, what is expected and what came
 */
export function checkParams(name: ChannelName, given: unknown, where: string): number[] {
  const record = isRecord(given) ? given : {};
  const values = channelOf(name).params.map(({ name: param, kind, default: standard }) => {
    const value = record[param] ?? standard ?? (param === "p10" ? record.p01 : undefined);
    const expected = {
      probability: "a probability from 0 to 1",
      time: "a time above 0",
      duration: "a time of at least 0",
    }[kind];
    const fits =
      typeof value === "number" &&
      (kind === "probability"
        ? value >= 0 && value <= 1
        : Number.isFinite(value) && (kind === "time" ? value > 0 : value >= 0));
    if (!fits) throw new UsageError(`${where}: ${param}: expected ${expected}, got ${short(value)}`);
    return value;
  });
  if (name === "reset" && values[0] + values[1] > 1) {
    throw new UsageError(`${where}: expected p0 + p1 of at most 1, got ${values[0]} + ${values[1]}`);
  }
  if (name === "thermal-relaxation" && values[1] > 2 * values[0]) {
    throw new UsageError(`${where}: expected t2 of at most 2 · t1 = ${2 * values[0]}, got ${values[1]}`);
  }
  return values;
}

/** A value in a message: short, whatever it is. */
export function short(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = typeof value === "string" ? value : typeof value === "number" ? String(value) : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
