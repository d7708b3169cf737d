import { HqcnnError } from "../../check.ts";

/** What the header of an .npy file says. https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
export interface NpyHeader {
  /** As in "uint8", "int64", "float32". */
  dtype: string;
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

/**
 * Bytes of magic, version, length and header together, from the first `npyPreamble` bytes. Throws if these are not an
 * npy file of version 1 to 3.
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
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const fortran = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const shapeText = /'shape':\s*\(([\d\s,]*)\)/.exec(header)?.[1];
  if (descr === undefined || fortran === undefined || shapeText === undefined) {
    throw new HqcnnError(
      `${where}: expected an npy header with descr, fortran_order and shape, got ${header.slice(0, 80).trim()}`,
    );
  }
  const type = /^([<>|=])([a-zA-Z])(\d+)$/.exec(descr);
  if (type === null) throw new HqcnnError(`${where}: expected an array of numbers, got dtype ${descr.slice(0, 40)}`);
  const [, order, kind, size] = type;
  if (order === ">" && size !== "1")
    throw new HqcnnError(
      `${where}: expected little-endian values, got ${descr}; convert with .astype('<${kind}${size}')`,
    );
  if (fortran === "True")
    throw new HqcnnError(`${where}: expected C order, got Fortran order; save numpy.ascontiguousarray(array)`);
  const shape = shapeText
    .split(",")
    .filter((part) => part.trim() !== "")
    .map(Number);
  const dataBytes = shape.reduce((product, length) => product * length, Number(size));
  if (!Number.isSafeInteger(dataBytes))
    throw new HqcnnError(`${where}: the shape (${shape.join(", ")}) is beyond any memory`);
  return {
    dtype: (kinds[kind] ?? kind) + (kinds[kind] === "bool" ? "" : Number(size) * 8),
    shape,
    dataOffset,
    dataBytes,
  };
}

function text(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}
