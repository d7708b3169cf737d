// 20,000 damaged pictures for each parser: each is decoded whole or refused in our own words, soon and in little
// memory.
import { readdirSync, readFileSync } from "node:fs";
import { array, asyncProperty, assert as check, integer, nat, record, tuple } from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { HqcnnError } from "../../../../host/check.ts";
import { decodeFile, formatOf } from "../../../../host/datasets/formats/decode.ts";
import { crc32 } from "../../../util/crc32.ts";
import { FUZZ_RUNS } from "../../../util/fuzz.ts";
import { inMemory, inTime } from "../../../util/limits.ts";
import { fixture } from "../../../util/paths.ts";

const runs = FUZZ_RUNS;
const test = suite("datasets/formats, damaged pictures");

const names = readdirSync(fixture("formats")).filter((name) =>
  /\.(png|jpg|jls|tif|webp|gif|bmp|jp2|j2k|dcm)$/.test(name),
);
const files = names.map((name) => ({ name, bytes: new Uint8Array(readFileSync(fixture(`formats/${name}`))) }));
const formats = [...new Set(files.map(({ bytes }) => formatOf(bytes)!.name))];

/** Values at which sizes, counts and offsets go wrong. */
const edges = [0, 1, 2, 3, 7, 8, 15, 16, 127, 128, 254, 255];

interface Damage {
  /**
   * 0 a byte, 1 a bit, 2 four bytes of 255, 3 cut, 4 a part twice, 5 a part left out, 6 zeros, 7 a byte near the start.
   */
  kind: number;
  at: number;
  value: number;
}

/** The bytes with one fault more. */
function damage(bytes: Uint8Array, { kind, at, value }: Damage): Uint8Array {
  if (bytes.length === 0) return bytes;
  const place = Math.floor((at / 2 ** 31) * (kind === 7 ? Math.min(bytes.length, 400) : bytes.length));
  const out = new Uint8Array(bytes); // a copy, of a Buffer too
  if (kind === 0 || kind === 7) out[place] = edges[value % edges.length];
  if (kind === 1) out[place] ^= 1 << (value & 7);
  if (kind === 2) out.fill(255, place, place + 4);
  if (kind === 3) return out.subarray(0, place);
  if (kind === 4) return Buffer.concat([out.subarray(0, place), out.subarray(Math.max(0, place - (value & 63)))]);
  if (kind === 5) return Buffer.concat([out.subarray(0, place), out.subarray(place + (value & 63))]);
  if (kind === 6) out.fill(0, place, place + (value & 31));
  return new Uint8Array(out);
}

/** A PNG whose chunks have the right checksums again, so that faults get past them. */
function withChecksums(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > bytes.length) break;
    view.setUint32(end, crc32(bytes.subarray(at + 4, end)));
    at = end + 4;
  }
  return bytes;
}

/** What libraries say, and must not reach a user. */
const foreign =
  /unexpected|undefined|NaN|\[object|is not a function|Cannot read|DataView|Offset|Invalid|Error|wasm|stopped/;

let slowest = 0;
for (const format of formats) {
  const own = files.filter(({ bytes }) => formatOf(bytes)!.name === format);
  test(`${format}: ${runs} damaged files are decoded whole or refused in our own words`, async () => {
    let decoded = 0;
    const faults = array(record({ kind: nat(7), at: nat(2 ** 31 - 1), value: integer({ min: 0, max: 255 }) }), {
      minLength: 1,
      maxLength: 4,
    });
    await check(
      asyncProperty(tuple(nat(own.length - 1), faults), async ([index, list]) => {
        const { name, bytes } = own[index];
        const faulty = new Uint8Array(list.reduce(damage, bytes));
        const damaged = format === "PNG" && list[0].value % 4 > 0 ? withChecksums(faulty) : faulty;
        const start = process.cpuUsage();
        try {
          const { frames, steps } = await decodeFile(damaged, name, { frame: list.length > 2 ? "all" : undefined });
          for (const { width, height, channels, pixels } of frames) {
            assert.is(pixels.length, width * height * channels);
            assert.ok(width * height <= 2 ** 26 && (channels === 1 || channels === 3));
          }
          assert.ok(frames.length > 0 && steps.length > 0);
          decoded++;
        } catch (error) {
          assert.instance(error, HqcnnError);
          const { message } = error as HqcnnError;
          assert.ok(message.startsWith(`${name}: `) && message.length < 400, message);
          assert.not.match(message.slice(name.length), foreign);
          // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
          assert.not.match(message, /[\u0000-\u001f\u007f-\u009f]/);
        }
        // Processor time: other work on the machine is no fault of the decoder.
        const { user, system } = process.cpuUsage(start);
        const took = (user + system) / 1000;
        slowest = Math.max(slowest, took);
        inTime(`decoding a damaged ${format}`, took / 1000, 2);
      }),
      { numRuns: runs, seed: 14, endOnFailure: true, includeErrorInReport: true },
    );
    assert.ok(decoded > 0, "some faults do no harm");
    const peak = process.resourceUsage().maxRSS / 1024;
    console.log(
      `  ${format}: ${decoded} of ${runs} decoded; slowest ${slowest.toFixed()} ms; peak ${peak.toFixed()} MiB`,
    );
    inMemory("decoding damaged images", peak * 2 ** 20, 700 * 2 ** 20);
  });
}

test.run();
