import { HqcnnError, isRecord } from "../check.ts";

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

/** Row-major values; `data` has as many elements as the product of `shape` (1 for an empty shape). */
export type Tensor = { [D in Dtype]: { dtype: D; shape: readonly number[]; data: Elements[D] } }[Dtype];

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
 * Reads a safetensors file. Tensors are views into `bytes`, or copies where the file does not align them. Nothing but
 * the header's text is allocated before every size is checked. Throws HqcnnError, naming `file`, on anything the format
 * forbids: a header longer than the file, JSON or types that are wrong, a repeated name, a size that is not shape ×
 * element size, and overlaps, holes or bytes left over in the data.
 */
export function decodeSafetensors(bytes: Uint8Array, file = "safetensors"): SafetensorsFile {
  const header = readHeader(bytes, file);
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
  dtype: Dtype;
  shape: number[];
  begin: number;
  end: number;
}

function refuse(file: string, what: string): never {
  throw new HqcnnError(`${file}: ${what}; the file is damaged or not a safetensors file`);
}

function readHeader(bytes: Uint8Array, file: string): { length: number; entries: Map<string, unknown> } {
  if (bytes.length < 8) refuse(file, `expected at least 8 bytes, got ${bytes.length}`);
  const declared = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  const allowed = Math.min(bytes.length - 8, MAX_HEADER);
  if (declared > BigInt(allowed)) {
    refuse(file, `expected a safetensors file with a header of at most ${allowed} bytes, got ${declared}`);
  }
  const length = Number(declared);
  let text: string;
  let parsed: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(8, 8 + length));
    parsed = JSON.parse(text);
  } catch {
    return refuse(file, "expected a header in JSON");
  }
  if (!text.startsWith("{")) refuse(file, `expected a header that starts with "{"`);
  const entries = new Map(Object.entries(parsed as object));
  const names = topLevelKeys(text);
  if (names.length !== entries.size) {
    refuse(file, `expected each name once, got ${names.find((name, i) => names.indexOf(name) !== i)} twice`);
  }
  return { length, entries };
}

/** Keys of the outermost object of valid JSON, repeated ones included (JSON.parse keeps only the last). */
function topLevelKeys(json: string): string[] {
  const keys: string[] = [];
  let depth = 0;
  for (const [token, colon] of json.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[[\]{}]/g)) {
    if ("[{".includes(token)) depth++;
    else if ("]}".includes(token)) depth--;
    else if (depth === 1 && colon !== undefined) keys.push(JSON.parse(token.slice(0, token.length - colon.length)));
  }
  return keys;
}

function readMetadata(value: unknown, file: string): Record<string, string> {
  const valid = isRecord(value) && Object.values(value).every((text) => typeof text === "string");
  if (!valid) refuse(file, `${METADATA}: expected an object of texts`);
  return value as Record<string, string>;
}

function readEntry(name: string, entry: unknown, file: string): Placed {
  const { dtype, shape, data_offsets } = isRecord(entry) ? entry : {};
  if (!isDtype(dtype)) {
    throw new HqcnnError(
      `${file}: tensor ${name}: expected dtype ${Object.keys(constructors).join(", ")}, got ${JSON.stringify(dtype)}; convert it, as to F32`,
    );
  }
  if (!isSizes(shape))
    return refuse(file, `tensor ${name}: expected a shape of integers, got ${JSON.stringify(shape)}`);
  if (!isSizes(data_offsets) || data_offsets.length !== 2) {
    return refuse(file, `tensor ${name}: expected two data offsets, got ${JSON.stringify(data_offsets)}`);
  }
  const [begin, end] = data_offsets;
  const size = shape.reduce((product, n) => product * n, constructors[dtype].BYTES_PER_ELEMENT);
  if (end - begin !== size) {
    refuse(file, `tensor ${name}: expected ${size} bytes for ${dtype} of shape [${shape}], got ${end - begin}`);
  }
  return { name, dtype, shape, begin, end };
}

/** Together the tensors must cover the data exactly once. */
function checkCover(placed: Placed[], size: number, file: string): void {
  let covered = 0;
  for (const { name, begin, end } of placed.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered) refuse(file, `tensor ${name}: expected to begin at data byte ${covered}, got ${begin}`);
    covered = end;
  }
  if (covered !== size) refuse(file, `expected ${covered} bytes of data, got ${size}`);
}

function view(bytes: Uint8Array, start: number, { dtype, shape, begin, end }: Placed): Tensor {
  const Elements = constructors[dtype];
  const part = bytes.subarray(start + begin, start + end);
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

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}
