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
 * picture of all images, which is 1.75 MB smaller, and make the same bytes of it.
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
  const path = platform.packageFile(`host/datasets/${sampleName}.jls`);
  return npzOfPicture(await platform.readFile(path), path, platform);
}

/**
 * The npz of a picture that test/bench/samplePicture.ts made of it: bytes in rows, three planes of images and below
 * them the archive without its images. Images lie from left to right and from top to bottom, COLUMNS in a row; the
 * planes are red, green − red and blue − ⌊(red + 3 green) / 4⌋, the last two plus 128, modulo 256 (of the differences
 * tried, the smallest file). Below stand their number of bytes (32 bits, little-endian), then of each array of the
 * archive the bytes before it and its own bytes without images, each with its number before it, and the number of
 * image bytes that follow; at last the end of the archive in the same form.
 */
export async function npzOfPicture(bytes: Uint8Array, path: string, platform?: Platform): Promise<Uint8Array> {
  const [{ decodeFile }, { default: pako }] = await Promise.all([
    import("../formats/decode.ts"),
    import("pako/lib/deflate.js"),
  ]);
  const { pixels, width, height, channels } = (await decodeFile(bytes, path, { platform })).frames[0];
  const tileRows = Math.floor(height / SIDE / 3);
  if (width !== COLUMNS * SIDE || channels !== 1 || height % (3 * SIDE) === 0)
    throw new HqcnnError(`${path}: expected the picture of the sample, got another one; install the package again`);

  const plane = tileRows * SIDE * width;
  const images = new Uint8Array(3 * plane);
  for (let image = 0, at = 0; at < images.length; image++) {
    for (let y = 0; y < SIDE; y++) {
      const from = (Math.floor(image / COLUMNS) * SIDE + y) * width + (image % COLUMNS) * SIDE;
      for (let i = from; i < from + SIDE; i++, at += 3) {
        const red = pixels[i];
        const green = (red + pixels[plane + i] - 128) & 255;
        images[at] = red;
        images[at + 1] = green;
        images[at + 2] = ((red + 3 * green) >> 2) + pixels[2 * plane + i] - 128;
      }
    }
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
