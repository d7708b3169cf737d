import fc from "fast-check";
import * as assert from "uvu/assert";
import { HqcnnError } from "../../host/check.ts";
import { inMemory, inTime } from "./limits.ts";

/** Numbers that break arithmetic on sizes. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];
/** What a value in JSON becomes. */
const VALUES = [
  null,
  true,
  -1,
  0,
  0.5,
  1e9,
  1e300,
  2 ** 53,
  "",
  "\u001b[31m",
  "x".repeat(5000),
  [],
  {},
  [[[]]],
  { __proto__: 1 },
];

/** A change of bytes; places are parts of the length. */
type Change =
  | { kind: "set"; at: number; value: number }
  | { kind: "edge"; at: number; edge: number; width: 1 | 2 | 4 }
  | { kind: "cut"; at: number }
  | { kind: "drop" | "double"; at: number; length: number }
  | { kind: "value"; at: number; value: number };

const at = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), at, value: fc.nat(255) }),
  fc.record({
    kind: fc.constant("edge" as const),
    at,
    edge: fc.nat(EDGES.length - 1),
    width: fc.constantFrom(1, 2, 4),
  }),
  fc.record({ kind: fc.constant("cut" as const), at }),
  fc.record({ kind: fc.constantFrom("drop" as const, "double" as const), at, length: fc.integer({ min: 1, max: 64 }) }),
  fc.record({ kind: fc.constant("value" as const), at, value: fc.nat(VALUES.length - 1) }),
);

/** Where changes fall: formats have their sizes at the beginning, so half of all changes do. */
function place(part: number, length: number): number {
  return part < 0.5 ? Math.floor(2 * part * Math.min(length, 512)) : Math.floor((2 * part - 1) * length);
}

function changed(bytes: Uint8Array, one: Change): Uint8Array {
  const from = place(one.at, bytes.length);
  const out = new Uint8Array(bytes); // a copy; slice of a Buffer would be none
  switch (one.kind) {
    case "set":
      if (from < out.length) out[from] = one.value;
      return out;
    case "edge":
      for (let i = 0; i < one.width && from + i < out.length; i++) out[from + i] = EDGES[one.edge] >>> (8 * i);
      return out;
    case "cut":
      return out.slice(0, from);
    case "drop":
      return Buffer.concat([out.subarray(0, from), out.subarray(from + one.length)]);
    case "double":
      return Buffer.concat([out.subarray(0, from + one.length), out.subarray(from)]);
    case "value":
      return replaceValue(out, one.at, VALUES[one.value]);
  }
}

/** Puts a value in the place of another in JSON, wherever in it; other bytes stay. */
function replaceValue(bytes: Uint8Array, part: number, value: unknown): Uint8Array {
  const text = Buffer.from(bytes).toString("latin1");
  const values = [...text.matchAll(/-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|"[^"\\]*"(?!\s*:)|true|false|null/g)];
  if (values.length === 0) return bytes;
  const found = values[Math.floor(part * values.length)];
  const after = found.index + found[0].length;
  return Buffer.from(text.slice(0, found.index) + JSON.stringify(value) + text.slice(after), "latin1");
}

/** Inputs per parser; HQCNN_FUZZ sets fewer where time is short. */
export const FUZZ_RUNS = Number(process.env.HQCNN_FUZZ ?? 20_000);

export interface FuzzOptions {
  /** How many inputs; default FUZZ_RUNS. */
  runs?: number;
  /** Bytes of memory that the process may have at the end; default 500 MB. */
  memory?: number;
  /** Lines that an error may have; default 2. */
  lines?: number;
  /** Makes lengths in a changed file right again; done to every second one, so that the rest of it is read. */
  repair?: (bytes: Uint8Array) => Uint8Array;
}

/**
 * Changes files at random, always the same way, and reads each: it is read, or refused by a HqcnnError of one or two
 * short lines, within two seconds, without the process growing.
 */
export async function fuzz(
  files: readonly Uint8Array[],
  read: (bytes: Uint8Array, file: number) => unknown,
  { runs = FUZZ_RUNS, memory = 500e6, lines = 2, repair }: FuzzOptions = {},
): Promise<{ read: number; refused: number }> {
  const count = { read: 0, refused: 0 };
  const inputs = fc.tuple(fc.nat(files.length - 1), fc.array(change, { minLength: 1, maxLength: 6 }), fc.boolean());
  await fc.assert(
    fc.asyncProperty(inputs, async ([file, changes, repaired]) => {
      const raw = changes.reduce(changed, files[file]);
      const bytes = repaired && repair ? repair(raw) : raw;
      const started = performance.now();
      try {
        await read(bytes, file);
        count.read += 1;
      } catch (error) {
        count.refused += 1;
        if (!(error instanceof HqcnnError)) throw error;
        const { message } = error;
        assert.ok(message.length < 350 * lines && message.split("\n").length <= lines, message);
        assert.not.match(message, /unexpected:|\[object |undefined is not|is not a function|DataView/);
      }
      inTime("reading a damaged file", (performance.now() - started) / 1000, 2);
    }),
    { numRuns: runs, seed: 20_261_128, endOnFailure: true },
  );
  const { rss } = process.memoryUsage();
  inMemory("reading damaged files", rss, memory);
  return count;
}
