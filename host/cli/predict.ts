import { type Prediction, predict } from "../api.ts";
import { HqcnnError, UsageError } from "../check.ts";
import { type DecodeOptions, decodeFile, formatNames } from "../datasets/formats/decode.ts";
import { toInput } from "../datasets/formats/image.ts";
import type { DecodedImage } from "../datasets/formats/pixels.ts";
import { isImageFile } from "../datasets/formats/sniff.ts";
import type { Platform } from "../platform/platform.ts";
import { csvLine } from "../training/files.ts";
import { notForClinicalUse, pooledNote } from "../work/notes.ts";
import type { Define } from "./command.ts";
import { addDecodeFlags, type DecodeFlags, decodeOptions } from "./decodeFlags.ts";
import { addEngine, type EngineOptions, openEngine } from "./engine.ts";
import { findModel, modelArgument, openModel } from "./model.ts";
import { addExamples, addJson, note, parseNumber, print, printJson, table, warn } from "./terminal.ts";

interface PredictOptions extends EngineOptions, DecodeFlags {
  topK: number;
  csv?: boolean;
  json?: boolean;
  strict?: boolean;
}

/** One image to classify, or why there is none. */
type Input = { name: string; image: DecodedImage; notes: string[] } | { name: string; error: HqcnnError };

/** hqcnn predict */
export const definePredict: Define = (command, { platform }) => {
  command
    .description(
      `Classifies images of any size with a saved model: ${formatNames} files, all of those in a folder and its ` +
        "subfolders, and the images of an .npz file (its array images, else its test split). Images that cannot be " +
        "read are named and skipped; the exit code is then 1.",
    )
    .argument("<model>", modelArgument)
    .argument("<files...>", "images, folders, npz files")
    .option("--top-k <n>", "number of classes shown per image, most probable first", parseNumber, 3)
    .option("--csv", "print comma-separated values: file, label, class, one probability per class")
    .option("--strict", "stop at the first image that cannot be read")
    .action(async (model: string, files: string[], options: PredictOptions) => {
      const { topK, csv, json, strict } = options;
      if (csv && json) throw new UsageError("--csv and --json cannot be combined: choose one");
      if (!(Number.isInteger(topK) && topK >= 1)) {
        throw new UsageError(`--top-k: expected a whole number of at least 1, got ${topK}`);
      }
      const path = await findModel(platform, model);
      const { network, info, notes: warnings } = await openModel(await openEngine(options, platform), path, platform);
      if (options.threads !== 1) await network.startThreads();
      const { channels, height, width } = network.architecture;
      const size = { channels: channels as 1 | 3, height, width };

      const results: Result[] = [];
      const failed: { file: string; error: string }[] = [];
      let chunk: { name: string; image: DecodedImage; notes: string[] }[] = [];
      const said = new Map<string, string[]>();
      const decoding = decodeOptions(options);
      const leftOut: LeftOut = { count: 0 };
      const classify = async () => {
        const predictions = await predict(
          network,
          chunk.map(({ image }) => image),
        );
        results.push(
          ...predictions.map((prediction, i) => ({ file: chunk[i].name, notes: chunk[i].notes, ...prediction })),
        );
        chunk = [];
      };
      for await (const input of readInputs(platform, files, decoding, leftOut)) {
        if ("error" in input) {
          if (strict) throw input.error;
          note(`skipped: ${input.error.message}`);
          failed.push({ file: input.name, error: input.error.message });
          continue;
        }
        // Made small at once, so that a folder of large images fits in memory.
        const pixels = await toInput(input.image, size);
        chunk.push({ name: input.name, image: { ...size, pixels }, notes: input.notes });
        for (const text of input.notes) said.set(text, [...(said.get(text) ?? []), input.name]);
        if (chunk.length === network.batchSize) await classify();
      }
      await classify();
      for (const [text, [first, ...others]] of said) {
        note(`${first}${others.length > 0 ? ` and ${others.length} more` : ""}: ${text}`);
      }

      if (leftOut.count > 0) note(`left out ${leftOut.count} files that are no images`);
      const pooled = info.data.protocol === "pooled";
      const top = (result: Result) => ranked(result, info.classNames).slice(0, topK);
      if (json) {
        printJson({
          model: path,
          protocol: info.data.protocol,
          note: [...(pooled ? [pooledNote] : []), notForClinicalUse].join("; "),
          class_names: info.classNames,
          predictions: results.map((result) => ({
            file: result.file,
            label: result.label,
            class: info.classNames[result.label],
            probability: result.probs[result.label],
            probabilities: [...result.probs],
            top: top(result),
            notes: result.notes,
          })),
          failed,
          left_out: leftOut.count,
          warnings,
        });
      } else if (csv) {
        print(csvLine(["file", "label", "class", ...info.classNames]));
        for (const { file, label, probs } of results) print(csvLine([file, label, info.classNames[label], ...probs]));
      } else {
        if (results.length > 0) {
          const places = top(results[0]).flatMap((_, i) => [i === 0 ? "class" : `${i + 1}.`, "probability"]);
          const rows = results.map((result) => [
            result.file,
            ...top(result).flatMap(({ class: name, probability }) => [name, probability.toFixed(4)]),
          ]);
          print(table([["file", ...places], ...rows]));
        }
        if (pooled) print(pooledNote);
        print(notForClinicalUse);
      }
      if (failed.length > 0) {
        warn([`${failed.length} of ${failed.length + results.length} images could not be read`]);
        process.exitCode = 1;
      }
    });
  addDecodeFlags(command);
  addEngine(command, 1);
  addJson(command);
  addExamples(
    command,
    "predict runs/first cell.png scans/ --top-k 2",
    "predict runs/first/model.safetensors cells.npz --csv",
  );
};

interface Result extends Prediction {
  file: string;
  /** What was dropped or guessed when it was read. */
  notes: string[];
}

function ranked({ probs }: Result, classNames: string[]): { class: string; probability: number }[] {
  return classNames
    .map((name, label) => ({ class: name, probability: probs[label] }))
    .sort((a, b) => b.probability - a.probability);
}

/** What a folder holds that is no image, counted as it is walked. */
interface LeftOut {
  count: number;
}

/** Everything the paths name, in order. Throws when a folder holds no image. */
async function* readInputs(
  platform: Platform,
  paths: readonly string[],
  options: DecodeOptions,
  leftOut: LeftOut,
): AsyncGenerator<Input> {
  for (const path of paths) {
    if ((await platform.stat(path))?.kind !== "folder") {
      yield* readFile(platform, path, options);
      continue;
    }
    const files = await listImages(platform, path, leftOut);
    if (files.length === 0) throw new HqcnnError(`${path}: expected images (${formatNames}), found none`);
    for (const file of files) yield* readFile(platform, file, options);
  }
}

/** Image files of a folder and its subfolders, told by their content; hidden ones are left out. */
async function listImages(platform: Platform, folder: string, leftOut: LeftOut): Promise<string[]> {
  const files: string[] = [];
  for (const { name, kind } of await platform.list(folder)) {
    if (name.startsWith(".")) continue;
    const path = platform.join(folder, name);
    if (kind === "folder") files.push(...(await listImages(platform, path, leftOut)));
    else if (await isImageFile(platform, path)) files.push(path);
    else leftOut.count++;
  }
  return files;
}

/** The images of one file. One that cannot be read never loses the others. */
async function* readFile(platform: Platform, path: string, options: DecodeOptions): AsyncGenerator<Input> {
  try {
    const bytes = await platform.readFile(path);
    if (bytes[0] === 0x50 && bytes[1] === 0x4b) {
      yield* readNpz(bytes, path); // PK: a zip archive
      return;
    }
    const { frames, notes } = await decodeFile(bytes, path, options);
    yield { name: path, image: frames[0], notes };
  } catch (error) {
    if (!(error instanceof HqcnnError)) throw error;
    yield { name: path, error };
  }
}

async function* readNpz(bytes: Uint8Array, path: string): AsyncGenerator<Input> {
  const { fileOfBytes, openNpz } = await import("../datasets/sources/npz.ts");
  const npz = await openNpz(fileOfBytes(bytes), path);
  const name = npz.names.includes("images") ? "images" : "test_images";
  const { header, data } = await npz.read(name, ({ dtype, shape }) => {
    const [count, height, width, channels = 1] = shape;
    const fits =
      (shape.length === 3 || shape.length === 4) && height > 0 && width > 0 && (channels === 1 || channels === 3);
    if (dtype === "uint8" && fits && count > 0) return;
    const expected = "uint8 (n, height, width) or (n, height, width, 3)";
    throw new HqcnnError(`${path}: ${name}: expected ${expected}, got ${dtype} (${shape.join(", ")})`);
  });
  const [count, height, width, channels = 1] = header.shape;
  const size = height * width * channels;
  for (let i = 0; i < count; i++) {
    const pixels = data.subarray(i * size, (i + 1) * size);
    yield { name: `${path}[${i}]`, image: { width, height, channels: channels as 1 | 3, pixels }, notes: [] };
  }
}
