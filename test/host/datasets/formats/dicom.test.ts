import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeImage } from "../../../../host/datasets/formats/image.ts";
import { refused } from "../../../util/refusal.ts";

const test = suite("datasets/dicom");

const explicit = "1.2.840.10008.1.2.1";

/** A DICOM Part 10 file of explicit VR elements: [group, element, VR, value]. */
function dicom(elements: [number, number, string, number | string | Uint8Array][], syntax = explicit): Uint8Array {
  const isBig = syntax === "1.2.840.10008.1.2.2";
  const isImplicit = syntax === "1.2.840.10008.1.2";
  const parts: Uint8Array[] = [new Uint8Array(128), new TextEncoder().encode("DICM")];
  const put = (group: number, element: number, vr: string, value: number | string | Uint8Array) => {
    const little = group === 2 || !isBig;
    let bytes: Uint8Array;
    if (typeof value === "number") {
      bytes = new Uint8Array(2);
      new DataView(bytes.buffer).setUint16(0, value, little);
    } else bytes = typeof value === "string" ? new TextEncoder().encode(value.length % 2 ? `${value} ` : value) : value;
    const isLong = vr === "OW" || vr === "OB";
    const bare = isImplicit && group !== 2;
    const head = new DataView(new ArrayBuffer(isLong && !bare ? 12 : 8));
    head.setUint16(0, group, little);
    head.setUint16(2, element, little);
    if (bare) head.setUint32(4, bytes.length, little);
    else {
      head.setUint8(4, vr.charCodeAt(0));
      head.setUint8(5, vr.charCodeAt(1));
      if (isLong) head.setUint32(8, bytes.length, little);
      else head.setUint16(6, bytes.length, little);
    }
    parts.push(new Uint8Array(head.buffer), bytes);
  };
  put(2, 0x10, "UI", syntax.length % 2 ? `${syntax}\0` : syntax);
  for (const element of elements) put(...element);
  return new Uint8Array(Buffer.concat(parts));
}

type Changes = {
  kind?: string;
  bits?: number;
  stored?: number;
  signed?: number;
  samples?: number;
  window?: [string, string];
  rescale?: [string, string];
  planar?: number;
};

/** A 2 × 2 image. */
function image(data: ArrayBufferView, c: Changes = {}, syntax = explicit): Uint8Array {
  const { kind = "MONOCHROME2", bits = 16, stored = bits, signed = 0, samples = 1, planar = 0 } = c;
  const elements: [number, number, string, number | string | Uint8Array][] = [
    [0x28, 0x02, "US", samples],
    [0x28, 0x04, "CS", kind],
    [0x28, 0x06, "US", planar],
    [0x28, 0x10, "US", 2],
    [0x28, 0x11, "US", 2],
    [0x28, 0x100, "US", bits],
    [0x28, 0x101, "US", stored],
    [0x28, 0x102, "US", stored - 1],
    [0x28, 0x103, "US", signed],
  ];
  if (c.window) elements.push([0x28, 0x1050, "DS", c.window[0]], [0x28, 0x1051, "DS", c.window[1]]);
  if (c.rescale) elements.push([0x28, 0x1052, "DS", c.rescale[0]], [0x28, 0x1053, "DS", c.rescale[1]]);
  elements.push([0x7fe0, 0x10, bits === 8 ? "OB" : "OW", new Uint8Array(data.buffer)]);
  return dicom(elements, syntax);
}

const pixels = async (bytes: Uint8Array) => [...(await decodeImage(bytes, "a.dcm")).pixels];

test("16 bits without a window go from the smallest to the largest value", async () => {
  assert.equal(await pixels(image(Uint16Array.of(1000, 2000, 3000, 1500))), [0, 128, 255, 64]);
  assert.equal(await pixels(image(Uint16Array.of(5, 5, 5, 5))), [0, 0, 0, 0]);
});

test("MONOCHROME1 is inverted", async () => {
  assert.equal(
    await pixels(image(Uint16Array.of(1000, 2000, 3000, 1500), { kind: "MONOCHROME1" })),
    [255, 127, 0, 191],
  );
});

test("rescale, then the first window (CT: slope 1, intercept -1024, window 40 ± 200)", async () => {
  // (x − 39.5)/399 + 0.5 for x = −1024, −160, 40, 1000
  const bytes = image(Uint16Array.of(0, 864, 1064, 2024), {
    window: ["40\\300", "400\\1500"],
    rescale: ["-1024", "1"],
  });
  assert.equal(await pixels(bytes), [0, 0, 128, 255]);
  const ramp = image(Uint16Array.of(964, 1164, 1264, 1263), { window: ["40", "400"], rescale: ["-1024", "1"] });
  assert.equal(await pixels(ramp), [64, 192, 255, 255]);
});

test("signed values and 12 stored bits", async () => {
  assert.equal(await pixels(image(Int16Array.of(-1000, 0, 1000, 500), { signed: 1 })), [0, 128, 255, 191]);
  assert.equal(
    await pixels(image(Uint16Array.of(0xfc18, 0xf000, 0x03e8, 0), { signed: 1, stored: 12 })),
    [0, 128, 255, 128],
  );
});

test("8 bits, implicit and big-endian transfer syntaxes", async () => {
  assert.equal(await pixels(image(Uint8Array.of(0, 51, 102, 255), { bits: 8 })), [0, 51, 102, 255]);
  assert.equal(await pixels(image(Uint16Array.of(0, 51, 102, 255), {}, "1.2.840.10008.1.2")), [0, 51, 102, 255]);
  assert.equal(
    await pixels(image(Uint8Array.of(0, 0, 0, 51, 0, 102, 0, 255), {}, "1.2.840.10008.1.2.2")),
    [0, 51, 102, 255],
  );
});

test("RGB, interleaved and in planes", async () => {
  const rgb = { kind: "RGB", bits: 8, samples: 3 };
  const interleaved = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
  assert.equal(await pixels(image(Uint8Array.from(interleaved), rgb)), interleaved);
  const planes = [1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12];
  const decoded = await decodeImage(image(Uint8Array.from(planes), { ...rgb, planar: 1 }), "a.dcm");
  assert.equal([decoded.width, decoded.height, decoded.channels], [2, 2, 3]);
  assert.equal([...decoded.pixels], interleaved);
});

test("refuses compression by its name, and what it does not read", async () => {
  const data = Uint16Array.of(1, 2, 3, 4);
  const decode = (bytes: Uint8Array) => () => decodeImage(bytes, "a.dcm");
  await refused(decode(image(data, {}, "1.2.840.10008.1.2.4.94")), "a.dcm", "JPIP Referenced");
  await refused(decode(image(data, {}, "1.2.840.10008.1.2.4.102")), "a.dcm", "MPEG-4 AVC/H.264");
  await refused(decode(image(data, {}, "1.2.3\u001b[31m")), "a.dcm", "transfer syntax 1.2.3?[31m");
  await refused(decode(image(data, {}, "1.2.840.10008.1.2.4.50")), "a.dcm", "fragments of compressed data");
  await refused(decode(image(data, { kind: "HSV" })), "a.dcm", "HSV");
  await refused(decode(image(data, { kind: "PALETTE COLOR" })), "a.dcm", "lookup table");
  await refused(decode(image(Uint16Array.of(1, 2))), "expected 8 bytes of pixel data, got 4");
  await refused(decode(image(data).slice(0, -3)), "a.dcm");
  await refused(decode(dicom([[0x28, 0x10, "US", 2]])), "a.dcm", "Columns");
  const huge = dicom([
    [0x28, 2, "US", 1],
    [0x28, 4, "CS", "MONOCHROME2"],
    [0x28, 0x10, "US", 65535],
    [0x28, 0x11, "US", 65535],
    [0x28, 0x100, "US", 16],
  ]);
  await refused(decode(huge), "a.dcm", "65535 × 65535");
});

test.run();
