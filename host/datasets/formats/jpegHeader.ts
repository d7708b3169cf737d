import { readOrientation } from "./exif.ts";
import { Refusal, trailingBytes } from "./pixels.ts";

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

export const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

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
  /** Bytes behind the end of the image that are not 0. */
  trailing: number;
  /**
   * Whether there is an end-of-image marker: without it only one scan of all components is read, whose decoder tells
   * whether its data are whole.
   */
  isEnded: boolean;
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
  let trailing = 0;
  let inScan = 0;
  for (let at = 2; at + 1 < bytes.length && !isEnded; ) {
    if (bytes[at] !== 0xff) {
      at = bytes.indexOf(0xff, at); // behind entropy-coded data, or bytes between segments
      if (at < 0) break;
      continue;
    }
    const marker = bytes[at + 1];
    if (marker === 0xff) at++;
    else if (marker < 0xc0 || (marker >= 0xd0 && marker <= 0xd8))
      at += 2; // stuffed data, restarts: no segment follows
    else if (marker === 0xd9) {
      isEnded = true;
      trailing = trailingBytes(bytes.subarray(at + 2));
    } else {
      if (at + 4 > bytes.length) break;
      const length = view.getUint16(at + 2);
      const body = bytes.subarray(at + 4, at + 2 + length);
      if (length < 2 || at + 2 + length > bytes.length)
        throw new Refusal("expected more bytes in a segment; the file is cut short");
      if (marker === 0xda) {
        scans++;
        inScan = body[0];
      }
      if (marker === 0xc4) hasTables = true;
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
  const isWhole = header.kind === "baseline" && scans === 1 && inScan === header.components.length;
  if (!isEnded && !isWhole) throw new Refusal("expected an end-of-image marker; the file is cut short");
  return { ...header, adobe, hasJfif, orientation, scans, hasTables, trailing, isEnded };
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
  return {
    width,
    height,
    precision,
    components,
    kind,
    hasJfif: false,
    scans: 0,
    hasTables: false,
    trailing: 0,
    isEnded: false,
  };
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return Array.from(text).every((letter, i) => bytes[i] === letter.charCodeAt(0));
}
