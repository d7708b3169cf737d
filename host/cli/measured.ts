import { type Command, Option } from "commander";
import { UsageError } from "../check.ts";
import { NOISE_FORM } from "../circuit/noise/model.ts";
import { MAX_SHOTS, SIMULATIONS, type Simulated } from "../circuit/noise/tape.ts";
import type { Dataset, Split } from "../datasets/types.ts";
import { extrapolationCells, measuredCells, measuredCsv, measuredJson } from "../evaluation/measuredTable.ts";
import type { Network } from "../network/network.ts";
import type { Platform } from "../platform/platform.ts";
import { csvLine } from "../training/files.ts";
import type { WorkContext } from "../work/context.ts";
import { keepMeasured, type MeasuredRequest, measure, measuredPlot, readNoise } from "../work/measured.ts";
import { notesOn } from "../work/notes.ts";
import { createBar, parseNumber, parseNumbers, print, printJson, table } from "./terminal.ts";

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
const GROUP = "Shots and noise:";
/** Of --zne alone. */
const SCALES = [1, 3, 5];

/** Adds --shots and --noise and what goes with them; `files`: also extrapolation and what is written. */
export function addMeasure(command: Command, files = true): void {
  const add = (flags: string, help: string, parse?: (text: string) => unknown) => {
    const option = new Option(flags, help).helpGroup(GROUP);
    command.addOption(parse ? option.argParser(parse) : option);
  };
  add(
    "--shots <n,...>",
    `shots of the circuit, 0 for exact values; several are a sweep (0 to ${MAX_SHOTS})`,
    parseNumbers,
  );
  add(
    "--noise <spec>",
    `${NOISE_FORM}, or a JSON file; a number alone behind a comma is another strength of the channel before it, and a sweep: depolarizing:0.005,0.01,0.03`,
  );
  add("--repetitions <n>", "measurements of every setting that the intervals are over (default: 10)", parseNumber);
  add("--measure-seed <n>", "seed of shots and noise (default: 0)", parseNumber);
  command.addOption(
    new Option("--simulation <name>", "how channels are simulated (default: density up to 8 qubits)")
      .choices(SIMULATIONS)
      .helpGroup(GROUP),
  );
  add("--trajectories <n>", "trajectories per image (default: one for each shot; 200 without shots)", parseNumber);
  if (!files) return;
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
    ...{ shots: shots ?? [0], noise: noise === undefined ? [undefined] : await readNoise(platform, noise) },
    ...{ repetitions, simulation, trajectories, seed: measureSeed },
    ...(zne !== undefined && zne !== false && { scales: zne === true ? SCALES : zne }),
  };
}

/** Measures, prints the table and writes the files that were asked for. */
export async function showMeasured(
  context: WorkContext,
  network: Network,
  images: Split,
  about: { model: string; folder: string | null; data: Dataset; split: string; warnings: readonly string[] },
  request: MeasuredRequest,
  flags: MeasureFlags & { tta?: string },
): Promise<void> {
  const { platform } = context;
  const { data, split, model, folder } = about;
  if (flags.tta !== undefined && flags.tta !== "none") {
    throw new UsageError(`--tta: expected none with --shots or --noise, got ${flags.tta}`);
  }
  if (flags.keep && folder === null) throw new UsageError(`--keep: expected the model of a run folder, got ${model}`);
  const bar = await createBar();
  const result = await measure(network, images, { data: data.name, split }, request, (done, total) =>
    bar.update(done, total, `${done} of ${total} settings`),
  ).finally(() => bar.stop());
  const written: string[] = [];
  const put = async (path: string | undefined, content: () => Promise<string> | string) => {
    if (path === undefined) return;
    await platform.writeFile(path, await content());
    written.push(path);
  };
  await put(flags.csv, () =>
    measuredCsv(result)
      .map((row) => `${csvLine(row)}\n`)
      .join(""),
  );
  await put(flags.plot, () => measuredPlot(result));
  if (flags.keep) written.push(...(await keepMeasured(context, folder!, result)));
  if (flags.json) {
    const note = notesOn(data.protocol).join("; ");
    const [only] = result.rows;
    const single = result.rows.length === 1 && {
      ...{ accuracy: only.accuracy.mean, accuracy_interval: only.accuracy.interval, auc: only.auc?.mean ?? null },
      ...{ cross_entropy: only.crossEntropy.mean, shots: only.shots, noise: only.noise },
    };
    const from = { model, data: data.name, split, count: result.count, protocol: data.protocol, note };
    printJson({ ...from, ...single, ...measuredJson(result), written, warnings: about.warnings });
    return;
  }
  print(
    `${data.name}, split ${split}, protocol ${data.protocol}, ${result.count} images, shots and noise with seed ${result.seed}\n`,
  );
  const numbers = [2, 4, 5, 6, 7, 8];
  print(table(measuredCells(result), numbers));
  const extrapolated = extrapolationCells(result);
  if (extrapolated) {
    print(`\nzero-noise extrapolation, scale factors ${request.scales!.join(", ")}`);
    print(table(extrapolated, [3, 5, 6, 7, 8, 9, 10, 11]));
    print(
      "gain: error of the outputs without extrapolation, divided by that with; variance: of an output over repetitions, in times that without; expected: from the weights alone",
    );
    if (request.scales!.length === 3) print("with three scale factors, polynomial and richardson are the same");
  }
  print("\nintervals: of the mean over repetitions on the same images, by Student's t; – where nothing is random");
  print([...notesOn(data.protocol), ...written.map((path) => `written: ${path}`)].join("\n"));
}
