import { HqcnnError, isRecord, shown } from "../check.ts";
import { foreignFormat } from "./foreign.ts";

/** The element types read and written here, by their names in the file. */
export interface Elements {
  F64: Float64Array;
  F32: Float32Array;
  I64: BigInt64Array;
  U64: BigUint64Array;
  I32: Int32Array;
  U32: Uint32Array;
  I16: Int16Array;
  I8: Int8Array;
  U8: Uint8Array;
}

export type Dtype = keyof Elements;

/**
 * Row-major values; `data` has as many elements as the product of `shape` (1 for an empty shape). `storedAs` is the
 * type in the file where it was F16 or BF16, which become F32 without loss.
 */
export type Tensor = {
  [D in Dtype]: { dtype: D; shape: readonly number[]; data: Elements[D]; storedAs?: "F16" | "BF16" };
}[Dtype];

export interface SafetensorsFile {
  tensors: Map<string, Tensor>;
  metadata: Record<string, string>;
}

const constructors = {
  F64: Float64Array,
  F32: Float32Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
  I32: Int32Array,
  U32: Uint32Array,
  I16: Int16Array,
  I8: Int8Array,
  U8: Uint8Array,
};

const METADATA = "__metadata__";

/** The reference implementation's limit for the header, in bytes. */
const MAX_HEADER = 100_000_000;
/** More tensors than any network here has, few enough that a header full of empty ones takes no memory to speak of. */
const MAX_TENSORS = 65_536;

/** Types of two bytes that are read as F32. */
const HALVES = { F16: fromF16, BF16: fromBF16 };
type Half = keyof typeof HALVES;

/**
 * The bytes of a safetensors file: header length (u64), header (JSON padded with spaces to 8 bytes), data, all
 * little-endian. Wide elements come first, so that every tensor is aligned; equal input gives equal bytes, whatever the
 * order of the map. https://github.com/huggingface/safetensors#format
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const width = (tensor: Tensor) => tensor.data.BYTES_PER_ELEMENT;
  const sorted = [...tensors].sort(([a, s], [b, t]) => width(t) - width(s) || (a < b ? -1 : 1));
  const entries: [string, unknown][] = [[METADATA, metadata]];
  let end = 0;
  for (const [name, tensor] of sorted) {
    const { dtype, shape, data } = tensor;
    const fits = data instanceof constructors[dtype] && data.length === shape.reduce((a, b) => a * b, 1);
    if (!fits || name === METADATA) {
      throw new HqcnnError(
        `tensor ${name}: expected ${dtype} of shape [${shape}], got ${data.length} elements of ${data.constructor.name}`,
      );
    }
    entries.push([name, { dtype, shape, data_offsets: [end, end + data.byteLength] }]);
    end += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const headerLength = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerLength + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.fill(0x20, 8, 8 + headerLength).set(json, 8);
  let offset = 8 + headerLength;
  for (const [, { data }] of sorted) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
}

/**
 * Reads a safetensors file. Tensors are views into `bytes`, or copies where the file does not align them or stores
 * halves. Nothing but the header's text is allocated before every size is checked. Throws HqcnnError, naming `file`, on
 * a file of another format and on anything the format forbids: a header longer than the file, JSON or types that are
 * wrong, a repeated name, a size that is not shape × element size, and overlaps, holes or bytes left over in the data.
 * @param maxHeader bytes that the header may have at most
 */
export function decodeSafetensors(bytes: Uint8Array, file = "safetensors", maxHeader = MAX_HEADER): SafetensorsFile {
  const header = readHeader(bytes, file, maxHeader);
  const start = 8 + header.length;
  const metadata = readMetadata(header.entries.get(METADATA) ?? {}, file);
  header.entries.delete(METADATA);
  const placed = [...header.entries].map(([name, entry]) => readEntry(name, entry, file));
  checkCover(placed, bytes.length - start, file);
  const tensors = new Map(placed.map((entry) => [entry.name, view(bytes, start, entry)]));
  return { tensors, metadata };
}

interface Placed {
  name: string;
  dtype: Dtype | Half;
  shape: number[];
  begin: number;
  end: number;
}

function refuse(file: string, what: string): never {
  throw new HqcnnError(`${file}: ${what}; the file is damaged or not a safetensors file`);
}

function cutShort(file: string, what: string): HqcnnError {
  return new HqcnnError(`${file}: ${what}; the file is cut short: copy or fetch it again`);
}

function readHeader(
  bytes: Uint8Array,
  file: string,
  maxHeader: number,
): { length: number; entries: Map<string, unknown> } {
  const declared = bytes.length < 8 ? -1n : new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  const allowed = Math.min(bytes.length - 8, maxHeader);
  if (declared < 0 || declared > BigInt(allowed)) {
    const foreign = foreignFormat(bytes);
    if (foreign) {
      throw new HqcnnError(
        `${file}: expected a safetensors file, got ${foreign}; give a model.safetensors that hqcnn train has written`,
      );
    }
    if (declared < 0) refuse(file, `expected at least 8 bytes, got ${bytes.length}`);
    const what = `expected a safetensors file with a header of at most ${allowed} bytes, got ${declared}`;
    if (bytes[8] === 0x7b && declared <= maxHeader) throw cutShort(file, what);
    refuse(file, what);
  }
  const length = Number(declared);
  const part = bytes.subarray(8, 8 + length);
  let keys = 0;
  for (const _ of keysOf(part, file)) keys++;
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(part));
  } catch {
    return refuse(file, "expected a header in JSON");
  }
  if (part[0] !== 0x7b) refuse(file, `expected a header that starts with "{"`);
  const entries = new Map(Object.entries(parsed as object));
  let kept = entries.size;
  for (const entry of entries.values()) if (isRecord(entry)) kept += Object.keys(entry).length;
  if (keys !== kept) refuse(file, `expected each name once, got ${shown(repeatedKey(part, file))} twice`);
  return { length, entries };
}

/**
 * The keys of the outermost object (depth 1) and of those in it, repeated ones included (JSON.parse keeps the last):
 * where each begins and ends in the JSON, with its quotes. Refuses what costs much to parse: too many tensors, and
 * objects or lists deeper than a header has.
 */
function* keysOf(json: Uint8Array, file: string): Generator<{ depth: number; begin: number; end: number }> {
  const [quote, colon] = [0x22, 0x3a];
  let depth = 0;
  let tensors = 0;
  let begin = 0;
  let end = 0;
  for (let i = 0; i < json.length; i++) {
    const byte = json[i];
    if (byte === quote) {
      begin = i;
      do i = json.indexOf(quote, i + 1);
      while (i >= 0 && isEscaped(json, i));
      if (i < 0) return;
      end = i + 1;
    } else if (byte === colon) {
      if (depth === 1 && ++tensors > MAX_TENSORS + 1) refuse(file, `expected at most ${MAX_TENSORS} tensors, got more`);
      if (depth <= 2) yield { depth, begin, end };
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > 3) refuse(file, "expected a header of names with type, shape and offsets, got deeper nesting");
    } else if (byte === 0x7d || byte === 0x5d) depth--;
  }
}

/** Whether an odd number of backslashes stands before a quote. */
function isEscaped(json: Uint8Array, at: number): boolean {
  let first = at;
  while (first > 0 && json[first - 1] === 0x5c) first--;
  return (at - first) % 2 === 1;
}

/** The first name that occurs twice in one object. */
function repeatedKey(json: Uint8Array, file: string): string {
  const seen = [new Set<string>(), new Set<string>()];
  for (const { depth, begin, end } of keysOf(json, file)) {
    const key = JSON.parse(new TextDecoder().decode(json.subarray(begin, end))) as string;
    if (seen[depth - 1].has(key)) return key;
    seen[depth - 1].add(key);
    if (depth === 1) seen[1] = new Set();
  }
  return "one of them";
}

function readMetadata(value: unknown, file: string): Record<string, string> {
  const valid = isRecord(value) && Object.values(value).every((text) => typeof text === "string");
  if (!valid) refuse(file, `${METADATA}: expected an object of texts`);
  return value as Record<string, string>;
}

function readEntry(name: string, entry: unknown, file: string): Placed {
  const tensor = `tensor ${shown(name)}`;
  const { dtype, shape, data_offsets } = isRecord(entry) ? entry : {};
  if (!isDtype(dtype) && !isHalf(dtype)) {
    const known = [...Object.keys(constructors), ...Object.keys(HALVES)].join(", ");
    throw new HqcnnError(`${file}: ${tensor}: expected dtype ${known}, got ${shown(dtype)}; convert it, as to F32`);
  }
  if (!isSizes(shape)) return refuse(file, `${tensor}: expected a shape of integers, got ${shown(shape)}`);
  if (!isSizes(data_offsets) || data_offsets.length !== 2) {
    return refuse(file, `${tensor}: expected two data offsets, got ${shown(data_offsets)}`);
  }
  const [begin, end] = data_offsets;
  const size = shape.reduce((product, n) => product * n, isHalf(dtype) ? 2 : constructors[dtype].BYTES_PER_ELEMENT);
  if (end - begin !== size) {
    refuse(file, `${tensor}: expected ${size} bytes for ${dtype} of shape ${shown(shape)}, got ${end - begin}`);
  }
  return { name, dtype, shape, begin, end };
}

/** Together the tensors must cover the data exactly once. */
function checkCover(placed: Placed[], size: number, file: string): void {
  let covered = 0;
  for (const { name, begin, end } of placed.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered)
      refuse(file, `tensor ${shown(name)}: expected to begin at data byte ${covered}, got ${begin}`);
    covered = end;
  }
  if (covered > size) throw cutShort(file, `expected ${covered} bytes of data, got ${size}`);
  if (covered !== size) refuse(file, `expected ${covered} bytes of data, got ${size}`);
}

function view(bytes: Uint8Array, start: number, { dtype, shape, begin, end }: Placed): Tensor {
  const part = bytes.subarray(start + begin, start + end);
  if (isHalf(dtype)) return { dtype: "F32", shape, data: HALVES[dtype](part), storedAs: dtype };
  const Elements = constructors[dtype];
  // new Uint8Array copies; slice of a Node Buffer would not.
  const aligned = part.byteOffset % Elements.BYTES_PER_ELEMENT === 0 ? part : new Uint8Array(part);
  const data = new Elements(
    aligned.buffer as ArrayBuffer,
    aligned.byteOffset,
    part.length / Elements.BYTES_PER_ELEMENT,
  );
  return { dtype, shape, data } as Tensor;
}

function isDtype(value: unknown): value is Dtype {
  return typeof value === "string" && Object.hasOwn(constructors, value);
}

function isHalf(value: unknown): value is Half {
  return typeof value === "string" && Object.hasOwn(HALVES, value);
}

/** bfloat16 is the upper half of an f32. */
function fromBF16(bytes: Uint8Array): Float32Array {
  const bits = new Uint32Array(bytes.length / 2);
  for (let i = 0; i < bits.length; i++) bits[i] = (bytes[2 * i] | (bytes[2 * i + 1] << 8)) << 16;
  return new Float32Array(bits.buffer);
}

/** IEEE 754 binary16: 1 bit of sign, 5 of exponent (bias 15), 10 of fraction. */
function fromF16(bytes: Uint8Array): Float32Array {
  const values = new Float32Array(bytes.length / 2);
  for (let i = 0; i < values.length; i++) {
    const bits = bytes[2 * i] | (bytes[2 * i + 1] << 8);
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    let size = (1024 + fraction) * 2 ** (exponent - 25);
    if (exponent === 0) size = fraction * 2 ** -24;
    else if (exponent === 31) size = fraction === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
    values[i] = bits & 0x8000 ? -size : size;
  }
  return values;
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}
