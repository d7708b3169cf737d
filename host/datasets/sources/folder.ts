import { HqcnnError } from "../../check.ts";
import type { Platform } from "../../platform/platform.ts";
import { decodeFile, formatNames } from "../formats/decode.ts";
import { convertChannels, toInput } from "../formats/image.ts";
import { isImageFile } from "../formats/sniff.ts";
import type { OnProgress } from "../types.ts";
import { mostClasses, side } from "./archive.ts";

export interface FolderOptions {
  platform: Platform;
  /** Makes an image that cannot be read an error; else it is named, counted and skipped. */
  strict?: boolean;
  /** Default: 1 if all images are grey, else 3. */
  channels?: 1 | 3;
  signal?: AbortSignal;
  /** Images done, of all. */
  onProgress?: OnProgress;
}

/** All images of a folder: uint8 (count, 28, 28, channels) and their labels, class after class. */
export interface FolderImages {
  classNames: string[];
  channels: 1 | 3;
  images: Uint8Array;
  labels: Uint8Array;
  warnings: string[];
}

/** Skipped images named in the warning; the others are counted. */
const mostNamed = 5;

/**
 * Reads a folder of own images: one subfolder a class (2 to 64; labels in the order of their names), in it PNG, JPEG,
 * TIFF or DICOM files, read as image.ts says and brought to 28×28 by its toInput. Hidden files and files of other kinds
 * are left out. Throws on a class without a readable image.
 */
export async function readFolder(path: string, options: FolderOptions): Promise<FolderImages> {
  const { platform, strict = false, signal, onProgress } = options;
  const isVisible = ({ name }: { name: string }) => !name.startsWith(".");
  const classNames = (await platform.list(path))
    .filter((entry) => entry.kind === "folder" && isVisible(entry))
    .map(({ name }) => name);
  if (classNames.length < 2 || classNames.length > mostClasses) {
    throw new HqcnnError(`${path}: expected 2 to ${mostClasses} subfolders, one a class, got ${classNames.length}`);
  }
  const files: { path: string; label: number }[] = [];
  let others = 0;
  for (const [label, name] of classNames.entries()) {
    const folder = platform.join(path, name);
    for (const entry of (await platform.list(folder)).filter(isVisible)) {
      const file = platform.join(folder, entry.name);
      if (entry.kind === "file" && (await isImageFile(platform, file))) files.push({ path: file, label });
      else others++;
    }
  }

  const inputs: { pixels: Uint8Array; channels: 1 | 3; label: number }[] = [];
  const skipped: string[] = [];
  const notes = new Map<string, string[]>();
  for (const [done, { path: file, label }] of files.entries()) {
    signal?.throwIfAborted();
    try {
      const decoded = await decodeFile(await platform.readFile(file), file);
      const [image] = decoded.frames;
      for (const note of decoded.notes) notes.set(note, [...(notes.get(note) ?? []), file]);
      const channels = options.channels ?? image.channels;
      inputs.push({ pixels: await toInput(image, { channels, height: side, width: side }), channels, label });
    } catch (error) {
      if (strict || !(error instanceof HqcnnError)) throw error;
      skipped.push(error.message);
    }
    onProgress?.(done + 1, files.length);
  }
  for (const [label, name] of classNames.entries()) {
    if (inputs.some((input) => input.label === label)) continue;
    throw new HqcnnError(`${platform.join(path, name)}: expected images (${formatNames}), got none that can be read`);
  }

  const channels = inputs.some((input) => input.channels === 3) ? 3 : 1;
  const imageBytes = side * side * channels;
  const images = new Uint8Array(inputs.length * imageBytes);
  inputs.forEach((input, i) => {
    images.set(convertChannels(input.pixels, input.channels, channels), i * imageBytes);
  });
  const warnings: string[] = [];
  if (others > 0) warnings.push(`${path}: left out ${others} entries that are no images`);
  for (const [note, [first, ...more]] of notes) {
    warnings.push(`${first}${more.length > 0 ? ` and ${more.length} more` : ""}: ${note}`);
  }
  if (skipped.length > 0) {
    const more = skipped.length > mostNamed ? `; and ${skipped.length - mostNamed} more` : "";
    warnings.push(
      `${path}: skipped ${skipped.length} of ${files.length} images: ${skipped.slice(0, mostNamed).join("; ")}${more}`,
    );
  }
  return { classNames, channels, images, labels: Uint8Array.from(inputs, ({ label }) => label), warnings };
}
