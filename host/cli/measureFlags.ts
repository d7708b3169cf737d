import { type Command, Option } from "commander";
import { UsageError } from "../check.ts";
import { NOISE_FORM } from "../circuit/noise/model.ts";
import { MAX_SHOTS, SIMULATIONS, type Simulated } from "../circuit/noise/tape.ts";
import type { PredictionSettings } from "../evaluation/measuredPredictions.ts";
import type { Platform } from "../platform/platform.ts";
import type { MeasuredRequest } from "../work/measured.ts";
import { parseNumber, parseNumbers } from "./terminal.ts";

// Beside measured.ts, so that a prediction loads neither metrics nor reports.

/** What a user says about shots and noise. */
export interface MeasureFlags {
  shots?: number[];
  noise?: string;
  repetitions?: number;
  measureSeed?: number;
  simulation?: Simulated;
  trajectories?: number;
  zne?: number[] | boolean;
  csv?: string;
  plot?: string;
  keep?: boolean;
  json?: boolean;
}

const NAMES = ["repetitions", "measureSeed", "simulation", "trajectories", "zne", "csv", "plot", "keep"] as const;
export const MEASURE_GROUP = "Shots and noise:";
/** Of --zne alone. */
const SCALES = [1, 3, 5];

/**
 * Adds --shots and --noise and what goes with them. evaluate: also extrapolation and files that are written; predict:
 * one setting, no sweep.
 */
export function addMeasure(command: Command, door: "evaluate" | "compare" | "predict"): void {
  const one = door === "predict";
  const add = (flags: string, help: string, parse?: (text: string) => unknown) => {
    const option = new Option(flags, help).helpGroup(MEASURE_GROUP);
    command.addOption(parse ? option.argParser(parse) : option);
  };
  add(
    one ? "--shots <n>" : "--shots <n,...>",
    one
      ? `shots of the circuit: mean probabilities as a device would give them (1 to ${MAX_SHOTS}; with --noise also 0, for exact values)`
      : `shots of the circuit, 0 for exact values; several are a sweep (0 to ${MAX_SHOTS})`,
    parseNumbers,
  );
  add(
    "--noise <spec>",
    `${NOISE_FORM}, or a JSON file${one ? "" : "; a number alone behind a comma is another strength of the channel before it, and a sweep: depolarizing:0.005,0.01,0.03"}`,
  );
  add("--repetitions <n>", "measurements of every setting that the intervals are over (default: 10)", parseNumber);
  add(one ? "--seed, --measure-seed <n>" : "--measure-seed <n>", "seed of shots and noise (default: 0)", parseNumber);
  command.addOption(
    new Option("--simulation <name>", "how channels are simulated (default: density up to 8 qubits)")
      .choices(SIMULATIONS)
      .helpGroup(MEASURE_GROUP),
  );
  add("--trajectories <n>", "trajectories per image (default: one for each shot; 200 without shots)", parseNumber);
  if (door !== "evaluate") return;
  add(
    "--zne [scales]",
    "zero-noise extrapolation by global folding at these scale factors (default: 1,3,5)",
    parseNumbers,
  );
  add("--csv <file>", "write the table as comma-separated values");
  add("--plot <file.svg>", "write accuracy against shots or strength as a picture");
  add("--keep", "keep the table in the run folder and show it in its report");
}

/** The measurements that were asked for; null: none. @throws UsageError on flags without --shots or --noise */
export async function measuredRequest(platform: Platform, flags: MeasureFlags): Promise<MeasuredRequest | null> {
  const { shots, noise, zne, repetitions, measureSeed, simulation, trajectories } = flags;
  if (shots === undefined && noise === undefined) {
    const other = NAMES.find((name) => flags[name] !== undefined);
    if (other === undefined) return null;
    const flag = `--${other.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw new UsageError(`${flag}: expected --shots or --noise with it`);
  }
  return {
    ...{ shots: shots ?? [0], noise: await noiseOf(platform, noise) },
    ...{ spec: noise, repetitions, simulation, trajectories, seed: measureSeed },
    ...(zne !== undefined && zne !== false && { scales: zne === true ? SCALES : zne }),
  };
}

async function noiseOf(platform: Platform, noise?: string): Promise<MeasuredRequest["noise"]> {
  if (noise === undefined) return [undefined];
  return (await import("../work/measured.ts")).readNoise(platform, noise);
}

/** The one setting that predictions are made with. @throws UsageError on a sweep, and where all would be exact */
export function settingOf({ shots, noise, spec: _, ...settings }: MeasuredRequest): PredictionSettings {
  if (shots.length !== 1) throw new UsageError(`--shots: expected one number, got ${shots.join(",")}: evaluate sweeps`);
  if (noise.length !== 1) throw new UsageError(`--noise: expected one strength, got ${noise.length}: evaluate sweeps`);
  const [[count], [model]] = [shots, noise];
  if (count === 0 && !model)
    throw new UsageError("--shots: expected at least 1 without --noise, got 0: leave it out for exact predictions");
  return { ...settings, shots: count, noise: model ?? undefined };
}
