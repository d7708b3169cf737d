import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeFile } from "../../../../host/datasets/formats/decode.ts";
import { refused } from "../../../util/refusal.ts";

const test = suite("datasets/formats/bmp");

interface Parts {
  width: number;
  height: number;
  bits: number;
  data: number[];
  compression?: number;
  /** Blue, green, red, 0 of each colour. */
  palette?: number[];
  masks?: number[];
}

function bmp({ width, height, bits, data, compression = 0, palette = [], masks = [] }: Parts): Uint8Array {
  const start = 54 + masks.length * 4 + palette.length;
  const bytes = new Uint8Array(start + data.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(2, bytes.length, true);
  view.setUint32(10, start, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, width, true);
  view.setInt32(22, height, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, bits, true);
  view.setUint32(30, compression, true);
  view.setUint32(46, palette.length / 4, true);
  for (const [i, mask] of masks.entries()) view.setUint32(54 + i * 4, mask, true);
  bytes.set(palette, 54 + masks.length * 4);
  bytes.set(data, start);
  return bytes;
}

const palette = [0, 10, 20, 30].flatMap((value) => [value, value, value, 0]);
const base = { width: 3, height: 2, palette };

/** The first channel of each pixel. */
async function red(parts: Parts): Promise<number[]> {
  const { frames } = await decodeFile(bmp(parts), "x.bmp");
  const { pixels, channels } = frames[0];
  return Array.from({ length: pixels.length / channels }, (_, i) => pixels[i * channels]);
}

test("5 and 6 bits are spread over the whole range", async () => {
  const [white, half] = [0x7fff, 0x4210];
  const row = [white & 255, white >> 8, half & 255, half >> 8];
  assert.equal(await red({ width: 2, height: 1, bits: 16, data: row }), [255, 132]);
  const masks = [0xf800, 0x7e0, 0x1f];
  const { frames } = await decodeFile(
    bmp({ width: 2, height: 1, bits: 16, compression: 3, masks, data: [0xff, 0xff, 0xe0, 0x07] }),
    "x.bmp",
  );
  assert.equal([...frames[0].pixels], [255, 255, 255, 0, 255, 0]);
});

test("masks say where the colours of 32 bits are", async () => {
  const masks = [0xff, 0xff00, 0xff000000];
  const { frames } = await decodeFile(
    bmp({ width: 1, height: 1, bits: 32, compression: 3, masks, data: [7, 8, 9, 10] }),
    "x.bmp",
  );
  assert.equal([...frames[0].pixels], [7, 8, 10]);
});

test("run lengths of 8 and 4 bits, rows from below", async () => {
  const runs = [3, 1, 0, 0, 0, 3, 1, 2, 3, 0, 0, 1];
  assert.equal(await red({ ...base, bits: 8, compression: 1, data: runs }), [10, 20, 30, 10, 10, 10]);
  const halves = [3, 0x12, 0, 0, 0, 3, 0x32, 0x10, 0, 1];
  assert.equal(await red({ ...base, bits: 4, compression: 2, data: halves }), [30, 20, 10, 10, 20, 10]);
});

test("a negative height means rows from above", async () => {
  const data = [1, 1, 1, 0, 2, 2, 2, 0];
  assert.equal(await red({ ...base, height: -2, bits: 8, data }), [10, 10, 10, 20, 20, 20]);
});

test("pixels that run lengths leave out are counted", async () => {
  const { frames, notes } = await decodeFile(bmp({ ...base, bits: 8, compression: 1, data: [2, 1, 0, 1] }), "x.bmp");
  assert.is(frames[0].height, 2);
  assert.ok(notes.some((note) => note.startsWith("4 pixels that the file leaves out")));
});

test("damaged and unread forms are named", async () => {
  const cases: [Parts, string][] = [
    [{ ...base, bits: 8, compression: 1, data: [2, 1] }, "cut short"],
    [{ ...base, bits: 8, compression: 1, data: [0, 200, 1] }, "cut short"],
    [{ ...base, bits: 8, data: [9, 9, 9, 0, 9, 9, 9, 0] }, "palette's 4, got number 9"],
    [{ ...base, bits: 8, compression: 2, data: [0, 1] }, "run lengths of 4 or 8 bits"],
    [{ ...base, bits: 24, compression: 5, data: [] }, "holds a JPEG or PNG"],
    [{ ...base, bits: 16, compression: 3, masks: [0, 1, 2], data: Array(16).fill(0) }, "bits for each colour"],
    [{ ...base, bits: 24, data: [1, 2, 3] }, "at least 24 bytes of image data"],
  ];
  for (const [parts, message] of cases) await refused(() => decodeFile(bmp(parts), "x.bmp"), message);
});

test.run();
