import {
  bitsText,
  checkDimensions,
  checkLength,
  checkMemory,
  cmykToRgb,
  extent,
  type Frame,
  fullRange,
  type Job,
  type Mapping,
  type Opened,
  Refusal,
  type Samples,
  ycbcrToRgb,
} from "./pixels.ts";
import { decodeChunk, namesOfCompressions } from "./tiffChunks.ts";
import { readDirectories } from "./tiffDirectory.ts";
import { type Page, photometrics, readPage } from "./tiffPage.ts";

/** Opens a TIFF or BigTIFF: each page is a frame. */
export async function openTiff(bytes: Uint8Array, job: Job): Promise<Opened> {
  const directories = readDirectories(bytes);
  const pages = directories.filter((each) => (each.number(254) ?? 0) % 2 === 0);
  if (pages.length === 0) pages.push(...directories);
  else if (pages.length < directories.length)
    job.log.note(`${directories.length - pages.length} reduced copies of pages (thumbnails) left out.`);
  const page = readPage(pages[0], bytes);
  checkDimensions(page.width, page.height, job);
  const described = describedPages(pages[0].text(270) ?? "");
  if (described > pages.length)
    job.log.note(`The description counts ${described} images: those without a page of their own are not read.`);
  const copies = pages.reduce((sum, each) => sum + (each.numbers(330)?.length ?? 0), 0);
  if (copies > 0) job.log.note(`${copies} images inside of pages (SubIFDs, such as smaller copies) are not read.`);
  return {
    frames: pages.length,
    unit: "page",
    frame: (index) => decodePage(readPage(pages[index], bytes), bytes, job),
  };
}

/** How many images ImageJ or tifffile says there are: both may write one page for many. */
function describedPages(text: string): number {
  const [, images] = /^ImageJ=[\s\S]*?\nimages=(\d+)/.exec(text) ?? [];
  if (images) return Number(images);
  const [, shape] = /^\{"shape": \[([\d, ]+)\][^}]*"truncated": true/.exec(text) ?? [];
  const isColor = shape?.endsWith(", 3") || shape?.endsWith(", 4");
  const lengths =
    shape
      ?.split(",")
      .map(Number)
      .slice(0, isColor ? -3 : -2) ?? [];
  return lengths.reduce((product, length) => product * length, 1);
}

async function decodePage(page: Page, bytes: Uint8Array, job: Job): Promise<Frame> {
  const { width, height, bits, format, colors, photometric, compression } = page;
  checkDimensions(width, height, job);
  checkPage(page, bytes);
  describe(page, job);
  const missing = page.lengths.filter((length) => length === 0).length;
  if (missing === page.lengths.length) throw new Refusal("expected image data, got none; the file is damaged");
  if (missing > 0) job.log.note(`${missing} of ${page.lengths.length} strips or tiles are left out in the file: 0.`);

  const Kind = arrayOf(page);
  let data: Samples = new Kind(width * height * colors);
  const across = Math.ceil(width / page.chunkWidth);
  const down = Math.ceil(height / page.chunkHeight);
  for (let plane = 0; plane < (page.isPlanar ? colors : 1); plane++) {
    for (let tile = 0; tile < across * down; tile++) {
      const x = (tile % across) * page.chunkWidth;
      const y = Math.floor(tile / across) * page.chunkHeight;
      const [columns, rows] = [Math.min(page.chunkWidth, width - x), Math.min(page.chunkHeight, height - y)];
      const index = plane * across * down + tile;
      if (page.lengths[index] === 0) continue; // left out: 0
      const stored = bytes.subarray(page.offsets[index], page.offsets[index] + page.lengths[index]);
      const chunk = await decodeChunk(stored, page, rows, job);
      const [from, kept, to] = page.isPlanar ? [1, 1, plane] : [chunk.channels, colors, 0];
      for (let row = 0; row < rows; row++) {
        let input = row * chunk.width * from;
        let output = ((y + row) * width + x) * colors + to;
        for (let column = 0; column < columns; column++, input += from, output += colors) {
          for (let c = 0; c < kept; c++) data[output + c] = chunk.data[input + c];
        }
      }
    }
  }

  let channels: 1 | 3 = colors === 1 ? 1 : 3;
  let mapping: Mapping = fullRange(format === 3 ? 32 : bits, format === 2);
  if (photometric === 0) mapping.inverted = true;
  if (photometric === 3) {
    data = lookUp(data, page, job);
    channels = 3;
    mapping = fullRange(16);
  } else if (photometric === 5 || photometric === 6) {
    if (photometric === 5 && data instanceof Uint16Array && bits === 16) {
      job.log.step("16 bits to 8");
      mapping = fullRange(8);
      data = Uint8Array.from(data, (value) => Math.round(value / 257));
    }
    if (!(data instanceof Uint8Array))
      throw new Refusal(`TIFF in ${photometrics[photometric].name} of ${bits} bits is not read; save it again as RGB`);
    if (photometric === 5) {
      job.log.step("CMYK to RGB without a colour profile");
      data = compression === 7 ? data : cmykToRgb(data);
    } else if (compression !== 7) data = ycbcrToRgb(data);
  }
  const { orientation } = page;
  const frame: Frame = { width, height, channels, samples: data, mapping, orientation };
  if (format === 3 || bits >= 32) frame.mapping = { ...rangeOf(frame, page, job), inverted: mapping.inverted };
  return frame;
}

/**
 * Throws when the page's data do not lie in the file, cannot hold what its size promises, or would take too much
 * memory.
 */
function checkPage(page: Page, bytes: Uint8Array): void {
  const { width, height, bits, samples, colors, compression, chunkWidth, chunkHeight, isPlanar, shared } = page;
  const compressor = namesOfCompressions[compression];
  if (!compressor)
    throw new Refusal(`TIFF with compression ${compression} is not read; save it again with LZW or deflate`);
  if (compressor.ratio === undefined)
    throw new Refusal(`TIFF with ${compressor.name} is not read; save it again with LZW or deflate`);
  if (![1, 2, 3].includes(page.predictor))
    throw new Refusal(`TIFF with predictor ${page.predictor} is not read; save it again without`);
  let stored = 0;
  for (const [i, offset] of page.offsets.entries()) {
    const length = page.lengths[i];
    if (length === 0) continue;
    if (!(offset >= 8 && offset + length <= bytes.length))
      throw new Refusal(
        `expected image data up to byte ${offset + length}, got ${bytes.length} bytes; the file is cut short or damaged`,
      );
    stored += length;
  }
  const rowBytes = Math.ceil((chunkWidth * bits * (isPlanar ? 1 : samples)) / 8);
  const stated = shared ? 1 + 2 / (shared[0] * shared[1]) : samples;
  const whole = (width * height * stated * bits) / 8;
  const isWhole = page.lengths.every((length) => length > 0);
  if (isWhole) checkLength(stored, Math.floor(whole / compressor.ratio), "image data");
  const taken = rowBytes * chunkHeight * 2 + width * height * colors * Math.max(1, bits >> 3);
  checkMemory(taken, `TIFF of ${width} × ${height} × ${samples}`);
}

function describe(page: Page, { log }: Job): void {
  const { bits, format, samples, colors, photometric, compression, predictor } = page;
  const type = { 2: "signed ", 3: "float " }[format] ?? "";
  const parts = [
    "TIFF",
    photometrics[photometric].name,
    `${type}${bitsText(bits)}`,
    namesOfCompressions[compression].name,
  ];
  if (predictor > 1) parts.push(`predictor ${predictor}`);
  if (page.isPlanar) parts.push("separate planes");
  log.step(parts.join(", "));
  const extra = samples - colors;
  if (extra > 0)
    log.note(
      `${extra} of ${samples} channels dropped: ${colors === 1 ? "the first is grey" : `the first ${colors} are ${photometrics[photometric].name}`}, the others alpha or extra channels.`,
    );
}

function arrayOf({ bits, format }: Page) {
  if (bits === 64) return Float64Array;
  if (format === 3) return Float32Array;
  if (bits <= 8) return format === 2 ? Int8Array : Uint8Array;
  if (bits <= 16) return format === 2 ? Int16Array : Uint16Array;
  return format === 2 ? Int32Array : Uint32Array;
}

function lookUp(indices: Samples, { palette, bits }: Page, job: Job): Uint16Array {
  const count = 2 ** bits;
  if (!palette || palette.length < 3 * count)
    throw new Refusal(`expected a palette of ${count} colours; the file is damaged`);
  // Some programs store 8-bit colours.
  const factor = palette.every((value) => value < 256) ? 257 : 1;
  if (factor > 1) job.log.note("The palette holds 8-bit colours: read as such.");
  const rgb = new Uint16Array(indices.length * 3);
  for (let i = 0; i < indices.length; i++) {
    for (let c = 0; c < 3; c++) rgb[i * 3 + c] = palette[c * count + indices[i]] * factor;
  }
  return rgb;
}

/**
 * What becomes black and white where the type has no natural range: 0 to 1 if all values are in it, else smallest and
 * largest.
 */
function rangeOf(frame: Frame, { format, bits }: Page, { log }: Job): Mapping {
  const { samples } = frame;
  const isFloat = format === 3;
  if (isFloat) {
    let others = 0;
    for (let i = 0; i < samples.length; i++) {
      if (Number.isFinite(samples[i])) continue;
      samples[i] = Number.NaN;
      others++;
    }
    if (others > 0) log.note(`${others} values that are no finite numbers are black.`);
  }
  const found = extent(frame);
  if (!found) return { low: 0, high: 1, origin: "no finite value" };
  const [low, high] = found;
  if (isFloat && low >= 0 && high <= 1) {
    log.noteRange(
      "Floats from 0 to 1: read as 0 is black, 1 is white; --range A,B or --range auto sets another range.",
    );
    return { low: 0, high: 1, origin: "floats from 0 to 1" };
  }
  log.noteRange(
    `${isFloat ? "Floats" : `${bits}-bit integers`} have no natural range: the smallest value is black, the largest white; --range A,B sets another range.`,
  );
  return { low, high, origin: "smallest to largest value" };
}
