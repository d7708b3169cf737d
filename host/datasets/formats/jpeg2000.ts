import { decodeWith } from "./emscripten.ts";
import { checkDimensions, checkLength, type Frame, fullRange, type Job, type Opened, Refusal } from "./pixels.ts";

interface Header {
  width: number;
  height: number;
  bits: number;
  isSigned: boolean;
  components: 1 | 3;
  /** Whether the codestream's three components are others than those that come out: it transforms them. */
  isTransformed: boolean;
}

/** OpenJPEG holds 4 bytes a sample, and its copies: more samples than this are refused. */
const mostSamples = 40e6;
/** From here on, more than 350 MB are taken: only for a stream that can hold so many. */
const manySamples = 20e6;

/** Opens a JP2 file or a bare codestream (ITU-T T.800), HTJ2K included. */
export async function openJpeg2000(bytes: Uint8Array, job: Job): Promise<Opened> {
  const { width, height } = readHeader(codestreamOf(bytes));
  checkDimensions(width, height, job);
  return { frames: 1, frame: () => decodeJpeg2000(bytes, job) };
}

/** Decodes one JPEG 2000 stream, alone or inside DICOM or TIFF. */
export async function decodeJpeg2000(bytes: Uint8Array, job: Job): Promise<Frame> {
  const header = readHeader(codestreamOf(bytes));
  const { width, height, components, bits, isSigned, isTransformed } = header;
  refusePalette(bytes);
  checkDimensions(width, height, job);
  if (width * height * components > mostSamples)
    throw new Refusal(
      `expected JPEG 2000 of at most ${mostSamples / 1e6} million samples, got ${width} × ${height} × ${components}`,
    );
  const samples = width * height * components;
  checkLength(bytes.length, samples > manySamples ? samples / 64 : 0, "image data");
  job.log.step(`JPEG 2000, ${components} ${components === 1 ? "component" : "components"} of ${bits} bits`);
  const { default: create } = await import("@cornerstonejs/codec-openjpeg/decodewasmjs");
  const frame = await decodeWith(create, "J2KDecoder", () => job.module("openjpegwasm_decode"), bytes, header);
  if (frame.components !== components)
    throw new Refusal("the compressed image data are cut short or damaged: not as many components as the header says");
  // Of a JP2 file's sYCC the decoder has made RGB; a bare codestream does not say what its components are.
  const isAsStored = !isTransformed && bytes[0] === 0xff;
  return {
    width,
    height,
    channels: components,
    samples: frame.samples,
    mapping: fullRange(bits, isSigned),
    isAsStored,
  };
}

/** The codestream in a JP2 file: the box jp2c; the bytes themselves if they are one. */
function codestreamOf(bytes: Uint8Array): Uint8Array {
  if (bytes[0] === 0xff && bytes[1] === 0x4f) return bytes;
  for (const { type, body } of boxesOf(bytes)) if (type === "jp2c") return body;
  throw new Refusal("expected a codestream; the file is cut short or damaged");
}

/** With a palette the codestream holds indices, which would pass for grey. */
function refusePalette(bytes: Uint8Array): void {
  if (bytes[0] === 0xff && bytes[1] === 0x4f) return;
  const header = boxesOf(bytes).find(({ type }) => type === "jp2h");
  if (header && boxesOf(header.body).some(({ type }) => type === "pclr"))
    throw new Refusal("JPEG 2000 with a palette is not read; save it again as PNG");
}

/** The boxes of a JP2 file or of a box, up to the first that is damaged. */
function boxesOf(bytes: Uint8Array): { type: string; body: Uint8Array }[] {
  const boxes: { type: string; body: Uint8Array }[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 8 <= bytes.length; ) {
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    let length = view.getUint32(at);
    let head = 8;
    if (length === 1 && at + 16 <= bytes.length) {
      length = view.getUint32(at + 8) * 2 ** 32 + view.getUint32(at + 12);
      head = 16;
    }
    if (length === 0) length = bytes.length - at; // the last box may reach to the end
    if (length < head) break;
    boxes.push({ type, body: bytes.subarray(at + head, at + length) });
    at += length;
  }
  return boxes;
}

function readHeader(stream: Uint8Array): Header {
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  if (stream.length < 50 || view.getUint32(0) !== 0xff4fff51)
    throw new Refusal("expected a codestream header; the file is cut short or damaged");
  const width = view.getUint32(8) - view.getUint32(16);
  const height = view.getUint32(12) - view.getUint32(20);
  const [tileWidth, tileHeight] = [view.getUint32(24), view.getUint32(28)];
  const components = view.getUint16(40);
  if (!(components >= 1 && components <= 16) || stream.length < 42 + 3 * components)
    throw new Refusal(`expected 1 to 16 components, got ${components}; the file is damaged`);
  if (!(tileWidth >= 1 && tileHeight >= 1) || Math.ceil(width / tileWidth) * Math.ceil(height / tileHeight) > 65535)
    throw new Refusal("expected at most 65535 tiles; the file is damaged");
  if (components !== 1 && components !== 3)
    throw new Refusal(
      `JPEG 2000 with ${components} components (alpha) is not read; save it again as PNG or without alpha`,
    );
  const parts = Array.from({ length: components }, (_, i) => [...stream.subarray(42 + 3 * i, 45 + 3 * i)]);
  if (parts.some((part) => part[1] !== 1 || part[2] !== 1))
    throw new Refusal("JPEG 2000 with subsampled components is not read; save it again as PNG");
  if (parts.some((part) => part[0] !== parts[0][0]))
    throw new Refusal("JPEG 2000 with components of different depths is not read; save it again as PNG");
  const bits = (parts[0][0] & 127) + 1;
  if (bits > 16) throw new Refusal(`JPEG 2000 of ${bits} bits is not read; save it again with 16`);
  // The decoder loses the sign of so few bits.
  if (parts[0][0] >= 128 && bits <= 8)
    throw new Refusal(`JPEG 2000 of ${bits} bits with a sign is not read; save it again with 16`);
  return { width, height, components, bits, isSigned: parts[0][0] >= 128, isTransformed: isTransformed(stream, view) };
}

/** Whether the marker COD of the main header asks for the transform of colours. */
function isTransformed(stream: Uint8Array, view: DataView): boolean {
  for (let at = 2; at + 9 <= stream.length; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint16(at);
    if (marker === 0xff52) return stream[at + 8] === 1;
    if (marker === 0xff90) break; // the first tile
  }
  return false;
}
