import { type Command, Option } from "commander";
import { HqcnnError, UsageError } from "../check.ts";
import { classCounts, montage } from "../datasets/inspect.ts";
import { cachePath, fetchDataset, verifyFile } from "../datasets/sources/download.ts";
import { cacheFolder, clearCache } from "../datasets/sources/imageCache.ts";
import {
  fileStem,
  medmnist,
  medmnistSizes,
  sample,
  sampleName,
  setFile,
  volumes,
} from "../datasets/sources/medmnist.ts";
import { openSample, samplePath } from "../datasets/sources/sample.ts";
import { type Dataset, type SplitName, splitNames, TASKS, type Task } from "../datasets/types.ts";
import type { Platform } from "../platform/platform.ts";
import { type LookOptions, openToLook, warningsOf } from "../work/data.ts";
import type { Context, Define } from "./command.ts";
import { defineDecode } from "./decode.ts";
import { addOptions } from "./options.ts";
import { pngRenderer } from "./report.ts";
import {
  addExamples,
  addJson,
  createBar,
  listenForInterrupt,
  note,
  print,
  printJson,
  table,
  warn,
  withReading,
} from "./terminal.ts";

/** hqcnn data */
export const defineData: Define = (command, context) => {
  command.description("Lists, downloads, checks and inspects data sets.");
  defineList(command, context);
  defineFetch(command, context);
  defineVerify(command, context);
  defineInspect(command, context);
  defineDecode(command, context);
  defineClean(command, context);
  addExamples(command, "data fetch bloodmnist", "data fetch bloodmnist --size 64");
};

function defineList(parent: Command, { platform }: Context): void {
  const command = parent
    .command("list")
    .description("Lists the embedded sample and MedMNIST's twelve 2D sets, and which of their sizes are here.")
    .action(async ({ json }: { json?: boolean }) => {
      const sets = await Promise.all(
        [[sampleName, sample] as const, ...Object.entries(medmnist)].map(async ([name, set]) => {
          if (name === sampleName) return { name, ...set, sizes: [28], here: "embedded" };
          const stems = medmnistSizes.map((size) => fileStem(name, size));
          const there = await Promise.all(stems.map((stem) => platform.stat(cachePath(stem, platform))));
          const here = medmnistSizes.filter((_, i) => there[i] !== null).join(", ");
          return { name, ...set, sizes: medmnistSizes, here: here || "no" };
        }),
      );
      if (json) {
        printJson({ folder: platform.cacheFolder, sets });
        return;
      }
      const rows = sets.map(({ name, kind, channels, classNames, counts, license, here }) => [
        name,
        kind,
        channels,
        classNames.length,
        ...splitNames.map((split) => counts[split]),
        license,
        here,
      ]);
      const header = ["name", "task", "channels", "classes", ...splitNames, "licence", "here"];
      print(table([header, ...rows.map((row) => row.map(String))], [2, 3, 4, 5, 6]));
      print(
        `\nEach MedMNIST set comes in ${medmnistSizes.join(", ")} pixels a side: bloodmnist --size 64, or bloodmnist_64.`,
      );
      print(`Fetched sets are kept in ${platform.cacheFolder} (set HQCNN_DATA to change that).`);
    });
  addJson(command);
  addExamples(command, "data list");
}

function defineFetch(parent: Command, { platform }: Context): void {
  const command = parent
    .command("fetch")
    .description("Downloads a MedMNIST set from Zenodo, continues an interrupted download, and checks its MD5.")
    .argument("<name>", `one of ${Object.keys(medmnist).join(", ")}`)
    .addOption(new Option("--base-url <url>", "address before /NAME.npz/content, for mirrors (default: Zenodo)"))
    .addOption(new Option("--size <n>", "pixels a side").choices(medmnistSizes.map(String)).default("28"))
    .action(async (set: string, { size, baseUrl, json }: { size: string; baseUrl?: string; json?: boolean }) => {
      if (volumes.includes(set))
        throw new UsageError(`${set} is a 3D set, which this network cannot take: choose a 2D set`);
      const name = Object.hasOwn(medmnist, set) ? fileStem(set, Number(size)) : set;
      const interrupt = listenForInterrupt("stopping");
      const bar = await createBar();
      try {
        const path = await fetchDataset(name, {
          platform,
          baseUrl,
          signal: interrupt.signal,
          onWait: note,
          onProgress: (done, total) =>
            bar.update(done, total, `${megabytes(done)} of ${total ? megabytes(total) : "?"} MB`),
        });
        bar.stop();
        const { md5 } = setFile(name)!;
        if (json) printJson({ name, path, md5 });
        else print(`${path}\nMD5 ${md5}, as published`);
      } catch (error) {
        bar.stop();
        if (!interrupt.signal.aborted) throw error;
        note(error instanceof Error ? error.message : String(error));
        process.exitCode = interrupt.exitCode;
      }
    });
  addJson(command);
  addExamples(command, "data fetch bloodmnist");
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function defineVerify(parent: Command, { platform }: Context): void {
  const command = parent
    .command("verify")
    .description(
      "Checks an .npz file: its MD5 against the table, its arrays, its labels, and images that occur in two splits.",
    )
    .argument("<file>", "an .npz file in MedMNIST's format, or the name of a set that was fetched")
    .action(async (given: string, { json }: { json?: boolean }) => {
      const file = await fileToVerify(given, platform);
      const isSample = file === samplePath(platform);
      const openFile = isSample ? () => openSample(platform) : platform.openFile;
      const { md5, name, data, warnings } = await withReading(async (onProgress) => {
        const verified = await verifyFile(file, { ...platform, openFile }, { onProgress });
        return { ...verified, ...(await lookAt(platform, isSample ? sampleName : file, { onProgress })) };
      });
      const counts = await classCounts(data);
      warn(warnings);
      if (json) {
        const { channels, height, width, steps } = data;
        printJson({ file, md5, name, channels, height, width, classes: describeCounts(data, counts), warnings, steps });
        return;
      }
      print(`${file}\nMD5   ${md5}, ${name === null ? "not in the MedMNIST table" : `the official ${name}`}\n`);
      print(countTable(data, counts));
      if (data.steps.length > 0) print(`\nread as: ${data.steps.join("; ")}`);
      print(`\n${warnings.length === 0 ? "arrays, labels and splits are correct" : "see the warnings"}`);
    });
  addJson(command);
  addExamples(command, "data verify bloodmnist.npz");
}

async function lookAt(platform: Platform, source: string, look: LookOptions) {
  const data = await openToLook(platform, source, look);
  return { data, warnings: await warningsOf(data, look) };
}

/** The file of a set that is given by its name. @throws HqcnnError when it was not fetched */
async function fileToVerify(given: string, platform: Platform): Promise<string> {
  if ((await platform.stat(given)) !== null) return given;
  if (given === sampleName) return samplePath(platform);
  if (!setFile(given)) return given;
  const path = cachePath(given, platform);
  if ((await platform.stat(path)) !== null) return path;
  throw new HqcnnError(`${given} is not on this machine: bring it with: hqcnn data fetch ${given}`);
}

/** A PNG with a row of samples per class, beside the names of the classes. */
async function samplesPicture(platform: Platform, data: Dataset, split: SplitName): Promise<Uint8Array> {
  const [{ decode }, { namedRows }, toPng] = await Promise.all([
    import("fast-png"),
    import("../report/samples.ts"),
    pngRenderer(platform),
  ]);
  const bytes = await montage(data, await data.split(split));
  const { width, height } = decode(bytes);
  return toPng(namedRows({ bytes, width, height }, data.classNames, data));
}

interface InspectOptions extends Omit<LookOptions, "task"> {
  task?: Task;
  split: SplitName;
  out?: string;
  json?: boolean;
}

function defineInspect(parent: Command, { platform }: Context): void {
  const command = parent
    .command("inspect")
    .description("Counts the images of each class and split.")
    .argument("[data]", "a MedMNIST name, an .npz file, a folder with one subfolder per class, or a .csv", sampleName)
    .addOption(
      new Option("--task <name>", "labels as published, or as this task learns them")
        .choices(TASKS)
        .default(undefined, "as published"),
    )
    .option("--out <file.png>", "also write a picture with one row of samples per class")
    .addOption(new Option("--split <name>", "split that the picture shows").choices(splitNames).default("train"))
    .action(async (source: string, { split, out, json, ...look }: InspectOptions) => {
      const { data, warnings } = await withReading((onProgress) => lookAt(platform, source, { ...look, onProgress }));
      const counts = await classCounts(data);
      if (out !== undefined) await platform.writeFile(out, await samplesPicture(platform, data, split));
      warn(warnings);
      const { name, channels, height, width, steps, skipped } = data;
      if (json) {
        const classes = describeCounts(data, counts);
        const about = {
          name,
          task: data.task,
          channels,
          height,
          width,
          source: data.source,
          classes,
          warnings,
          steps,
          skipped,
        };
        printJson({ ...about, picture: out ?? null });
        return;
      }
      print(
        `${name}: ${height}×${width}, ${channels === 1 ? "grey" : "colour"}, task ${data.task}, licence ${data.source.license}\n`,
      );
      print(countTable(data, counts));
      if (steps.length > 0) print(`\nread as: ${steps.join("; ")}`);
      if (out !== undefined) print(`\nsamples: ${out}`);
    });
  addOptions(command, [
    "positive",
    "size",
    "fit",
    "keys",
    "range",
    "window",
    "frame",
    "group",
    "strict",
    "cache",
    "seed",
  ]);
  addJson(command);
  addExamples(command, "data inspect", "data inspect my-images/ --out samples.png");
}

function defineClean(parent: Command, { platform }: Context): void {
  const command = parent
    .command("clean")
    .description("Removes the pixels of large data sets that earlier commands kept; they are made again when needed.")
    .option("--cache <folder>", "folder that they are in (default: images in the folder of fetched data sets)")
    .action(async ({ cache, json }: { cache?: string; json?: boolean }) => {
      const folder = cacheFolder(platform, cache);
      const removed = await clearCache(platform, folder);
      if (json) printJson({ folder, ...removed });
      else print(`${folder}: ${removed.files} data sets removed, ${megabytes(removed.bytes)} MB`);
    });
  addJson(command);
  addExamples(command, "data clean");
}

function describeCounts({ classNames }: Dataset, counts: Record<SplitName, number[]>) {
  return classNames.map((name, label) => ({
    label,
    name,
    train: counts.train[label],
    val: counts.val[label],
    test: counts.test[label],
  }));
}

function countTable({ classNames, counts: totals }: Dataset, counts: Record<SplitName, number[]>): string {
  const rows = classNames.map((name, label) => [
    String(label),
    name,
    ...splitNames.map((split) => String(counts[split][label])),
  ]);
  const total = ["", "total", ...splitNames.map((split) => String(totals[split]))];
  return table([["label", "class", ...splitNames], ...rows, total], [2, 3, 4]);
}
