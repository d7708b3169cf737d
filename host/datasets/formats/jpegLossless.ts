import type { JpegHeader } from "./jpegHeader.ts";
import { checkLength, type Frame, fullRange, type Job, joined, Refusal } from "./pixels.ts";

/** Decodes lossless JPEG (ITU-T T.81, process 14): 2 to 16 bits, grey or RGB. */
export async function decodeJpegLossless(bytes: Uint8Array, header: JpegHeader, job: Job): Promise<Frame> {
  const { width, height, precision, components, scans } = header;
  const count = components.length;
  if (count !== 1 && count !== 3)
    throw new Refusal(`lossless JPEG with ${count} components is not read; save it again as PNG`);
  if (scans !== 1 || components.some(({ h, v }) => h !== 1 || v !== 1) || (count === 3 && precision > 8))
    throw new Refusal("lossless JPEG with several scans, subsampling or deep colour is not read; save it again as PNG");
  if (!(precision >= 2 && precision <= 16))
    throw new Refusal(`expected 2 to 16 bits a sample, got ${precision}; the file is damaged`);
  // A sample has at least one bit.
  checkLength(bytes.length, (width * height * count) / 8, "image data");
  job.log.step(`JPEG, lossless, ${precision} bits`);
  const { Decoder } = await import("jpeg-lossless-decoder-js");
  const decoder = new Decoder();
  const padded = padEnd(bytes);
  const decoded = decoder.decode(padded.buffer as ArrayBuffer, 0, padded.length);
  if (decoder.yLoc < height || decoded === null || decoded.length !== width * height * count)
    throw new Refusal("the compressed image data are cut short or damaged");
  return { width, height, channels: count, samples: decoded, mapping: fullRange(precision), isAsStored: true };
}

/** The stream with zero bits before its last marker: the library drops the sample whose code ends right before it. */
function padEnd(bytes: Uint8Array): Uint8Array {
  let end = bytes.length - 2;
  while (end > 0 && !(bytes[end] === 0xff && bytes[end + 1] === 0xd9)) end--;
  return joined([bytes.subarray(0, end), new Uint8Array(4), bytes.subarray(end)]);
}
