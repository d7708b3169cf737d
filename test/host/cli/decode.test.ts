import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decode as decodePng } from "fast-png";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fails, hqcnn, json } from "../../util/cli.ts";
import { fixture } from "../../util/paths.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const folder = temporaryFolder();
const out = (name: string) => join(folder, name);
const picture = (name: string) => fixture(`formats/${name}`);
const test = suite("hqcnn data decode");

/** Shape and pixels of a .npy of uint8. */
function readNpy(path: string): { shape: number[]; pixels: number[] } {
  const bytes = readFileSync(path);
  const length = bytes.readUInt16LE(8);
  const header = bytes.subarray(10, 10 + length).toString();
  assert.is((10 + length) % 64, 0);
  assert.match(header, /^\{'descr': '\|u1', 'fortran_order': False, 'shape': \([\d, ]+\), \} *\n$/);
  const shape = /\(([^)]*)\)/.exec(header)![1].match(/\d+/g)!.map(Number);
  return { shape, pixels: [...bytes.subarray(10 + length)] };
}

const expected = JSON.parse(readFileSync(picture("expected.json"), "utf8"));
const pixelsOf = (name: string) => [...Buffer.from(expected[name].pixels, "base64")];

test("names every step, what was dropped, and what was refused, and writes what it read", async () => {
  mkdirSync(out("in"));
  writeFileSync(out("in/broken.png"), readFileSync(picture("grey8.png")).subarray(0, 90));
  const files = [picture("pages.tif"), out("in/broken.png"), picture("extra5.tif"), out("in/none.jpg")];
  const ended = await hqcnn(["data", "decode", ...files, "--npy", out("npy"), "--png", out("png")]);
  assert.is(ended.code, 1);
  assert.match(ended.stdout, /pages\.tif: 29 × 19, grey\n(.*\n)* {2}note: 3 pages: only the first \(page 0\) is read/);
  assert.match(ended.stdout, /broken\.png: refused\n {2}cannot read this PNG image: .*cut short/);
  assert.match(ended.stdout, /extra5\.tif: 29 × 19, colour\n(.*\n)* {2}note: 2 of 5 channels dropped/);
  assert.match(ended.stdout, /none\.jpg: refused\n.*no such file/);
  assert.match(ended.stderr, /2 of 4 files were refused/);
  const { shape, pixels } = readNpy(out("npy/extra5.npy"));
  assert.equal(shape, [19, 29, 3]);
  assert.equal(pixels, pixelsOf("extra5.tif"));
  assert.equal([...decodePng(readFileSync(out("png/extra5.png"))).data], pixels);
});

test("all frames, as JSON", async () => {
  const ended = await hqcnn([
    ...["data", "decode", picture("pages.tif"), picture("turned6.jpg"), "--frame", "all"],
    ...["--npy", out("all"), "--upright", "--json"],
  ]);
  assert.is(ended.code, 0, ended.stderr);
  const { decoded, failed } = json(ended) as { decoded: Record<string, unknown>[]; failed: unknown[] };
  assert.equal(failed, []);
  assert.equal([decoded[0].frames, decoded[0].frameCount, decoded[0].format], [3, 3, "TIFF"]);
  assert.equal(readNpy(out("all/pages.npy")), { shape: [3, 19, 29], pixels: pixelsOf("pages.tif") });
  assert.equal([decoded[1].width, decoded[1].height], [19, 29]);
  assert.ok((decoded[1].steps as string[]).includes("turned upright (orientation 6)"));
});

test("a range, a window, a limit; impossible ones are usage errors", async () => {
  const ended = await hqcnn(["data", "decode", picture("int16.tif"), "--range", "0,100", "--json", "--npy", out("r")]);
  const { decoded } = json(ended) as { decoded: { steps: string[] }[] };
  assert.ok(decoded[0].steps.some((step) => step.startsWith("0 to 100 become 0 to 255: range asked for")));
  const { pixels } = readNpy(out("r/int16.npy"));
  assert.ok(pixels.includes(0) && pixels.includes(255));
  assert.not.equal(pixels, pixelsOf("int16.tif"));
  const limited = await hqcnn(["data", "decode", picture("grey8.png"), "--max-pixels", "100"]);
  assert.is(limited.code, 1);
  assert.match(limited.stdout, /expected at most 100 pixels, got 29 × 19/);
  await fails(2, ["data", "decode", picture("grey8.png"), "--range", "5,1"], ["--range", "larger value second"]);
  await fails(2, ["data", "decode", picture("grey8.png"), "--window", "40"], ["--window", "two numbers"]);
});

test.run();
