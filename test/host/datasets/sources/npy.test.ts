import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseNpyHeader, valueReader } from "../../../../host/datasets/sources/npy.ts";
import { type NpyArray, npy } from "../../../util/npz.ts";
import { refused } from "../../../util/refusal.ts";

const test = suite("datasets/npy");
const where = "f.npz: a";

function array(changes: Partial<NpyArray>): NpyArray {
  return { descr: "|u1", shape: [2, 3], data: new Uint8Array(6), ...changes };
}

test("versions 1 to 3 give dtype, shape, offset and size", () => {
  for (const version of [1, 2, 3] as const) {
    const header = parseNpyHeader(npy(array({ version, descr: "<i8", shape: [7], data: new BigInt64Array(7) })), where);
    const { dtype, shape, dataOffset, dataBytes, itemBytes } = header;
    assert.equal(
      { dtype, shape, dataOffset, dataBytes, itemBytes },
      { dtype: "int64", shape: [7], dataOffset: 128, dataBytes: 56, itemBytes: 8 },
    );
    assert.equal([header.bigEndian, header.fortran], [false, false]);
  }
});

test("dtypes", () => {
  const names = {
    "|u1": "uint8",
    "|i1": "int8",
    "<u2": "uint16",
    "<i4": "int32",
    "<f4": "float32",
    "<f8": "float64",
    "|b1": "bool",
  };
  for (const [descr, dtype] of Object.entries(names))
    assert.is(parseNpyHeader(npy(array({ descr })), where).dtype, dtype);
});

test("order of bytes and of axes, text", () => {
  assert.ok(parseNpyHeader(npy(array({ fortran: true })), where).fortran);
  assert.ok(parseNpyHeader(npy(array({ descr: ">f4" })), where).bigEndian);
  const text = parseNpyHeader(npy(array({ descr: "<U3", shape: [2], data: new Uint8Array(24) })), where);
  assert.equal([text.dtype, text.itemBytes, text.dataBytes], ["str", 12, 24]);
});

test("halves", () => {
  const bits = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x8000, 0x7c00, 0x7e00);
  const bytes = new Uint8Array(bits.buffer);
  const header = parseNpyHeader(npy({ descr: "<f2", shape: [7], data: bits }), where);
  const read = valueReader(header, bytes, where);
  assert.equal(
    Array.from(bits, (_, i) => read(i)),
    [1, -2, 65504, 2 ** -24, -0, Number.POSITIVE_INFINITY, Number.NaN],
  );
});

test("a scalar and an empty array", () => {
  assert.equal(parseNpyHeader(npy(array({ shape: [] })), where).shape, [0].slice(1));
  assert.is(parseNpyHeader(npy(array({ shape: [0, 28, 28] })), where).dataBytes, 0);
});

test("refuses what it cannot read", async () => {
  const parse = (changes: Partial<NpyArray>) => () => parseNpyHeader(npy(array(changes)), where);
  await refused(parse({ descr: "|O" }), where, "object arrays are pickles");
  await refused(parse({ descr: "<M8[ns]" }), where, "array of numbers or text", "<M8[ns]");
  await refused(parse({ shape: [2 ** 40, 2 ** 40] }), where, "beyond any memory");
  await refused(() => parseNpyHeader(new Uint8Array(40), where), where, "npy array");
  await refused(() => parseNpyHeader(new Uint8Array(3), where), where, "npy array");
  const version9 = npy(array({}));
  version9[6] = 9;
  await refused(() => parseNpyHeader(version9, where), "version 1 to 3", "9.0");
  const noShape = npy(array({}));
  noShape.set(new TextEncoder().encode("'shade'"), Buffer.from(noShape).indexOf("'shape'"));
  await refused(() => parseNpyHeader(noShape, where), "descr, fortran_order and shape");
});

test("refuses a hostile header length before reading on", async () => {
  const bytes = npy(array({ version: 2 }));
  new DataView(bytes.buffer).setUint32(8, 0xfffffff0, true);
  await refused(() => parseNpyHeader(bytes, where), where, "at most 65536 bytes", "4294967292");
});

test.run();
