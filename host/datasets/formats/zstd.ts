import { Decompress } from "fzstd";
import { Refusal } from "./pixels.ts";

/** Decompresses Zstandard data to at most `most` bytes; more is refused as soon as it comes. */
export function decodeZstd(input: Uint8Array, most: number): Uint8Array {
  checkWindow(input, most);
  const parts: Uint8Array[] = [];
  let done = 0;
  const stream = new Decompress((part) => {
    done += part.length;
    if (done > most) throw new Refusal(`expected ${most} bytes after decompression, got more; the file is damaged`);
    parts.push(part);
  });
  // Small steps: a block of a few bytes may give 128 KiB.
  const step = 1 << 12;
  for (let at = 0; at < input.length; at += step) stream.push(input.subarray(at, at + step), at + step >= input.length);
  const out = new Uint8Array(done);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** The library takes the window that the frame header (RFC 8878, 3.1.1.1) asks for at once. */
function checkWindow(input: Uint8Array, most: number): void {
  if (input.length < 6 || input[4] & 0x20) return; // one segment: the window is the content, counted above
  const size = 2 ** (10 + (input[5] >> 3)) * (1 + (input[5] & 7) / 8);
  if (size > Math.max(most * 2, 2 ** 23)) throw new Refusal("expected a smaller Zstandard window; the file is damaged");
}
