import type { DataSet } from "dicom-parser";
import { type Attributes, attributesOf, findSyntax, parse } from "./dicomData.ts";
import { fragmentsOf } from "./dicomFragments.ts";
import { isBigEndian, paletteOf, valuesOf } from "./dicomValues.ts";
import {
  checkDimensions,
  checkLength,
  checkMemory,
  type Frame,
  fullRange,
  interleave,
  type Job,
  type Opened,
  Refusal,
  type Samples,
  ycbcrToRgb,
} from "./pixels.ts";
import { decodePackBits } from "./tiffChunks.ts";

/**
 * Opens a DICOM file of a transfer syntax in dicomData.ts, with or without preamble and meta information: MONOCHROME1
 * (inverted) and MONOCHROME2 of up to
 * 32 bits, RGB, YBR_FULL and PALETTE COLOR of 8 bits. Grey values pass through the modality LUT (or rescale slope and
 * intercept) and the VOI LUT (or the
 * first window) of the file, of its functional groups first; without one, the smallest value is black and the largest
 * white.
 */
export async function openDicom(bytes: Uint8Array, job: Job): Promise<Opened> {
  const { data, syntax: uid } = await parse(bytes, job);
  const syntax = findSyntax(uid);
  if (!data.elements.x7fe00010 && (data.elements.x7fe00008 || data.elements.x7fe00009))
    throw new Refusal(
      "DICOM of floating-point pixel data is not read; save it again with integers and a rescale slope",
    );
  const image = attributesOf(data);
  const { width, height, frames, bits, samples, photometric } = image;
  if (data.string("x00280008")?.trim() === "0") job.log.note("NumberOfFrames is 0: read as 1.");
  checkDimensions(width, height, job);
  const { name } = syntax;
  job.log.step(`DICOM, ${name}, ${photometric}, ${image.stored} of ${bits} bits`);
  const element = data.elements.x7fe00010;
  if (!element) throw new Refusal("expected pixel data, got none; it is no image (a report, a structure, a directory)");
  if (Object.keys(data.elements).some((tag) => /^x60..3000$/.test(tag)))
    job.log.note("Overlays (marks and texts beside the pixels) are not drawn.");
  checkMemory(width * height * samples * Math.max(1, bits >> 3) * 2, `DICOM of ${width} × ${height}`);

  const frame = async (index: number): Promise<Frame> => {
    const { values, isRgb, depth } = syntax.codec
      ? await decompress(data, image, index, syntax.codec, job)
      : { values: native(data.byteArray as Uint8Array, data, image, index, job), isRgb: false, depth: bits };
    if (photometric === "PALETTE COLOR") {
      if (bits > 16) throw new Refusal(`PALETTE COLOR of ${bits} bits is not read`);
      return { width, height, channels: 3, samples: paletteOf(data, values, image), mapping: fullRange(16) };
    }
    if (samples === 3) {
      const isYbr = photometric.startsWith("YBR_FULL") && !isRgb;
      const colors = signedOf(values, { ...image, isSigned: false }, depth);
      if (isYbr && !(colors instanceof Uint8Array))
        throw new Refusal(`${photometric} of ${bits} bits is not read; save it again with 8`);
      const samples = isYbr ? ycbcrToRgb(colors as Uint8Array) : colors;
      return { width, height, channels: 3, samples, mapping: fullRange(Math.min(image.stored, depth)) };
    }
    // Lossy streams of more bits than the file states may go a little beyond those.
    const stored = syntax.codec && !image.isSigned ? { ...image, stored: bits, highBit: bits - 1 } : image;
    return valuesOf(data, signedOf(values, stored, depth), image, index, job);
  };
  return { frames, frame };
}

/** Samples of one frame that lie uncompressed in the file, the image's own bits and sign not yet applied. */
function native(bytes: Uint8Array, data: DataSet, image: Attributes, index: number, job: Job): Samples {
  const { width, height, samples, bits, frames, photometric, isPlanar } = image;
  const element = data.elements.x7fe00010;
  const count = width * height;
  const isHalved = photometric === "YBR_FULL_422";
  if (element.encapsulatedPixelData)
    throw new Refusal("expected pixel data of a known length, got fragments; the file is damaged");
  const length = isHalved ? count * 2 : (count * samples * bits) / 8;
  const needed = Math.ceil(length * frames);
  const got = Math.max(0, Math.min(element.length, bytes.length - element.dataOffset));
  if (got < needed)
    throw new Refusal(`expected ${needed} bytes of pixel data, got ${got}; the file is cut short or damaged`);
  const start = element.dataOffset + Math.floor(length * index);
  let raw = bytes.subarray(start, element.dataOffset + Math.ceil(length * (index + 1)));
  const isBig = isBigEndian(data);
  // Words of two bytes each, in the other order.
  if (bits <= 8 && isBig && element.vr === "OW") {
    const words = bytes.slice(element.dataOffset, element.dataOffset + got);
    for (let i = 0; i + 1 < words.length; i += 2) [words[i], words[i + 1]] = [words[i + 1], words[i]];
    raw = words.subarray(start - element.dataOffset, Math.ceil(length * (index + 1)));
    job.log.step("bytes of big-endian words swapped");
  }
  if (bits === 1) {
    const first = (length * index * 8) % 8;
    return Uint8Array.from({ length: count }, (_, i) => (raw[(first + i) >> 3] >> ((first + i) & 7)) & 1);
  }
  if (bits === 8) {
    if (isHalved) return unhalved(raw, count);
    return isPlanar && samples > 1 ? interleave(raw.slice(), samples) : raw.slice();
  }
  const out = bits === 16 ? new Uint16Array(count * samples) : new Uint32Array(count * samples);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  if (bits === 16) for (let i = 0; i < out.length; i++) out[i] = view.getUint16(i * 2, !isBig);
  else for (let i = 0; i < out.length; i++) out[i] = view.getUint32(i * 4, !isBig);
  return isPlanar && samples > 1 ? interleave(out, samples) : out;
}

/** Y Y Cb Cr for two pixels to Y Cb Cr for each. */
function unhalved(raw: Uint8Array, count: number): Uint8Array {
  const out = new Uint8Array(count * 3);
  for (let i = 0; i < count; i++) {
    const pair = (i >> 1) * 4;
    out[i * 3] = raw[pair + (i & 1)];
    out[i * 3 + 1] = raw[pair + 2];
    out[i * 3 + 2] = raw[pair + 3];
  }
  return out;
}

/** The stored bits of each sample as a number: shifted down to its lowest bit, with its sign if it has one. */
function signedOf(values: Samples, { bits, stored, highBit, isSigned }: Attributes, depth: number): Samples {
  // A decoder's samples end at bit 0.
  const shift = depth === bits ? highBit + 1 - stored : 0;
  const used = Math.min(stored, depth);
  if (!isSigned && shift === 0 && used === 8 * values.BYTES_PER_ELEMENT) return values;
  const Kind = isSigned
    ? { 1: Int8Array, 2: Int16Array, 4: Int32Array }[values.BYTES_PER_ELEMENT as 1 | 2 | 4]
    : { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array }[values.BYTES_PER_ELEMENT as 1 | 2 | 4];
  const out = new Kind(values.length);
  for (let i = 0; i < out.length; i++) {
    const shifted = (values[i] >>> shift) << (32 - used);
    out[i] = isSigned ? shifted >> (32 - used) : shifted >>> (32 - used);
  }
  return out;
}

interface Decompressed {
  values: Samples;
  /** Whether the decoder gave RGB, whatever the file's colour model. */
  isRgb: boolean;
  /** Bits a sample has. */
  depth: number;
}

async function decompress(
  data: DataSet,
  image: Attributes,
  index: number,
  codec: "jpeg" | "jpeg2000" | "rle",
  job: Job,
): Promise<Decompressed> {
  const { width, height, samples, photometric, isSigned } = image;
  const stream = fragmentsOf(data, image.frames, index, job);
  if (codec === "rle") return { values: decodeRle(stream, image), isRgb: false, depth: image.bits };
  let frame: Frame;
  if (codec === "jpeg2000") frame = await (await import("./jpeg2000.ts")).decodeJpeg2000(stream, job);
  else {
    const { decodeJpegStream } = await import("./jpeg.ts");
    const { readJpegHeader } = await import("./jpegHeader.ts");
    const { hasJfif, adobe } = readJpegHeader(stream);
    // The file's word holds where the stream has none of its own.
    const color = hasJfif || adobe !== undefined ? undefined : photometric === "RGB" ? "rgb" : "ycbcr";
    frame = await decodeJpegStream(stream, job, { color });
  }
  if (frame.width !== width || frame.height !== height || frame.channels !== samples)
    throw new Refusal(
      `expected compressed data of ${width} × ${height} × ${samples}, got ${frame.width} × ${frame.height} × ${frame.channels}; the file is damaged`,
    );
  const depth = Math.round(Math.log2(frame.mapping.high - frame.mapping.low + 1));
  const { samples: values } = frame;
  // The bits as they are stored: the sign is the file's matter.
  const bits =
    values instanceof Int16Array
      ? new Uint16Array(values.buffer as ArrayBuffer, values.byteOffset, values.length)
      : values instanceof Int8Array
        ? new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.length)
        : values;
  if (frame.mapping.low < 0 !== isSigned && samples === 1)
    job.log.note("The sign of the file is used, not that of its compressed data.");
  return { values: bits, isRgb: frame.isAsStored !== true, depth };
}

/** RLE Lossless (PS3.5, annex G): each byte of each sample is a segment of PackBits, most significant first. */
function decodeRle(stream: Uint8Array, { width, height, samples, bits }: Attributes): Samples {
  const count = width * height;
  const size = bits >> 3;
  if (![1, 2, 4].includes(size)) throw new Refusal(`RLE Lossless of ${bits} bits is not read`);
  if (stream.length < 64) throw new Refusal("expected a header of RLE data; the file is cut short");
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  const segments = view.getUint32(0, true);
  if (segments !== samples * size)
    throw new Refusal(`expected ${samples * size} RLE segments, got ${segments}; the file is damaged`);
  checkLength(stream.length, (count * samples * size) / 64, "image data");
  const out =
    size === 1
      ? new Uint8Array(count * samples)
      : size === 2
        ? new Uint16Array(count * samples)
        : new Uint32Array(count * samples);
  for (let segment = 0; segment < segments; segment++) {
    const start = view.getUint32(4 + segment * 4, true);
    const end = segment + 1 < segments ? view.getUint32(8 + segment * 4, true) : stream.length;
    if (!(start >= 64 && start <= end && end <= stream.length))
      throw new Refusal("expected RLE segments one after another; the file is damaged");
    const plane = decodePackBits(stream.subarray(start, end), count);
    if (plane.length < count)
      throw new Refusal(
        `expected ${count} bytes in an RLE segment, got ${plane.length}; the file is cut short or damaged`,
      );
    const [sample, shift] = [Math.floor(segment / size), 8 * (size - 1 - (segment % size))];
    for (let i = 0; i < count; i++) out[i * samples + sample] |= plane[i] << shift;
  }
  return out;
}
