import { HqcnnError } from "../../check.ts";
import type { Platform, RandomAccessFile } from "../../platform/platform.ts";
import { sampleName } from "./medmnist.ts";
import { fileOfBytes } from "./npz.ts";

/** Images side by side in the picture of the sample, and the pixels of a side of each. */
export const COLUMNS = 48;
export const SIDE = 28;

/** Where the sample's npz is, or would be. */
export const samplePath = (platform: Platform) => platform.packageFile(`host/datasets/${sampleName}.npz`);

/** Made once: it takes most of a second. */
let unpacked: Promise<Uint8Array> | undefined;

/**
 * Opens the npz of the sample. The repository has it as a file. The published package and pages have one lossless
 * picture of all images, which is 1.6 MB smaller, and make the same bytes of it.
 */
export async function openSample(platform: Platform): Promise<RandomAccessFile> {
  const path = samplePath(platform);
  const isUrl = /^[a-z]+:\/\//.test(path);
  if (!isUrl && (await platform.stat(path)) !== null) return platform.openFile(path);
  unpacked ??= readPicture(platform);
  unpacked.catch(() => {
    unpacked = undefined;
  });
  return fileOfBytes(await unpacked);
}

async function readPicture(platform: Platform): Promise<Uint8Array> {
  const path = platform.packageFile(`host/datasets/${sampleName}.webp`);
  return npzOfPicture(await platform.readFile(path), path);
}

/**
 * The npz of a picture that test/bench/samplePicture.ts made of it. Images lie from left to right and from top to
 * bottom, COLUMNS in a row. The colours of the rows of pixels below are bytes: their number (32 bits, little-endian),
 * then of each array of the archive the bytes before it and its own bytes without images, each with its number before
 * it, and the number of image bytes that follow; at last the end of the archive in the same form.
 */
export async function npzOfPicture(bytes: Uint8Array, path: string): Promise<Uint8Array> {
  const [{ decodeFile }, { default: pako }] = await Promise.all([
    import("../formats/decode.ts"),
    import("pako/lib/deflate.js"),
  ]);
  const { pixels, width, height, channels } = (await decodeFile(bytes, path)).frames[0];
  const row = width * channels;
  const tileRows = Math.floor(height / SIDE);
  if (width !== COLUMNS * SIDE || channels !== 3 || height % SIDE === 0)
    throw new HqcnnError(`${path}: expected the picture of the sample, got another one; install the package again`);

  const images = new Uint8Array(tileRows * SIDE * row);
  const line = SIDE * channels;
  for (let at = 0; at < images.length; at += line) {
    const image = Math.floor(at / (SIDE * line));
    const y = Math.floor(image / COLUMNS) * SIDE + ((at / line) % SIDE);
    const from = y * row + (image % COLUMNS) * line;
    images.set(pixels.subarray(from, from + line), at);
  }

  const rest = new Uint8Array(pixels.subarray(images.length));
  const view = new DataView(rest.buffer);
  let at = 4;
  const number = () => {
    at += 4;
    return view.getUint32(at - 4, true);
  };
  const block = () => {
    const length = number();
    at += length;
    return rest.subarray(at - length, at);
  };
  const parts: Uint8Array[] = [];
  let image = 0;
  while (at < view.getUint32(0, true)) {
    parts.push(block());
    const head = block();
    const count = number();
    if (head.length === 0) continue;
    const array = new Uint8Array(head.length + count);
    array.set(head);
    array.set(images.subarray(image, image + count), head.length);
    image += count;
    // zlib's level 6 as numpy's writer has it: the bytes of the published file, and so its MD5.
    parts.push(pako.deflateRaw(array, { level: 6 }));
  }
  return new Uint8Array(await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}
