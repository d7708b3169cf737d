import { readFileSync } from "node:fs";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { HqcnnError } from "../../../host/check.ts";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../../../host/network/safetensors.ts";
import { needsShared } from "../../util/paths.ts";

const safetensors = suite("network/safetensors");

const shape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 });
const tensor: fc.Arbitrary<Tensor> = shape.chain((shape): fc.Arbitrary<Tensor> => {
  const length = shape.reduce((a, b) => a * b, 1);
  const size = { minLength: length, maxLength: length };
  return fc.oneof(
    fc.float64Array(size).map((data): Tensor => ({ dtype: "F64", shape, data })),
    fc.float32Array(size).map((data): Tensor => ({ dtype: "F32", shape, data })),
    fc.bigInt64Array(size).map((data): Tensor => ({ dtype: "I64", shape, data })),
    fc.bigUint64Array(size).map((data): Tensor => ({ dtype: "U64", shape, data })),
    fc.int32Array(size).map((data): Tensor => ({ dtype: "I32", shape, data })),
    fc.uint32Array(size).map((data): Tensor => ({ dtype: "U32", shape, data })),
    fc.int16Array(size).map((data): Tensor => ({ dtype: "I16", shape, data })),
    fc.int8Array(size).map((data): Tensor => ({ dtype: "I8", shape, data })),
    fc.uint8Array(size).map((data): Tensor => ({ dtype: "U8", shape, data })),
  );
});
// No backslash: V8's JSON.parse (Node 24 and 26, Deno) reads the key "\"" as "\\" once it has seen that one in the same
// place.
const text = fc
  .oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("__proto__", "constructor", "0", '"', "{", "]:", '"a":'))
  .filter((name) => !name.includes("\\"));
const tensors = fc.array(fc.tuple(text, tensor), { maxLength: 5 }).map((list) => new Map(list));
const metadata = fc.array(fc.tuple(text, text), { maxLength: 3 }).map((list) => Object.fromEntries(list));

/** A file with any header text and data. */
function file(header: string, dataBytes = 0, length = new TextEncoder().encode(header).length): Uint8Array {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, 8);
  return bytes;
}

function refused(bytes: Uint8Array, expected: RegExp): void {
  assert.throws(
    () => decodeSafetensors(bytes, "m.safetensors"),
    (error: Error) =>
      error instanceof HqcnnError && error.message.startsWith("m.safetensors: ") && expected.test(error.message),
    `expected ${expected}`,
  );
}

safetensors("returns what was written, aligned in place or copied", () => {
  fc.assert(
    fc.property(tensors, metadata, fc.nat(8), (written, notes, shift) => {
      const bytes = encodeSafetensors(written, notes);
      const moved = new Uint8Array(bytes.length + shift).subarray(shift);
      moved.set(bytes);
      const read = decodeSafetensors(moved);
      assert.equal([...read.tensors.keys()].sort(), [...written.keys()].sort());
      for (const [name, { dtype, shape, data }] of written) {
        const got = read.tensors.get(name)!;
        assert.is(got.dtype, dtype);
        assert.equal(got.shape, shape);
        assert.ok(Array.from(data as ArrayLike<number | bigint>).every((value, i) => Object.is(value, got.data[i])));
        if (shift % 8 === 0) assert.is(got.data.buffer, moved.buffer);
      }
      assert.equal(Object.entries(read.metadata), Object.entries(notes));
    }),
  );
});

safetensors("refuses every prefix of a file, and bytes left over", () => {
  fc.assert(
    fc.property(tensors, metadata, (written, notes) => {
      const bytes = encodeSafetensors(written, notes);
      for (let end = 0; end < bytes.length; end++) refused(bytes.subarray(0, end), /expected/);
      refused(Uint8Array.of(...bytes, 0), /bytes of data, got/);
    }),
    { numRuns: 25 },
  );
});

safetensors("never fails but with HqcnnError, whatever byte is changed", () => {
  const bytes = encodeSafetensors(new Map([["w", { dtype: "F32", shape: [2], data: new Float32Array(2) }]]), {
    a: "b",
  });
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
      const changed = bytes.slice();
      changed[at] = value;
      try {
        decodeSafetensors(changed);
      } catch (error) {
        assert.instance(error, HqcnnError);
      }
    }),
    { numRuns: 2000 },
  );
});

safetensors("the bytes are those of the format: aligned, wide elements first, independent of order", () => {
  const u8: Tensor = { dtype: "U8", shape: [3], data: Uint8Array.of(1, 2, 3) };
  const f32: Tensor = { dtype: "F32", shape: [], data: Float32Array.of(1) };
  // biome-ignore format: one line
  const bytes = encodeSafetensors(new Map<string, Tensor>([["a", u8], ["b", f32]]), { k: "v" });
  const header =
    '{"__metadata__":{"k":"v"},"b":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[3],"data_offsets":[4,7]}}';
  const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
  const expected = Buffer.concat([
    Buffer.from([padded.length, 0, 0, 0, 0, 0, 0, 0]),
    Buffer.from(padded),
    Buffer.from([0, 0, 128, 63, 1, 2, 3]),
  ]);
  assert.is(Buffer.from(bytes).toString("latin1"), expected.toString("latin1"));
  // biome-ignore format: one line
  assert.equal(encodeSafetensors(new Map<string, Tensor>([["b", f32], ["a", u8]]), { k: "v" }), bytes);
});

safetensors("refuses hostile headers before memory is taken", () => {
  refused(new Uint8Array(7), /at least 8 bytes, got 7/);
  refused(file("{}", 0, 3), /header of at most 2 bytes, got 3/);
  const huge = file("{}");
  huge.fill(255, 0, 8);
  refused(huge, /at most 2 bytes, got 18446744073709551615/);
  refused(file(""), /in JSON/);
  refused(file("{"), /in JSON/);
  refused(file("[]"), /starts with "\{"/);
  refused(file(" {}"), /starts with "\{"/);
  refused(Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe), /in JSON/);
  refused(file('{"__metadata__":[]}'), /object of texts/);
  refused(file('{"__metadata__":{"a":1}}'), /object of texts/);
});

safetensors("refuses entries that do not fit", () => {
  const entry = (dtype: unknown, shape: unknown, data_offsets: unknown) =>
    JSON.stringify({ w: { dtype, shape, data_offsets } });
  refused(file('{"w":null}'), /tensor w: expected dtype F64, F32/);
  refused(file(entry("F8_E4M3", [1], [0, 1]), 1), /got F8_E4M3; convert it/);
  refused(file(entry("toString", [1], [0, 2]), 2), /got toString/);
  refused(file(entry("F32", [-1], [0, 4]), 4), /shape of integers, got \[-1\]/);
  refused(file(entry("F32", [0.5], [0, 2]), 2), /shape of integers/);
  refused(file(entry("F32", 1, [0, 4]), 4), /shape of integers, got 1/);
  refused(file(entry("F32", [1], [0]), 4), /two data offsets/);
  refused(file(entry("F32", [1], [4, 0]), 4), /expected 4 bytes for F32 of shape \[1\], got -4/);
  refused(file(entry("F32", [2 ** 50, 2 ** 50], [0, 4]), 4), /tensor w: expected .* bytes for F32/);
  refused(file(entry("F32", [2 ** 40], [0, 2 ** 42]), 4), /expected 4398046511104 bytes of data, got 4/);
  refused(file(entry("U8", [1], [1, 2]), 2), /begin at data byte 0, got 1/);
  const two = (second: [number, number]) =>
    file(
      JSON.stringify({
        a: { dtype: "U8", shape: [2], data_offsets: [0, 2] },
        b: { dtype: "U8", shape: [2], data_offsets: second },
      }),
      4,
    );
  assert.is(decodeSafetensors(two([2, 4])).tensors.size, 2);
  refused(two([1, 3]), /tensor b: expected to begin at data byte 2, got 1/);
  refused(two([0, 2]), /expected to begin at data byte 2, got 0/);
  const once = '"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}';
  refused(file(`{${once},${once}}`, 1), /each name once, got a twice/);
  refused(file(`{${once},${once.replace("a", "\\u0061")}}`, 1), /each name once, got a twice/);
});

safetensors("refuses to write what does not fit", () => {
  const write =
    (shape: number[], data: Float32Array, name = "w") =>
    () =>
      encodeSafetensors(new Map([[name, { dtype: "F32", shape, data }]]));
  assert.throws(
    write([3], new Float32Array(2)),
    /tensor w: expected F32 of shape \[3\], got 2 elements of Float32Array/,
  );
  assert.throws(write([2], new Float64Array(2) as unknown as Float32Array), /got 2 elements of Float64Array/);
  assert.throws(write([2], new Float32Array(2), "__metadata__"), /tensor __metadata__: expected/);
});

const withGolden = needsShared(safetensors, "parity/network.safetensors");

withGolden("reads a file of the reference implementation", (golden) => {
  const { tensors } = decodeSafetensors(readFileSync(golden), golden);
  assert.equal(tensors.get("start.quantum.weights")?.shape, [3, 4, 3]);
  assert.is(tensors.get("start.layer1.0.weight")?.dtype, "F32");
  assert.is(tensors.get("labels")?.dtype, "U8");
});

safetensors.run();
