import { HqcnnError } from "../../check.ts";

/** What the header of an .npy file says. https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
export interface NpyHeader {
  /** As in "uint8", "int64", "float32", "bool"; "str" and "bytes" for text. */
  dtype: string;
  /** Bytes of one value. */
  itemBytes: number;
  bigEndian: boolean;
  /** First index fastest (Fortran order), else last index fastest (C order). */
  fortran: boolean;
  shape: number[];
  /** Offset of the first value in bytes. */
  dataOffset: number;
  /** Bytes of all values. */
  dataBytes: number;
}

/** Bytes that always hold the magic, the version and the length of the header. */
export const npyPreamble = 12;
/** NumPy's own headers take 128 bytes; longer ones are hostile. */
const longestHeader = 65536;

const kinds: Record<string, string> = { u: "uint", i: "int", f: "float", b: "bool", c: "complex" };
const texts: Record<string, { dtype: string; bytes: number }> = {
  U: { dtype: "str", bytes: 4 },
  S: { dtype: "bytes", bytes: 1 },
  a: { dtype: "bytes", bytes: 1 },
};

/**
 * Bytes of magic, version, length and header together, from the first `npyPreamble` bytes.
 * @throws HqcnnError if these are not an npy file of version 1 to 3
 */
export function npyHeaderEnd(bytes: Uint8Array, where: string): number {
  const isNpy = bytes.length >= npyPreamble && bytes[0] === 0x93 && text(bytes.subarray(1, 6)) === "NUMPY";
  if (!isNpy)
    throw new HqcnnError(`${where}: expected an npy array, got bytes without its magic; save it with numpy.savez`);
  const [major, minor] = [bytes[6], bytes[7]];
  if (major < 1 || major > 3) throw new HqcnnError(`${where}: expected npy version 1 to 3, got ${major}.${minor}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const end = major === 1 ? 10 + view.getUint16(8, true) : 12 + view.getUint32(8, true);
  if (end > longestHeader)
    throw new HqcnnError(`${where}: expected an npy header of at most ${longestHeader} bytes, got ${end}`);
  return end;
}

/** Parses the header out of the first `npyHeaderEnd` bytes. `where` names file and array in errors. */
export function parseNpyHeader(bytes: Uint8Array, where: string): NpyHeader {
  const dataOffset = npyHeaderEnd(bytes, where);
  const header = text(bytes.subarray(bytes[6] === 1 ? 10 : 12, dataOffset));
  if (/'descr':\s*\[/.test(header)) {
    throw new HqcnnError(`${where}: expected an array of plain values, got a structured array: save each field alone`);
  }
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const fortran = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const shapeText = /'shape':\s*\(([\d\s,]*)\)/.exec(header)?.[1];
  if (descr === undefined || fortran === undefined || shapeText === undefined) {
    throw new HqcnnError(
      `${where}: expected an npy header with descr, fortran_order and shape, got ${header.slice(0, 80).trim()}`,
    );
  }
  const shape = shapeText
    .split(",")
    .filter((part) => part.trim() !== "")
    .map(Number);
  if (/^\|?O/.test(descr)) {
    throw new HqcnnError(
      `${where}: object arrays are pickles, which may run code, and are not read; lists of images of mixed sizes or of ` +
        "text are saved so: make one array of one dtype, or save the images as files in a folder",
    );
  }
  const type = /^([<>|=])([a-zA-Z])(\d+)$/.exec(descr);
  const known = type !== null && (Object.hasOwn(kinds, type[2]) || Object.hasOwn(texts, type[2]));
  if (!known) {
    throw new HqcnnError(`${where}: expected an array of numbers or text, got dtype ${descr.slice(0, 40)}`);
  }
  const [, order, kind, size] = type;
  const itemBytes = Number(size) * (texts[kind]?.bytes ?? 1);
  const dataBytes = shape.reduce((product, length) => product * length, itemBytes);
  if (!Number.isSafeInteger(dataBytes))
    throw new HqcnnError(`${where}: the shape (${shape.join(", ")}) is beyond any memory`);
  const dtype = texts[kind]?.dtype ?? kinds[kind] + (kind === "b" ? "" : itemBytes * 8);
  return { dtype, itemBytes, bigEndian: order === ">", fortran: fortran === "True", shape, dataOffset, dataBytes };
}

/**
 * Value i in the order of the bytes. @throws HqcnnError for complex numbers, text and floats of other than 16 to 64
 * bits
 */
export function valueReader({ dtype, bigEndian }: NpyHeader, data: Uint8Array, where: string): (i: number) => number {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const little = !bigEndian;
  switch (dtype) {
    case "bool":
    case "uint8":
      return (i) => data[i];
    case "int8":
      return (i) => view.getInt8(i);
    case "uint16":
      return (i) => view.getUint16(i * 2, little);
    case "int16":
      return (i) => view.getInt16(i * 2, little);
    case "uint32":
      return (i) => view.getUint32(i * 4, little);
    case "int32":
      return (i) => view.getInt32(i * 4, little);
    case "uint64":
      return (i) => Number(view.getBigUint64(i * 8, little));
    case "int64":
      return (i) => Number(view.getBigInt64(i * 8, little));
    case "float16":
      return (i) => halfFloat(view.getUint16(i * 2, little));
    case "float32":
      return (i) => view.getFloat32(i * 4, little);
    case "float64":
      return (i) => view.getFloat64(i * 8, little);
    default:
      throw new HqcnnError(`${where}: expected integers, floats of 16 to 64 bits or bool, got ${dtype}`);
  }
}

/** All values of an array of text, without the padding at their ends. @throws HqcnnError on a character that is none */
export function readTexts({ dtype, itemBytes, bigEndian }: NpyHeader, data: Uint8Array, where: string): string[] {
  const count = itemBytes === 0 ? 0 : data.length / itemBytes;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Array.from({ length: count }, (_, i) => {
    const start = i * itemBytes;
    if (dtype === "bytes") return new TextDecoder().decode(data.subarray(start, start + itemBytes)).replace(/\0+$/, "");
    let value = "";
    for (let at = start; at < start + itemBytes; at += 4) {
      const code = view.getUint32(at, !bigEndian);
      if (code > 0x10ffff) throw new HqcnnError(`${where}: value ${i} is no text (character ${code}); damaged`);
      value += String.fromCodePoint(code);
    }
    return value.replace(/\0+$/, "");
  });
}

/** IEEE 754 binary16. */
function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

function text(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}
