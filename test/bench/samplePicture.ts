// node build/test/bench/samplePicture.js: makes host/datasets/bloodmnist-sample.jls (JPEG-LS, lossless), from which the
// published package makes the sample's npz (host/datasets/sources/sample.ts has the form).
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { inflateRawSync } from "node:zlib";
import { COLUMNS, SIDE } from "../../host/datasets/sources/sample.ts";
import { repository } from "../util/paths.ts";

const npz = readFileSync(repository("host/datasets/bloodmnist-sample.npz"));
const image = SIDE * SIDE * 3;

const images: Uint8Array[] = [];
const rest: Uint8Array[] = [];
const number = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);
const add = (before: Uint8Array, head: Uint8Array, count: number) =>
  rest.push(number(before.length), before, number(head.length), head, number(count));

/** Of the archive: the end of what was added. */
let done = 0;
// The central directory's entries, in the order of the file.
const end = npz.length - 22;
let entry = npz.readUInt32LE(end + 16);
for (let left = npz.readUInt16LE(end + 10); left > 0; left--) {
  const local = npz.readUInt32LE(entry + 42);
  const start = local + 30 + npz.readUInt16LE(local + 26) + npz.readUInt16LE(local + 28);
  const stop = start + npz.readUInt32LE(entry + 20);
  const array = inflateRawSync(npz.subarray(start, stop));
  const head = 10 + array.readUInt16LE(8);
  const isImages = (array.length - head) % image === 0;
  if (isImages) images.push(array.subarray(head));
  add(npz.subarray(done, start), isImages ? array.subarray(0, head) : array, isImages ? array.length - head : 0);
  done = stop;
  entry += 46 + npz.readUInt16LE(entry + 28) + npz.readUInt16LE(entry + 30) + npz.readUInt16LE(entry + 32);
}
add(npz.subarray(done), new Uint8Array(0), 0);

const tiles = Buffer.concat(images);
const below = Buffer.concat(rest);
const counted = Buffer.concat([number(below.length + 4), below]);
const width = COLUMNS * SIDE;
const plane = Math.ceil(tiles.length / image / COLUMNS) * SIDE * width;
const height = Math.ceil((3 * plane + counted.length) / width);
const pixels = new Uint8Array(width * height);
for (let at = 0; at < tiles.length; at += 3) {
  const index = Math.floor(at / image);
  const [y, x] = [Math.floor((at % image) / (3 * SIDE)), ((at % image) / 3) % SIDE];
  const to = (Math.floor(index / COLUMNS) * SIDE + y) * width + (index % COLUMNS) * SIDE + x;
  const [red, green, blue] = tiles.subarray(at, at + 3);
  pixels[to] = red;
  pixels[plane + to] = green - red + 128;
  pixels[2 * plane + to] = blue - ((red + 3 * green) >> 2) + 128;
}
pixels.set(counted, 3 * plane);

interface Encoder {
  getDecodedBuffer(frame: object): Uint8Array;
  setNearLossless(difference: number): void;
  encode(): void;
  getEncodedBuffer(): Uint8Array;
}
const create = createRequire(import.meta.url)("@cornerstonejs/codec-charls") as () => Promise<{
  JpegLSEncoder: new () => Encoder;
}>;
const encoder = new (await create()).JpegLSEncoder();
encoder.getDecodedBuffer({ width, height, bitsPerSample: 8, componentCount: 1 }).set(pixels);
encoder.setNearLossless(0);
encoder.encode();
writeFileSync(repository("host/datasets/bloodmnist-sample.jls"), encoder.getEncodedBuffer());
