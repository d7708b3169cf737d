import { HqcnnError } from "../../check.ts";
import type { Platform } from "../../platform/platform.ts";
import { checkSize, type Fit, fitImage, type Size, standardSize } from "../fit.ts";
import { decodeFile } from "../formats/decode.ts";
import { convertChannels } from "../formats/image.ts";
import { isImageFile } from "../formats/sniff.ts";
import { type OnProgress, type Skipped, type SplitName, splitNames } from "../types.ts";
import { createMd5 } from "./md5.ts";

export interface ImageFileOptions {
  platform: Platform;
  /** Makes a file that cannot be read an error; else it is named, counted and skipped. */
  strict?: boolean;
  /** Default: 1 if all images are grey, else 3. */
  channels?: 1 | 3;
  /** Default 28×28. */
  size?: Size;
  fit?: Fit;
  /** Values that become black and white, in place of what a file says: see DecodeOptions. */
  range?: readonly number[];
  window?: readonly number[];
  signal?: AbortSignal;
  /** Files done, of all. */
  onProgress?: OnProgress;
}

/** An image file and what is known of it. */
export interface ImageFile {
  path: string;
  /** Its place in the data set, for the checksum. */
  name: string;
  /** null: not split yet. */
  split: SplitName | null;
  label: number;
  /** Several labels: 0 or 1 a class. */
  row?: Uint8Array;
  group?: string;
}

/** Images of one split, or of the pool. */
export interface ImagePart {
  split: SplitName | null;
  /** uint8 (count, height, width, channels) */
  images: Uint8Array;
  labels: Uint8Array;
  matrix: Uint8Array | null;
  groups: string[] | null;
}

export interface ImageSet extends Size {
  channels: 1 | 3;
  parts: ImagePart[];
  skipped: Skipped[];
  /** What was dropped or guessed when files were decoded, a line for all files with the same. */
  notes: string[];
  /** Of names and bytes of the files that could be read. */
  md5: string;
}

/**
 * Reads image files and brings them to one size and number of channels; the order of the files is kept within each
 * split.
 */
export async function readImageFiles(files: readonly ImageFile[], options: ImageFileOptions): Promise<ImageSet> {
  const { platform, strict = false, fit, size = standardSize, signal, onProgress } = options;
  checkSize(size, "--size");
  const inputs: { file: ImageFile; pixels: Uint8Array; channels: 1 | 3 }[] = [];
  const skipped: Skipped[] = [];
  const notes = new Map<string, string[]>();
  const decode = { range: pairOf(options.range), window: pairOf(options.window) };
  const hash = createMd5();
  const encoder = new TextEncoder();
  for (const [done, file] of files.entries()) {
    signal?.throwIfAborted();
    try {
      if (!(await isImageFile(platform, file.path))) {
        const reason = (await platform.stat(file.path))?.size === 0 ? "is empty" : "no image";
        if (strict) throw new HqcnnError(`${file.path}: ${reason}; --strict skips nothing`);
        skipped.push({ path: file.path, reason });
        onProgress?.(done + 1, files.length);
        continue;
      }
      const bytes = await platform.readFile(file.path);
      const { frames, notes: own } = await decodeFile(bytes, file.path, decode);
      const [image] = frames;
      for (const note of own) notes.set(note, [...(notes.get(note) ?? []), file.path]);
      const channels = options.channels ?? image.channels;
      inputs.push({ file, pixels: await fitImage(image, { channels, ...size, fit }), channels });
      hash.update(encoder.encode(`${file.name}\0${bytes.length}\0`));
      hash.update(bytes);
    } catch (error) {
      if (strict || !(error instanceof HqcnnError)) throw error;
      skipped.push({ path: file.path, reason: error.message });
    }
    onProgress?.(done + 1, files.length);
  }
  const channels = options.channels ?? (inputs.some((input) => input.channels === 3) ? 3 : 1);
  const bytes = size.height * size.width * channels;
  const parts = [null, ...splitNames].flatMap((split): ImagePart[] => {
    const own = inputs.filter(({ file }) => file.split === split);
    if (own.length === 0) return [];
    const images = new Uint8Array(own.length * bytes);
    own.forEach((input, i) => {
      images.set(convertChannels(input.pixels, input.channels, channels), i * bytes);
    });
    const columns = own[0].file.row?.length;
    const matrix = columns === undefined ? null : new Uint8Array(own.length * columns);
    if (matrix && columns) own.forEach(({ file }, i) => void matrix.set(file.row!, i * columns));
    const hasGroups = own.some(({ file }) => file.group !== undefined);
    return [
      {
        split,
        images,
        labels: Uint8Array.from(own, ({ file }) => file.label),
        matrix,
        groups: hasGroups ? own.map(({ file }) => file.group ?? file.path) : null,
      },
    ];
  });
  const said = [...notes].map(
    ([note, [first, ...more]]) => `${first}${more.length > 0 ? ` and ${more.length} more` : ""}: ${note}`,
  );
  return { channels, height: size.height, width: size.width, parts, skipped, notes: said, md5: hash.hex() };
}

function pairOf(numbers?: readonly number[]): [number, number] | undefined {
  return numbers && [numbers[0], numbers[1]];
}
