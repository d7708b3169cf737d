import { decodeWith } from "./emscripten.ts";
import type { JpegHeader } from "./jpegHeader.ts";
import { checkLength, type Frame, interleave, type Job, joined, Refusal } from "./pixels.ts";

/** Decodes JPEG-LS (ITU-T T.87), lossless or nearly so: 2 to 16 bits, grey or RGB. */
export async function decodeJpegLs(bytes: Uint8Array, header: JpegHeader, job: Job): Promise<Frame> {
  const { width, height, components, precision } = header;
  const count = components.length;
  if (count !== 1 && count !== 3)
    throw new Refusal(`JPEG-LS with ${count} components is not read; save it again as PNG`);
  // A run of equal samples takes one bit for at most 2^15 of them.
  checkLength(bytes.length, (width * height * count) / 2 ** 18, "image data");
  job.log.step(`JPEG-LS, ${precision} bits`);
  const { default: create } = await import("@cornerstonejs/codec-charls/decodewasmjs");
  let planes = 0;
  const frame = await decodeWith(
    create,
    "JpegLSDecoder",
    () => job.module("charlswasm_decode"),
    withoutExtras(bytes),
    header,
    (codec) => {
      planes = codec.getInterleaveMode?.() ?? 0;
    },
  );
  frame.isAsStored = true;
  if (count === 3 && planes === 0) frame.samples = interleave(frame.samples, 3);
  return frame;
}

/**
 * The stream without SPIFF's header, a second start-of-image inside an application segment, which decoders stumble
 * over.
 */
function withoutExtras(bytes: Uint8Array): Uint8Array {
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] >= 0xe0 && bytes[at + 1] <= 0xef) {
    at += 2 + ((bytes[at + 2] << 8) | bytes[at + 3]);
  }
  return joined([bytes.subarray(0, 2), bytes.subarray(at)]);
}
