import { Refusal } from "./pixels.ts";
import type { Directory } from "./tiffDirectory.ts";

// https://www.adobe.io/open/standards/TIFF.html and its supplements. The container is read here because every count and
// size in it has to be checked
// before memory is taken for it; streams are decompressed by libraries, or in tiffChunks.ts.

/** PhotometricInterpretation → its name and samples of colour a pixel; without samples it is not read. */
export const photometrics: Record<number, { name: string; colors?: number }> = {
  0: { name: "grey, white is zero", colors: 1 },
  1: { name: "grey", colors: 1 },
  2: { name: "RGB", colors: 3 },
  3: { name: "palette", colors: 1 },
  4: { name: "mask", colors: 1 },
  5: { name: "CMYK", colors: 4 },
  6: { name: "YCbCr", colors: 3 },
  8: { name: "CIELab" },
  9: { name: "ICCLab" },
  10: { name: "ITULab" },
  32803: { name: "colour filter array (raw camera data)" },
  32844: { name: "LogL" },
  32845: { name: "LogLuv" },
  34892: { name: "LinearRaw" },
};

/** What one page's directory says, checked. */
export interface Page {
  width: number;
  height: number;
  bits: number;
  /** 1 unsigned, 2 signed, 3 floating point. */
  format: number;
  samples: number;
  colors: number;
  photometric: number;
  compression: number;
  predictor: number;
  fillOrder: number;
  isPlanar: boolean;
  isLittle: boolean;
  /** Size of a strip or tile. */
  chunkWidth: number;
  chunkHeight: number;
  offsets: number[];
  lengths: number[];
  jpegTables?: Uint8Array;
  faxOptions: number;
  palette?: number[];
  orientation: number;
  /** Columns and rows of pixels that share a Cb and a Cr, where the strips store YCbCr so; else undefined. */
  shared?: readonly [columns: number, rows: number];
}

/** Reads and checks one page's directory. Throws a Refusal that names a form which is not read. */
export function readPage(directory: Directory, bytes: Uint8Array): Page {
  const number = (tag: number, standard: number): number => directory.number(tag) ?? standard;
  const width = number(256, 0);
  const height = number(257, 0);
  const samples = number(277, 1);
  const compression = number(259, 1);
  const photometric = number(262, samples >= 3 ? 2 : 1);
  const kind = photometrics[photometric];
  if (!kind) throw new Refusal(`expected a colour model of TIFF, got number ${photometric}; the file is damaged`);
  if (kind.colors === undefined) throw new Refusal(`TIFF in ${kind.name} is not read; save it again as RGB or grey`);
  if (photometric === 5 && number(332, 1) !== 1)
    throw new Refusal("TIFF with inks other than CMYK is not read; save it again as RGB");
  if (!(samples >= kind.colors && samples <= 1024))
    throw new Refusal(
      `expected at least ${kind.colors} samples a pixel for ${kind.name}, got ${samples}; the file is damaged`,
    );
  const depths = directory.numbers(258) ?? [1];
  if (depths.some((depth) => depth !== depths[0]))
    throw new Refusal(
      `TIFF with samples of different depths (${depths.slice(0, 4)} bits) is not read; save it again with one`,
    );
  const formats = directory.numbers(339) ?? [1];
  const format = formats[0] === 4 ? 1 : formats[0];
  const [bits] = depths;
  const isRead = (format !== 3 && bits >= 1 && bits <= 16) || [16, 32, 64].includes(bits);
  if (!isRead || !(format >= 1 && format <= 3) || formats.some((each) => each !== formats[0]))
    throw new Refusal(
      `TIFF with ${bits}-bit ${{ 1: "integers", 2: "signed integers", 3: "floats" }[format] ?? "complex numbers"} is not read; save it again with 8 or 16 bits, or 32-bit floats`,
    );
  const isTiled = directory.numbers(322) !== undefined;
  const chunkWidth = isTiled ? number(322, 0) : width;
  const chunkHeight = isTiled ? number(323, 0) : Math.min(number(278, height), height);
  if (!(width >= 1 && height >= 1 && chunkWidth >= 1 && chunkHeight >= 1))
    throw new Refusal(`expected a size of at least 1 × 1, got ${width} × ${height}; the file is damaged`);
  const isPlanar = number(284, 1) === 2 && samples > 1;
  const needed = Math.ceil(width / chunkWidth) * Math.ceil(height / chunkHeight) * (isPlanar ? samples : 1);
  const shared = photometric === 6 && compression !== 7 ? sharedOf(directory, isPlanar) : undefined;
  const offsets = directory.numbers(isTiled ? 324 : 273) ?? [];
  let lengths = directory.numbers(isTiled ? 325 : 279);
  if (!lengths && compression === 1 && offsets.length === 1) lengths = [bytes.length - offsets[0]];
  if (offsets.length < needed || (lengths?.length ?? 0) < needed)
    throw new Refusal(
      `expected ${needed} ${isTiled ? "tiles" : "strips"}, got ${Math.min(offsets.length, lengths?.length ?? 0)}; the file is cut short or damaged`,
    );
  return {
    width,
    height,
    bits,
    format,
    samples,
    colors: photometric === 5 && compression === 7 ? 3 : kind.colors, // the decoder of JPEG gives RGB
    photometric,
    compression,
    predictor: number(317, 1),
    fillOrder: number(266, 1),
    isPlanar,
    isLittle: directory.isLittle,
    chunkWidth,
    chunkHeight,
    // Some files list more than the image has.
    offsets: offsets.slice(0, needed),
    lengths: lengths!.slice(0, needed),
    jpegTables: directory.bytes(347),
    faxOptions: number(compression === 3 ? 292 : 293, 0),
    palette: photometric === 3 ? directory.numbers(320) : undefined,
    orientation: number(274, 1),
    shared,
  };
}

/** YCbCrSubSampling of strips that are not JPEG, which also say themselves what is black and white. */
function sharedOf(directory: Directory, isPlanar: boolean): Page["shared"] {
  const range = directory.bytes(532);
  if (range && range.length === 48) {
    const view = new DataView(range.buffer, range.byteOffset, range.byteLength);
    const parts = Array.from({ length: 6 }, (_, i) => {
      const [part, of] = [0, 4].map((at) => view.getUint32(8 * i + at, directory.isLittle));
      return part / of;
    });
    if (parts.join() !== "0,255,128,255,128,255")
      throw new Refusal("TIFF in YCbCr with a black and white of its own is not read; save it again as RGB");
  }
  const [columns, rows] = directory.numbers(530) ?? [2, 2];
  if (![1, 2, 4].includes(columns) || ![1, 2, 4].includes(rows))
    throw new Refusal(`expected YCbCr subsampling of 1, 2 or 4, got ${columns} and ${rows}; the file is damaged`);
  if (columns * rows === 1) return undefined;
  if (isPlanar) throw new Refusal("TIFF in subsampled YCbCr planes is not read; save it again as RGB");
  return [columns, rows];
}
