import { HqcnnError } from "../check.ts";
import { type DecodeOptions, decodeFile } from "../datasets/formats/decode.ts";
import type { DecodedImage } from "../datasets/formats/pixels.ts";
import { isImageFile } from "../datasets/formats/sniff.ts";
import { listFiles } from "../datasets/sources/listing.ts";
import type { Values } from "../datasets/sources/values.ts";
import type { Skipped } from "../datasets/types.ts";
import type { ModelInfo } from "../network/model.ts";
import type { Platform } from "../platform/platform.ts";

/**
 * One image to classify, or what was skipped and why. `isFailure`: it was named, or is an image that cannot be read.
 */
export type Input = { path: string; image: DecodedImage; notes: string[] } | (Skipped & { isFailure: boolean });

export interface InputOptions {
  /** Of image files; range and window also of an npz. */
  decode?: DecodeOptions;
  /** Of an npz: see ArchiveOptions. */
  keys?: string;
  like?: Values;
  /** Range or window of `decode` are the model's, not asked for. */
  isRemembered?: boolean;
}

/**
 * How images for a model are decoded: as asked, else with the range, window and frame that its training data were read
 * with.
 */
export function decodingFor({ data }: Pick<ModelInfo, "data">, asked: DecodeOptions = {}): DecodeOptions {
  const isAsked = asked.range !== undefined || asked.window !== undefined;
  const { frame, ...scale } = data.reading?.stated ?? {};
  return { ...asked, ...(isAsked ? {} : scale), frame: asked.frame ?? frame };
}

/**
 * Every image that the paths name, in order: files, all files of folders at any depth, and the images of npz files (the
 * array images, else the test split, else the only one). Nothing ends the rest: what cannot be read comes as skipped.
 */
export async function* readInputs(
  platform: Platform,
  paths: readonly string[],
  options: InputOptions = {},
): AsyncGenerator<Input, void, undefined> {
  for (const path of paths) {
    try {
      const found = await platform.stat(path);
      if (found?.kind !== "folder") {
        yield* readFile(platform, path, true, options);
        continue;
      }
      const { files, skipped } = await listFiles(platform, path);
      for (const entry of skipped) {
        yield { ...entry, isFailure: !/^(hidden|left by)/.test(entry.reason) };
      }
      if (files.length === 0) yield { path, reason: "expected images, got an empty folder", isFailure: true };
      for (const file of files) yield* readFile(platform, file.path, false, options);
    } catch (error) {
      yield failure(path, error);
    }
  }
}

function failure(path: string, error: unknown): Input {
  if (!(error instanceof HqcnnError)) throw error;
  return { path, reason: error.message, isFailure: true };
}

async function* readFile(
  platform: Platform,
  path: string,
  isNamed: boolean,
  options: InputOptions,
): AsyncGenerator<Input, void, undefined> {
  try {
    const file = await platform.openFile(path);
    let start: Uint8Array;
    try {
      start = await file.read(0, Math.min(6, file.size));
    } finally {
      await file.close();
    }
    if (start.length >= 6 && /^(80,75|147,78,85,77,80,89)/.test(start.join())) {
      yield* readNpz(platform, path, options);
    } else if (!isNamed && !(await isImageFile(platform, path))) {
      yield { path, reason: start.length === 0 ? "is empty" : "no image", isFailure: false };
    } else {
      const { frames, notes } = await decodeFile(await platform.readFile(path), path, options.decode);
      yield { path, image: frames[0], notes };
    }
  } catch (error) {
    yield failure(path, error);
  }
}

async function* readNpz(
  platform: Platform,
  path: string,
  options: InputOptions,
): AsyncGenerator<Input, void, undefined> {
  const { isRemembered } = options;
  const range = isRemembered && options.decode?.range === "auto" ? undefined : options.decode?.range;
  if (range === "auto") throw new HqcnnError(`${path}: --range auto is for image files: give an npz two numbers`);
  // Most predictions are of image files.
  const [{ openArchive }, { statedRange }] = await Promise.all([
    import("../datasets/sources/archive.ts"),
    import("../datasets/sources/values.ts"),
  ]);
  const read = {
    keys: options.keys,
    like: options.like,
    isRemembered,
    range: statedRange(range, options.decode?.window),
    imagesOnly: true,
  };
  const archive = await openArchive(() => platform.openFile(path), path, read);
  const { parts, own, steps } = archive;
  const chosen = Math.max(
    parts.findIndex(({ split }) => split === null || split === "test"),
    0,
  );
  const others = parts.flatMap(({ split }, i) => (i === chosen ? [] : [split]));
  const notes = [
    ...steps,
    ...(others.length > 0 ? [`${others.join(" and ")} left out: the test split is classified`] : []),
  ];
  const { height, width, channels } = own;
  const bytes = height * width * channels;
  let index = 0;
  for await (const images of archive.each(chosen)) {
    for (let at = 0; at < images.length; at += bytes) {
      const image = { height, width, channels, pixels: images.subarray(at, at + bytes) };
      yield { path: `${path}[${index}]`, image, notes: index++ === 0 ? notes : [] };
    }
  }
}
