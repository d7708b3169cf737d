import { isFrame, type JpegHeader, readJpegHeader } from "./jpegHeader.ts";
import {
  checkDimensions,
  checkLength,
  checkMemory,
  cmykToRgb,
  type Frame,
  fullRange,
  type Job,
  joined,
  keepChannels,
  noteTrailing,
  type Opened,
  Refusal,
} from "./pixels.ts";
import { withLibrary } from "./wasm.ts";

/** Opens a .jpg or .jls file. */
export async function openJpeg(bytes: Uint8Array, job: Job): Promise<Opened> {
  const header = readJpegHeader(bytes);
  const { orientation } = header;
  noteTrailing(header.trailing, job);
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
  /** Whether a fourth component is an alpha or extra channel, which is dropped. */
  hasExtra?: boolean;
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
  let stream = bytes;
  if (!header.isEnded) {
    job.log.note("No end-of-image marker: the image data before it are whole.");
    stream = joined([bytes, Uint8Array.of(0xff, 0xd9)]);
  }
  if (count === 3 && options.color) stream = withColor(stream, options.color === "ycbcr" ? 1 : 0);
  else if (count >= 3 && header.adobe !== undefined && ![0, count === 3 ? 1 : 2].includes(header.adobe)) {
    // libjpeg warns of such a marker, and a warning of it cannot be told from one of damaged data.
    job.log.note(
      `Adobe's marker gives colour transform ${header.adobe}, which ${count} components do not have: read as ${count === 3 ? "YCbCr" : "YCCK"}.`,
    );
    stream = withColor(stream, count === 3 ? 1 : 2);
  }
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
  if (options.hasExtra)
    return { width, height, channels: 3, samples: keepChannels(samples, 4, 3), mapping: fullRange(8) };
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
  checkMemory(held, `progressive JPEG of ${width} × ${height}`);
  if (scans > 100) throw new Refusal(`expected at most 100 scans, got ${scans}; save it again as baseline JPEG`);
}

/**
 * The stream with Adobe's marker right after its start, saying whether its components are YCbCr (1), YCCK (2) or as
 * they are (0), in place of its own markers.
 */
function withColor(bytes: Uint8Array, transform: 0 | 1 | 2): Uint8Array {
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
