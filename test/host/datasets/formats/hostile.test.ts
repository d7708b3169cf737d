// Own process: measures memory.
// Files that promise or hold far more than they should: refused early, and said why.
import { readFileSync } from "node:fs";
import { zlibSync } from "fflate";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeFile } from "../../../../host/datasets/formats/decode.ts";
import { crc32 } from "../../../util/crc32.ts";
import { fixture } from "../../../util/paths.ts";
import { refused } from "../../../util/refusal.ts";

const test = suite("datasets/formats, hostile sizes");
const read = (name: string) => new Uint8Array(readFileSync(fixture(`formats/${name}`)));
/** 64 MB of zeros in 64 kB. */
const bomb = zlibSync(new Uint8Array(2 ** 26), { level: 9 });

function chunk(type: string, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(data.length + 12);
  const view = new DataView(out.buffer);
  view.setUint32(0, data.length);
  out.set(new TextEncoder().encode(type), 4);
  out.set(data, 8);
  view.setUint32(data.length + 8, crc32(out.subarray(4, data.length + 8)));
  return out;
}

function png(width: number, height: number, ...chunks: Uint8Array[]): Uint8Array {
  const header = new Uint8Array(13);
  new DataView(header.buffer).setUint32(0, width);
  new DataView(header.buffer).setUint32(4, height);
  header[8] = 8;
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  return new Uint8Array(Buffer.concat([signature, chunk("IHDR", header), ...chunks, chunk("IEND", new Uint8Array(0))]));
}

/** Bytes of array buffers that `action` leaves or takes at most, by what the process holds right after. */
async function heldBy(action: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage().arrayBuffers;
  await action();
  return process.memoryUsage().arrayBuffers - before;
}

test("PNG: image data that inflate to more than the size, a profile that does, and a size that the data cannot hold", async () => {
  const idat = png(1, 1, chunk("IDAT", bomb));
  const held = await heldBy(() =>
    refused(() => decodeFile(idat, "a.png"), "a.png", "2 bytes after decompression, got more"),
  );
  assert.ok(held < 2 ** 26, `${held} bytes: stopped before all of it was inflated`);
  const profile = png(
    1,
    1,
    chunk("iCCP", Buffer.concat([Buffer.from("x\0\0"), bomb])),
    chunk("IDAT", zlibSync(Uint8Array.of(0, 7))),
  );
  assert.equal([...(await decodeFile(profile, "b.png")).frames[0].pixels], [7]);
  await refused(
    () => decodeFile(png(8000, 8000, chunk("IDAT", zlibSync(new Uint8Array(9)))), "c.png"),
    "at least 62024 bytes",
  );
});

test("JPEG: a size that the data cannot hold", async () => {
  for (const [name, marker] of [
    ["420.jpg", 0xc0],
    ["progressive.jpg", 0xc2],
  ] as const) {
    const bytes = read(name);
    const frame = Buffer.from(bytes).indexOf(Buffer.from([0xff, marker]));
    new DataView(bytes.buffer).setUint32(frame + 5, (8000 << 16) | 8000);
    await refused(() => decodeFile(bytes, name), name, "bytes of image data", "cut short");
    new DataView(bytes.buffer).setUint32(frame + 5, (10000 << 16) | 10000);
    await refused(() => decodeFile(bytes, name), name, "at most 67108864 pixels, got 10000 × 10000");
  }
});

test("TIFF: a strip that inflates to more than the page, and a chain of pages that turns back", async () => {
  const fields = [256, 257, 258, 259, 262, 273, 277, 278, 279];
  const values = [10, 10, 8, 8, 1, 8 + 2 + 12 * 9 + 4, 1, 10, bomb.length];
  const tiff = new Uint8Array(8 + 2 + 12 * 9 + 4 + bomb.length);
  const view = new DataView(tiff.buffer);
  tiff.set([0x49, 0x49, 42, 0, 8, 0, 0, 0, 9, 0]);
  fields.forEach((tag, i) => {
    view.setUint16(10 + 12 * i, tag, true);
    view.setUint16(12 + 12 * i, 4, true);
    view.setUint32(14 + 12 * i, 1, true);
    view.setUint32(18 + 12 * i, values[i], true);
  });
  tiff.set(bomb, values[5]);
  await refused(() => decodeFile(tiff, "a.tif"), "a.tif", "at most 100 bytes after decompression");
  view.setUint32(10 + 12 * 9, 8, true);
  await refused(() => decodeFile(tiff, "b.tif"), "b.tif", "chain of pages that turns back");
});

test("one limit for every format", async () => {
  for (const name of [
    "grey8.png",
    "420.jpg",
    "grey-lzw.tif",
    "lossy.webp",
    "palette.gif",
    "RGB.bmp",
    "rgb.jp2",
    "grey.dcm",
  ]) {
    await refused(() => decodeFile(read(name), name, { maxPixels: 550 }), name, "at most 550 pixels, got 29 × 19");
    await decodeFile(read(name), name, { maxPixels: 551 });
  }
});

test("formats that are not read are named", async () => {
  const heads: [string, string][] = [
    ["AVIF", "\0\0\0\x20ftypavif"],
    ["HEIC", "\0\0\0\x20ftypheic"],
    ["PDF", "%PDF-1.7"],
    ["OpenEXR", "\x76\x2f\x31\x01"],
  ];
  for (const [name, head] of heads) {
    const bytes = Uint8Array.from(head.padEnd(200, "\0"), (letter) => letter.charCodeAt(0));
    await refused(() => decodeFile(bytes, "x.png"), "x.png", `${name} is not read`);
  }
});

test.run();
