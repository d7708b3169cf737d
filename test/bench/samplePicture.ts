// node build/test/bench/samplePicture.js: makes host/datasets/bloodmnist-sample.webp, from which the published package
// makes the sample's npz (host/datasets/sources/sample.ts has the form), with cwebp (apt-get install webp).
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";
import { encode } from "fast-png";
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
const tileRows = Math.ceil(tiles.length / image / COLUMNS) * SIDE;
const height = tileRows + Math.ceil(counted.length / (width * 3));
const data = new Uint8Array(width * height * 3);
for (let at = 0; at < tiles.length; at += SIDE * 3) {
  const index = Math.floor(at / image);
  const y = Math.floor(index / COLUMNS) * SIDE + ((at / (SIDE * 3)) % SIDE);
  data.set(tiles.subarray(at, at + SIDE * 3), (y * width + (index % COLUMNS) * SIDE) * 3);
}
data.set(counted, tileRows * width * 3);

const folder = mkdtempSync(join(tmpdir(), "hqcnn-picture-"));
try {
  const png = join(folder, "sample.png");
  writeFileSync(png, encode({ width, height, channels: 3, depth: 8, data }));
  const to = repository("host/datasets/bloodmnist-sample.webp");
  execFileSync("cwebp", ["-quiet", "-lossless", "-z", "9", "-exact", png, "-o", to]);
} finally {
  rmSync(folder, { recursive: true });
}
