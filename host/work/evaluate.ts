import { openDataset } from "../api.ts";
import { UsageError } from "../check.ts";
import { createSplit, joinImages } from "../datasets/images.ts";
import { setFile } from "../datasets/sources/medmnist.ts";
import { type Dataset, type Protocol, type Split, type SplitName, splitNames, type Task } from "../datasets/types.ts";
import type { ModelInfo } from "../network/model.ts";
import type { Network } from "../network/network.ts";
import type { Platform } from "../platform/platform.ts";
import { RUN_FILES } from "../training/files.ts";
import type { TrainOptions } from "../training/options.ts";
import { checkModelOfRun, dataToOpen, isAddress, type RunIdentity, readRunIdentity } from "../training/record.ts";
import type { ReadControl } from "./context.ts";
import { warningsOf } from "./data.ts";

/** A loaded model, and where it lies. */
export interface LocatedModel {
  path: string;
  network: Network;
  info: ModelInfo;
  /** The run whose folder it lies in, if it does. */
  run: RunIdentity | null;
}

/** Task, splits and seed of the data that a model was trained on. */
export function splitOf({ data, training }: Pick<ModelInfo, "data"> & { training: { seed: number } }) {
  return {
    task: data.task as Task,
    protocol: data.protocol as Protocol,
    splitRatio: data.splitRatio,
    seed: training.seed,
    ...((data.positive ?? data.reading?.positive) && {
      positive: data.positive ?? data.reading?.positive ?? undefined,
    }),
  };
}

/** How other data are read; a model's own are read as its run read them. */
export const DATA_OPTIONS = ["keys", "range", "window", "frame", "group", "strict", "cache"] as const;

export interface ModelDataOptions
  extends Partial<Pick<TrainOptions, Exclude<(typeof DATA_OPTIONS)[number], "range" | "window">>>,
    ReadControl {
  range?: readonly number[] | "auto";
  window?: readonly number[];
  /** Data's class → model's class, where names differ. */
  renames?: Readonly<Record<string, string>>;
}

/**
 * Opens data to evaluate a model on, by its own task, splits and size, with its classes found by their names; default:
 * the data that it was trained on. Others that state no splits are all test images.
 */
export async function openModelData(
  platform: Platform,
  { path, network, info, run }: LocatedModel,
  given?: string,
  options: ModelDataOptions = {},
): Promise<{ data: Dataset; warnings: string[] }> {
  const { channels, height, width, fit } = network.architecture;
  const { name, md5, reading } = info.data;
  const note = run && checkModelOfRun(path, info, run.id);
  const source = dataToOpen(path, given ?? (await trainingData(platform, path, info, run)), given);
  const asked = chosen(options);
  const own: ModelDataOptions = given === undefined && run ? chosen(run.config.options) : (reading?.stated ?? {});
  const data = await openDataset(source, {
    ...{ platform, ...splitOf(info), channels: channels as 1 | 3, size: { height, width }, fit },
    // A range that is asked for replaces a window, and the other way round.
    ...(asked.range || asked.window ? { ...own, range: undefined, window: undefined } : own),
    ...{ ...asked, renames: options.renames, signal: options.signal, onProgress: options.onProgress },
    isRemembered: given !== undefined && !asked.range && !asked.window,
    like: reading?.values ?? undefined,
    model: { name, md5, classNames: info.classNames, sourceClasses: reading?.sourceClasses },
  });
  return { data, warnings: [...(note === null ? [] : [note]), ...(await warningsOf(data, options))] };
}

/** Of options of training those that say how data are read. */
function chosen(options: ModelDataOptions): ModelDataOptions {
  const given = DATA_OPTIONS.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]]));
  return Object.fromEntries(given) as ModelDataOptions;
}

/** One split to evaluate, or all together. */
export type SplitChoice = SplitName | "all";

/** A split, or all of them one after the other. @throws UsageError when it holds no image */
export async function chosenSplit(data: Dataset, name: SplitChoice): Promise<Split> {
  const parts = await Promise.all((name === "all" ? splitNames : [name]).map((split) => data.split(split)));
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  if (count === 0) {
    const has = splitNames.filter((split) => data.counts[split] > 0).map((split) => `${split} (${data.counts[split]})`);
    throw new UsageError(
      `${data.name}: expected images in split ${name}, got none; there are ${has.join(", ")}, and all`,
    );
  }
  if (parts.length === 1) return parts[0];
  const labels = new Uint8Array(count);
  const rows = parts.flatMap(({ matrix }) => (matrix ? [matrix] : []));
  const matrix = new Uint8Array(rows.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  let filled = 0;
  for (const part of parts) {
    labels.set(part.labels, at);
    at += part.count;
  }
  for (const row of rows) {
    matrix.set(row, filled);
    filled += row.length;
  }
  const images = joinImages(parts, data.height * data.width * data.channels);
  const { ordered } = parts[0];
  const several = { ...(rows.length > 0 && { matrix }), ...(ordered && { ordered }) };
  return createSplit(data.name, { count, labels, ...several }, images);
}

/** The run whose folder a model lies in, if it does. @throws HqcnnError when config.json there is damaged */
export async function runAround(platform: Platform, modelPath: string): Promise<RunIdentity | null> {
  const folder = modelPath.slice(0, modelPath.length - platform.basename(modelPath).length) || ".";
  if ((await platform.stat(platform.join(folder, RUN_FILES.config))) === null) return null;
  return readRunIdentity(platform, folder);
}

/** What the model was trained on: from the run folder around it, else a set of the table by its name. */
async function trainingData(
  platform: Platform,
  modelPath: string,
  info: ModelInfo,
  run: RunIdentity | null,
): Promise<string> {
  if (run) {
    const { options, data } = run.config;
    // Of a run that was made in a page, or elsewhere, the path says nothing here.
    const isThere = isAddress(data.path) || (await platform.stat(data.path)) !== null;
    return isThere || !setFile(options.data) ? data.path : options.data;
  }
  if (setFile(info.data.name)) return info.data.name;
  throw new UsageError(`${modelPath} was trained on ${info.data.name}: say where it is with --data`);
}
