import { Inflate, Unzlib } from "fflate";
import { Refusal } from "./pixels.ts";

/**
 * Compressed bytes given to the library at once: each gives at most 1032 times as many, so that a bomb is stopped
 * early.
 */
const step = 1 << 14;

export interface InflateOptions {
  /** Without zlib's header (DICOM). */
  raw?: boolean;
  /** Fewer bytes than `most` are enough. */
  atMost?: boolean;
}

/**
 * Inflates the parts of one stream to `most` bytes. More than that is refused as soon as it comes, and fewer too unless
 * `atMost`.
 * The result is no longer than needed.
 */
export function inflate(
  parts: readonly Uint8Array[],
  most: number,
  { raw = false, atMost = false }: InflateOptions = {},
): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const out = new Uint8Array(Math.min(most, length * 1032));
  let done = 0;
  let isFinal = false;
  const stream = new (raw ? Inflate : Unzlib)((chunk, final) => {
    isFinal ||= final;
    if (done + chunk.length > most)
      throw new Refusal(
        `expected ${atMost ? "at most " : ""}${most} bytes after decompression, got more; the file is damaged or too large`,
      );
    out.set(chunk, done);
    done += chunk.length;
  });
  let given = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; at += step) {
      const chunk = part.subarray(at, at + step);
      given += chunk.length;
      if (done >= most && !atMost && given > length) break;
      stream.push(chunk, given === length);
    }
  }
  if (!isFinal && atMost) throw new Refusal("expected the end of the compressed data; the file is cut short");
  if (done < most && !atMost)
    throw new Refusal(`expected ${most} bytes after decompression, got ${done}; the file is cut short or damaged`);
  return out.subarray(0, done);
}
