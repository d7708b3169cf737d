import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeFile } from "../../../../host/datasets/formats/decode.ts";
import { convertChannels, decodeImage, toInput } from "../../../../host/datasets/formats/image.ts";
import { crc32 } from "../../../util/crc32.ts";
import { fixture } from "../../../util/paths.ts";
import { refused } from "../../../util/refusal.ts";

const test = suite("datasets/image");

// Written and read by Pillow 12 and tifffile; 16 bits scaled by NumPy.
interface Expected {
  width: number;
  height: number;
  channels: 1 | 3;
  pixels: number[];
  luma?: number[];
}
const expected: Record<string, Expected> = JSON.parse(readFileSync(fixture("images/expected.json"), "utf8"));
const bytesOf = (name: string) => new Uint8Array(readFileSync(fixture(`images/${name}`)));

for (const [name, { width, height, channels, pixels }] of Object.entries(expected)) {
  test(name, async () => {
    const image = await decodeImage(bytesOf(name), name);
    assert.equal([image.width, image.height, image.channels], [width, height, channels]);
    const tolerance = name.endsWith("jpg") ? 3 : 0; // decoders round differently
    const worst = pixels.reduce((most, value, i) => Math.max(most, Math.abs(value - image.pixels[i])), 0);
    assert.is(image.pixels.length, pixels.length);
    assert.ok(worst <= tolerance, `largest difference ${worst}`);
  });
}

test("colour to grey is PIL's luma; grey to colour repeats", async () => {
  const image = await decodeImage(bytesOf("rgb8.png"), "rgb8.png");
  assert.equal([...convertChannels(image.pixels, 3, 1)], expected["rgb8.png"].luma);
  assert.equal([...convertChannels(Uint8Array.of(7, 9), 1, 3)], [7, 7, 7, 9, 9, 9]);
});

test("an image of the right size is left untouched", async () => {
  const pixels = Uint8Array.from({ length: 28 * 28 * 3 }, (_, i) => (i * 37) & 255);
  const input = await toInput({ width: 28, height: 28, channels: 3, pixels }, { channels: 3, height: 28, width: 28 });
  assert.is(Buffer.compare(input, pixels), 0);
});

test("resizing is antialiased: stripes become their mean, a flat image stays flat, a ramp stays a ramp", async () => {
  const size = { channels: 1, height: 28, width: 28 } as const;
  const make = (value: (x: number) => number) => {
    const pixels = Uint8Array.from({ length: 280 * 280 }, (_, i) => value(i % 280));
    return toInput({ width: 280, height: 280, channels: 1, pixels }, size);
  };
  const stripes = await make((x) => (x % 2) * 200);
  const inner = stripes.filter((_, i) => i % 28 > 0 && i % 28 < 27);
  assert.ok(
    inner.every((value) => Math.abs(value - 100) <= 1),
    `stripes: ${stripes.slice(0, 28).join()}`,
  );
  assert.ok((await make(() => 77)).every((value) => value === 77));
  const ramp = await make((x) => (x / 280) * 255);
  for (let x = 2; x < 26; x++)
    assert.ok(Math.abs(ramp[x] - ((x * 10 + 4.5) / 280) * 255) <= 1.5, `ramp at ${x}: ${ramp[x]}`);
});

test("resizing gives the same bits everywhere", async () => {
  const { pixels, width, height } = await decodeImage(bytesOf("rgb8.png"), "rgb8.png");
  const input = await toInput({ pixels, width, height, channels: 3 }, { channels: 3, height: 28, width: 28 });
  const sum = input.reduce((hash, value) => (Math.imul(hash, 31) + value) >>> 0, 0);
  assert.is(sum, 3969680587);
});

test("refuses with the file's name and the reason", async () => {
  const read =
    (name: string, bytes = bytesOf(name)) =>
    () =>
      decodeImage(bytes, name);
  await refused(
    read("a.png", new TextEncoder().encode("hello")),
    "a.png",
    "expected an image (PNG, JPEG, TIFF",
    "68656c6c",
  );
  await refused(read("a.png", new Uint8Array(0)), "a.png", "an empty file");
  for (const name of ["rgb8.png", "rgb.jpg", "progressive.jpg", "rgb8.tif", "grey16.tif"]) {
    const bytes = bytesOf(name);
    await refused(read(name, bytes.slice(0, Math.floor(bytes.length * 0.6))), name);
  }
  const flipped = bytesOf("rgb8.png");
  flipped[60] ^= 4;
  await refused(read("rgb8.png", flipped), "rgb8.png", "PNG");
});

test("refuses hostile sizes before decoding", async () => {
  const png = bytesOf("rgb8.png");
  new DataView(png.buffer).setUint32(16, 2 ** 31 - 1);
  new DataView(png.buffer).setUint32(29, crc32(png.subarray(12, 29)));
  await refused(() => decodeImage(png, "big.png"), "big.png", "at most 67108864 pixels", "2147483647 × 5");
  const jpeg = bytesOf("rgb.jpg");
  const frame = Buffer.from(jpeg).indexOf(Buffer.from([0xff, 0xc0]));
  new DataView(jpeg.buffer).setUint32(frame + 5, 0xfff0fff0);
  await refused(() => decodeImage(jpeg, "big.jpg"), "big.jpg");
});

test("an Adobe marker with a transform that the components do not have is said, not taken for damage", async () => {
  const stored = (name: string) => new Uint8Array(readFileSync(fixture(`formats/${name}`)));
  const plain = stored("444.jpg");
  const start = plain[3] === 0xe0 ? 4 + ((plain[4] << 8) | plain[5]) : 2; // without JFIF's marker
  const marker = [0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, 2];
  const changed = Uint8Array.of(0xff, 0xd8, ...marker, ...plain.subarray(start));
  const { frames, notes } = await decodeFile(changed, "a.jpg");
  assert.equal(frames[0].pixels, (await decodeFile(plain, "b.jpg")).frames[0].pixels);
  assert.ok(notes.some((note) => note.includes("transform 2")));
});

test("JPEG 2000 with alpha and TIFF with JPEG XR are named", async () => {
  const jp2 = new Uint8Array(readFileSync(fixture("formats/rgb.jp2")));
  const at = Buffer.from(jp2).indexOf(Buffer.from([0xff, 0x4f, 0xff, 0x51]));
  new DataView(jp2.buffer).setUint16(at + 40, 4);
  await refused(() => decodeImage(jp2, "a.jp2"), "JPEG 2000 with 4 components");
  const tiff = bytesOf("rgb8.tif");
  const tag = Buffer.from(tiff).indexOf(Buffer.from([3, 1, 3, 0, 1, 0, 0, 0])); // compression
  new DataView(tiff.buffer).setUint16(tag + 8, 34934, true);
  await refused(() => decodeImage(tiff, "a.tif"), "TIFF with JPEG XR is not read");
});

test.run();
