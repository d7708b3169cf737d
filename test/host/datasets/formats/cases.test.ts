// Pictures of every form that is read, against what Pillow, tifffile, imagecodecs and pydicom read in them: those of
// test/fixtures/formats (made by its make.py), and those that people brought, in ../shared/cases where it is.
import { readdirSync, readFileSync } from "node:fs";
import { unzipSync } from "fflate";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type DecodeOptions, decodeFile } from "../../../../host/datasets/formats/decode.ts";
import type { DecodedImage } from "../../../../host/datasets/formats/pixels.ts";
import { fixture, needsShared } from "../../../util/paths.ts";
import { refused } from "../../../util/refusal.ts";

const read = (path: string) => new Uint8Array(readFileSync(path));

/** Largest difference of decoded frames to (frames, height, width, channels) of values from 0 to 255. */
function worst(frames: DecodedImage[], expected: ArrayLike<number>, channels: number): number {
  let most = 0;
  let at = 0;
  for (const frame of frames) {
    for (let i = 0; i < frame.width * frame.height; i++) {
      for (let c = 0; c < channels; c++) {
        const got = frame.pixels[i * frame.channels + (frame.channels === 1 ? 0 : c)];
        most = Math.max(most, Math.abs(got - expected[at++]));
      }
    }
  }
  assert.is(at, expected.length, "as many samples as the reference has");
  return most;
}

const own = suite("datasets/formats, own pictures");

interface Expected {
  shape: number[];
  pixels: string;
  tolerance: number;
  frame?: "all";
}
const made: Record<string, Expected> = JSON.parse(readFileSync(fixture("formats/expected.json"), "utf8"));

for (const [name, { shape, pixels, tolerance, frame }] of Object.entries(made)) {
  own(name, async () => {
    const { frames, steps, notes, frameCount } = await decodeFile(read(fixture(`formats/${name}`)), name, { frame });
    const count = frame === "all" ? shape[0] : 1;
    const [height, width, channels = 1] = frame === "all" ? shape.slice(1) : shape;
    assert.equal([frames.length, frames[0].height, frames[0].width], [count, height, width]);
    const difference = worst(frames, Buffer.from(pixels, "base64"), channels);
    assert.ok(difference <= tolerance, `largest difference ${difference}; ${steps.join("; ")}`);
    assert.ok(steps.length > 0);
    for (const text of [...steps, ...notes]) assert.match(text, /^[\x20-\x7e×]+$/);
    if (frameCount > 1 && frame === undefined) assert.ok(notes.some((note) => note.includes("only the first")));
  });
}

own.run();

// A reference's array as it stands in an npz.
interface Reference {
  shape: number[];
  values: Float64Array;
  dtype: string;
}

function readNpy(bytes: Uint8Array): Reference {
  const length = bytes[8] | (bytes[9] << 8);
  const header = new TextDecoder().decode(bytes.subarray(10, 10 + length));
  const dtype = /'descr': '([^']+)'/.exec(header)![1];
  const shape = (/'shape': \(([^)]*)\)/.exec(header)![1].match(/\d+/g) ?? []).map(Number);
  const view = new DataView(bytes.buffer, bytes.byteOffset + 10 + length);
  const little = dtype[0] !== ">";
  const readers: Record<string, [number, (at: number) => number]> = {
    b1: [1, (at) => view.getUint8(at)],
    u1: [1, (at) => view.getUint8(at)],
    i1: [1, (at) => view.getInt8(at)],
    u2: [2, (at) => view.getUint16(at, little)],
    i2: [2, (at) => view.getInt16(at, little)],
    f4: [4, (at) => view.getFloat32(at, little)],
    f8: [8, (at) => view.getFloat64(at, little)],
  };
  const [size, value] = readers[dtype.slice(1)];
  const count = shape.reduce((product, n) => product * n, 1);
  return { shape, dtype: dtype.slice(1), values: Float64Array.from({ length: count }, (_, i) => value(i * size)) };
}

const brought = suite("datasets/formats, pictures that people brought");
const test = needsShared(brought, "cases");

/** Refused, and what the message must name. */
const refusals: Record<string, string[]> = {
  "images|arith.jpg": ["0 bytes"],
  "images|j12.jpg": ["JPEG with 12 bits"],
  "images|lab.tif": ["CIELab"],
  "images|trunc.jpg": ["cut short"],
};

/** Without an array of its own in the references: read as another file is. */
const sameAs: Record<string, string> = {
  "images|jls.jls": "images|inter_g.png",
  "dicom|nometa.dcm": "dicom|implicit.dcm",
  "images|pl_bigflat.tif": "images|tf_bigflat.tif",
  "images|plg_bigflat.tif": "images|tfg_bigflat.tif",
  "images|tfgp_bigflat.tif": "images|tfd_bigflat.tif",
  "images|tf_bigflat.tif": "images|pl_bigflat.tif",
  "images|tfg_bigflat.tif": "images|tfgp_bigflat.tif",
  "images|tfd_bigflat.tif": "images|plg_bigflat.tif",
};

/**
 * Values of the reference that become black and white. DICOM's references are windowed: to the range of stored values.
 */
const ranges: Record<string, [number, number]> = {
  "images|f32.tif": [0, 1],
  "images|i16.tif": [-32768, 32767],
  "images|i8.tif": [-128, 127],
  "dicom|ct_win.dcm": [-1024, 3071],
  "dicom|ct_signed_multiwin.dcm": [-32768, 32767],
  "dicom|spacewin.dcm": [0, 4095],
  "dicom|voi_LINEAR_EXACT.dcm": [0, 4095],
  "dicom|voilutseq.dcm": [0, 255],
};

/** What must be said of a file. */
const sayings: Record<string, RegExp> = {
  "images|stack.tif": /3 pages: only the first/,
  "images|hyper.tif": /6 pages: only the first/,
  "images|ij.tif": /2 pages: only the first/,
  "images|ch2.tif": /1 of 2 channels dropped/,
  "images|ch4.tif": /3 of 4 channels dropped/,
  "images|rgba.tif": /1 of 4 channels dropped/,
  "images|u12in16.tif": /Only values 0 to 4095 .* 16 of 256 levels: --range 0,4095/,
  "images|rgba.png": /alpha channel is dropped/,
  "images|exif6.jpg": /Orientation 6 .* not applied/,
  "dicom|multiframe.dcm": /3 frames: only the first/,
  "dicom|enhanced.dcm": /2 frames: only the first/,
  "dicom|ct_signed_multiwin.dcm": /2 windows: the first is used/,
  "dicom|nometa.dcm": /No DICOM preamble and no transfer syntax/,
  "dicom|nopreamble.dcm": /No DICOM preamble/,
};

const arrays = new Map<string, Reference>();
/** The folder, and the references in it once a test has asked for them. */
let cases = "";
function open(folder: string): void {
  cases = folder;
  if (arrays.size > 0) return;
  for (const [name, bytes] of Object.entries(unzipSync(read(`${cases}/expected.npz`))))
    arrays.set(name.replace(/\.npy$/, ""), readNpy(bytes));
}

const decode = (key: string, options: DecodeOptions = {}) => {
  const path = `${cases}/${key.replace("|", "/")}`;
  return decodeFile(read(path), key, { orientation: "stored", ...options });
};

/** A reference as values from 0 to 255, by the mapping that its README states. */
function mapped(key: string, { shape, values, dtype }: Reference): { values: ArrayLike<number>; channels: number } {
  const isColor = shape.length === 3 && shape[2] === 3;
  const linear = (low: number, high: number) => values.map((value) => ((value - low) / (high - low || 1)) * 255);
  if (key === "images|pal.tif" || key === "dicom|palette.dcm") throw new Error("looked up in the test below");
  if (key === "images|cmyk.tif") {
    const rgb = Float64Array.from({ length: (values.length / 4) * 3 }, (_, i) => {
      const [ink, k] = [values[Math.floor(i / 3) * 4 + (i % 3)], values[Math.floor(i / 3) * 4 + 3]];
      return ((255 - ink) * (255 - k)) / 255;
    });
    return { values: rgb, channels: 3 };
  }
  const kept = { "images|ch2.tif": 1, "images|ch4.tif": 1, "images|rgba.tif": 3 }[key];
  if (kept) return { values: values.filter((_, i) => i % shape[2] < kept), channels: kept };
  if (/white0/.test(key)) return { values: linear(dtype === "u2" ? 65535 : 255, 0), channels: 1 };
  if (isColor) return { values, channels: 3 };
  if (ranges[key]) return { values: linear(...ranges[key]), channels: 1 };
  if (key === "dicom|enhanced.dcm") {
    // Its functional groups rescale (× 1 − 1024) and window (40, 400).
    const greys = values.map((value) => Math.min(Math.max((value - 1024 - 39.5) / 399 + 0.5, 0), 1) * 255);
    return { values: greys, channels: 1 };
  }
  if (key.startsWith("dicom")) {
    const frame = shape.length === 3 ? values.length / shape[0] : values.length;
    const greys = new Float64Array(values.length);
    for (let start = 0; start < values.length; start += frame) {
      const all = values.slice(start, start + frame);
      const own = all.filter((value) => value !== -32768);
      const [low, high] = [Math.min(...own), Math.max(...own)];
      greys.set(
        all.map((value) => (high > low ? Math.max(0, ((value - low) / (high - low)) * 255) : 0)),
        start,
      );
    }
    if (key === "dicom|mono1.dcm") for (let i = 0; i < greys.length; i++) greys[i] = 255 - greys[i];
    return { values: greys, channels: 1 };
  }
  if (dtype === "b1") return { values: linear(0, 1), channels: 1 };
  return { values: dtype === "u2" ? linear(0, 65535) : values, channels: 1 };
}

async function check(key: string): Promise<void> {
  if (refusals[key]) {
    await refused(() => decode(key), key, ...refusals[key]);
    return;
  }
  const first = await decode(key);
  if (sayings[key]) assert.match(first.notes.join("\n"), sayings[key]);
  if (sameAs[key]) {
    const other = await decode(sameAs[key]);
    assert.equal(first.frames[0].pixels, other.frames[0].pixels);
    return;
  }
  const reference = arrays.get(key)!;
  assert.ok(reference, "has a reference");
  if (/\|pal(ette)?\.(tif|dcm)$/.test(key)) return; // below
  const all = await decode(key, { frame: "all" });
  const { values, channels } = mapped(key, reference);
  const lossy = /jpe?g|webp|ybr/.test(key);
  const difference = worst(all.frames, values, channels);
  assert.ok(difference <= (lossy ? 2 : 1), `largest difference ${difference}; ${all.steps.join("; ")}`);
  assert.equal(first.frames[0].pixels, all.frames[0].pixels);
}

for (const folder of ["images", "dicom"]) {
  test(`every file of ${folder} has the pixels of its reference, or is refused by name`, async (path) => {
    open(path);
    const names = readdirSync(`${cases}/${folder}`);
    assert.ok(names.length > 10);
    const wrong: string[] = [];
    for (const name of names) {
      await check(`${folder}|${name}`).catch((error: Error) => wrong.push(`${name}: ${error.message}`));
    }
    assert.equal(wrong, []);
  });
}

test("palettes are looked up", async (path) => {
  open(path);
  // One colour an index, and the greys of the DICOM palette by its first channel.
  for (const key of ["images|pal.tif", "dicom|palette.dcm"]) {
    const { frames } = await decode(key);
    const { values } = arrays.get(key)!;
    const colors = new Map<number, string>();
    const [{ pixels, channels }] = frames;
    values.forEach((index, i) => {
      const color = pixels.slice(i * channels, (i + 1) * channels).join();
      assert.is(colors.get(index) ?? color, color);
      colors.set(index, color);
    });
    assert.is(new Set(colors.values()).size, colors.size, "as many colours as indices");
  }
  const { frames } = await decode("dicom|palette.dcm");
  const { values } = arrays.get("dicom|palette.dcm")!;
  // Its red palette is index × 257.
  values.forEach((index, i) => {
    assert.is(frames[0].pixels[i * frames[0].channels], index);
  });
});

test("a range or a window in place of the file's own", async (path) => {
  open(path);
  const { values } = arrays.get("images|u12in16.tif")!;
  for (const range of [[0, 4095] as const, "auto" as const]) {
    const { frames, steps } = await decode("images|u12in16.tif", { range });
    assert.ok(
      worst(
        frames,
        values.map((value) => (value / 4095) * 255),
        1,
      ) <= 0.5,
    );
    assert.match(steps.join(), /0 to 4095 become 0 to 255/);
  }
  const { frames } = await decode("dicom|ct_signed_multiwin.dcm", { window: [-600, 1500] });
  assert.ok(frames[0].pixels.some((value) => value > 0 && value < 255));
});

brought.run();
