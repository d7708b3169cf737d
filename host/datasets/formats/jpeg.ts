import { readOrientation } from "./exif.ts";
import {
  checkDimensions,
  checkLength,
  cmykToRgb,
  type Frame,
  fullRange,
  type Job,
  joined,
  type Opened,
  Refusal,
} from "./pixels.ts";
import { withLibrary } from "./wasm.ts";

/** Start-of-frame markers that no decoder here reads, by their names (ITU-T T.81, table B.1). */
const unread: Record<number, string> = {
  197: "differential sequential",
  198: "differential progressive",
  199: "differential lossless",
  201: "arithmetic coding",
  202: "arithmetic coding, progressive",
  203: "arithmetic coding, lossless",
  205: "arithmetic coding, differential",
  206: "arithmetic coding, differential progressive",
  207: "arithmetic coding, differential lossless",
};

const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/** What a JPEG file says of itself before its image data. */
export interface JpegHeader {
  width: number;
  height: number;
  /** Bits a sample. */
  precision: number;
  components: { id: number; h: number; v: number }[];
  kind: "baseline" | "progressive" | "lossless" | "JPEG-LS";
  /** Adobe's colour transform: 0 none, 1 YCbCr, 2 YCCK. */
  adobe?: number;
  hasJfif: boolean;
  orientation?: number;
  scans: number;
  hasTables: boolean;
}

/**
 * Reads the markers of a JPEG stream and checks that they fit together. Throws a Refusal that names a form which is not
 * read.
 */
export function readJpegHeader(bytes: Uint8Array): JpegHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let header: JpegHeader | undefined;
  let adobe: number | undefined;
  let hasJfif = false;
  let orientation: number | undefined;
  let hasTables = false;
  let scans = 0;
  let isEnded = false;
  for (let at = 2; at + 1 < bytes.length && !isEnded; ) {
    if (bytes[at] !== 0xff) {
      at++; // entropy-coded data, or bytes between segments
      continue;
    }
    const marker = bytes[at + 1];
    if (marker === 0xff) at++;
    else if (marker < 0xc0 || (marker >= 0xd0 && marker <= 0xd8))
      at += 2; // stuffed data, restarts: no segment follows
    else if (marker === 0xd9) isEnded = true;
    else {
      if (at + 4 > bytes.length) break;
      const length = view.getUint16(at + 2);
      const body = bytes.subarray(at + 4, at + 2 + length);
      if (length < 2 || at + 2 + length > bytes.length)
        throw new Refusal("expected more bytes in a segment; the file is cut short");
      if (marker === 0xda) scans++;
      else if (marker === 0xc4) hasTables = true;
      else if (marker === 0xee && startsWith(body, "Adobe")) adobe = body[11];
      else if (marker === 0xe0 && startsWith(body, "JFIF")) hasJfif = true;
      else if (marker === 0xe1 && startsWith(body, "Exif\0\0")) orientation ??= readOrientation(body.subarray(6));
      else if (isFrame(marker) || marker === 0xf7) {
        if (header)
          throw new Refusal("hierarchical JPEG (several frames) is not read; save it again as baseline JPEG or PNG");
        header = readFrame(marker, body);
      }
      at += 2 + length;
    }
  }
  if (!header) throw new Refusal("expected a frame header; the file is cut short or damaged");
  if (scans === 0) throw new Refusal("expected image data; the file is cut short");
  if (!isEnded) throw new Refusal("expected an end-of-image marker; the file is cut short");
  return { ...header, adobe, hasJfif, orientation, scans, hasTables };
}

function readFrame(marker: number, body: Uint8Array): JpegHeader {
  if (unread[marker])
    throw new Refusal(`JPEG with ${unread[marker]} is not read; save it again as baseline JPEG or PNG`);
  const [precision, h1, h0, w1, w0, count] = body;
  if (body.length < 6 + 3 * count || !(count >= 1 && count <= 4))
    throw new Refusal("expected 1 to 4 components; the file is damaged");
  const components = Array.from({ length: count }, (_, i) => {
    const [id, factors] = body.subarray(6 + 3 * i);
    const [h, v] = [factors >> 4, factors & 15];
    if (!(h >= 1 && h <= 4 && v >= 1 && v <= 4))
      throw new Refusal("expected sampling factors from 1 to 4; the file is damaged");
    return { id, h, v };
  });
  const kind =
    marker === 0xf7 ? "JPEG-LS" : marker === 0xc3 ? "lossless" : marker === 0xc2 ? "progressive" : "baseline";
  const [width, height] = [(w1 << 8) | w0, (h1 << 8) | h0];
  return { width, height, precision, components, kind, hasJfif: false, scans: 0, hasTables: false };
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return Array.from(text).every((letter, i) => bytes[i] === letter.charCodeAt(0));
}

/** Opens a .jpg or .jls file. */
export async function openJpeg(bytes: Uint8Array, job: Job): Promise<Opened> {
  const header = readJpegHeader(bytes);
  const { orientation } = header;
  checkDimensions(header.width, header.height, job);
  return {
    frames: 1,
    async frame() {
      return { ...(await decodeJpegStream(bytes, job)), orientation };
    },
  };
}

export interface JpegOptions {
  /** What three components are, where the container says so: in place of what the stream's own markers say. */
  color?: "rgb" | "ycbcr";
  /** Whether 255 is full ink, as in TIFF; files of their own store CMYK inverted, as Adobe's programs do. */
  isInkPositive?: boolean;
  /** Pixels that the container expects at most. */
  most?: number;
}

/** Decodes one JPEG stream of any kind, alone or inside TIFF or DICOM. Samples are RGB or grey; CMYK becomes RGB. */
export async function decodeJpegStream(bytes: Uint8Array, job: Job, options: JpegOptions = {}): Promise<Frame> {
  const header = readJpegHeader(bytes);
  const { width, height, kind, precision, components } = header;
  checkDimensions(width, height, { maxPixels: Math.min(job.maxPixels, (options.most ?? Infinity) * 4) });
  const name = `JPEG, ${kind}, ${components.length} ${components.length === 1 ? "component" : "components"}`;
  if (kind === "JPEG-LS") return (await import("./jpegLs.ts")).decodeJpegLs(bytes, header, job);
  if (kind === "lossless") return (await import("./jpegLossless.ts")).decodeJpegLossless(bytes, header, job);
  if (precision !== 8)
    throw new Refusal(
      `JPEG with ${precision} bits a sample is not read; save it again with 8 bits, or as PNG or TIFF with 16`,
    );
  checkData(bytes, header);
  job.log.step(name);

  const count = components.length;
  if (count === 2) throw new Refusal("JPEG with 2 components is not read; save it again as baseline JPEG or PNG");
  const channels = count;
  const stream = count === 3 && options.color ? withColor(bytes, options.color === "ycbcr" ? 1 : 0) : bytes;
  const samples = await withLibrary("jpeg-turbo", job.module, (library) => {
    const input = library.put(stream);
    const decoder = library.call("tjInitDecompress");
    const output = library.take(width * height * channels);
    const format = { 1: 6, 3: 0, 4: 11 }[channels]!; // TJPF_GRAY, TJPF_RGB, TJPF_CMYK
    const status = library.call(
      "tjDecompress2",
      decoder,
      input,
      stream.length,
      output,
      width,
      width * channels,
      height,
      format,
      0,
    );
    if (status !== 0) throw new Refusal("the compressed image data are cut short or damaged");
    return library.get(output, width * height * channels);
  });
  if (count !== 4) return { width, height, channels: count === 1 ? 1 : 3, samples, mapping: fullRange(8) };
  if (!options.isInkPositive) {
    if (header.adobe === undefined)
      job.log.note("CMYK without Adobe's marker: read as stored inverted, as Adobe does.");
    for (let i = 0; i < samples.length; i++) samples[i] = 255 - samples[i];
  }
  job.log.step(`CMYK${options.isInkPositive ? "" : ", stored inverted,"} to RGB without a colour profile`);
  return { width, height, channels: 3, samples: cmykToRgb(samples), mapping: fullRange(8) };
}

/**
 * Throws when the file cannot hold the blocks that its header promises, or when its decoder would take too much for
 * them.
 */
function checkData(bytes: Uint8Array, { width, height, components, kind, scans }: JpegHeader): void {
  const [mostH, mostV] = [Math.max(...components.map(({ h }) => h)), Math.max(...components.map(({ v }) => v))];
  const blocks = components.reduce(
    (sum, { h, v }) => sum + Math.ceil((width * h) / mostH / 8) * Math.ceil((height * v) / mostV / 8),
    0,
  );
  // A Huffman code has at least one bit; a block of baseline JPEG has two of them, in progressive JPEG one.
  checkLength(bytes.length, (blocks * (kind === "progressive" ? 1 : 2)) / 8, "image data");
  // A progressive decoder visits the blocks once a scan and holds their coefficients, 128 bytes each.
  if (kind !== "progressive") return;
  const held = blocks * 128 + width * height * components.length;
  if (held > 420e6)
    throw new Refusal(
      `progressive JPEG of ${width} × ${height} would take ${Math.round(held / 1e6)} MB; save it again as baseline JPEG`,
    );
  if (scans > 100) throw new Refusal(`expected at most 100 scans, got ${scans}; save it again as baseline JPEG`);
}

/**
 * The stream with Adobe's marker right after its start, saying whether three components are YCbCr (1) or as they are
 * (0); other such markers lose.
 */
function withColor(bytes: Uint8Array, transform: 0 | 1): Uint8Array {
  const marker = [0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, transform];
  const kept: Uint8Array[] = [bytes.subarray(0, 2), Uint8Array.from(marker)];
  let at = 2;
  // JFIF's and Adobe's own markers are left out, up to the frame header.
  while (at + 4 <= bytes.length && bytes[at] === 0xff && !isFrame(bytes[at + 1]) && bytes[at + 1] !== 0xda) {
    if (bytes[at + 1] === 0xff) {
      at++;
      continue;
    }
    const end = at + 2 + ((bytes[at + 2] << 8) | bytes[at + 3]);
    if (bytes[at + 1] !== 0xe0 && bytes[at + 1] !== 0xee) kept.push(bytes.subarray(at, end));
    at = end;
  }
  kept.push(bytes.subarray(at));
  return joined(kept);
}
