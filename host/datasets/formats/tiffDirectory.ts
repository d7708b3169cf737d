import { Refusal } from "./pixels.ts";

/** Bytes of a value by field type; 0 where the type is unknown. */
const sizes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];

/** Pages that are looked at, and values that a field may have. */
const mostPages = 65536;
const mostValues = 2 ** 22;

/** One page's fields, read when asked for. */
export interface Directory {
  isLittle: boolean;
  /** The first value of an integer field. */
  number(tag: number): number | undefined;
  numbers(tag: number): number[] | undefined;
  bytes(tag: number): Uint8Array | undefined;
  text(tag: number): string | undefined;
}

interface Field {
  type: number;
  count: number;
  at: number;
}

/**
 * The chain of directories of a TIFF or BigTIFF. Every offset is checked against the file, and the chain may not turn
 * back.
 */
export function readDirectories(bytes: Uint8Array): Directory[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLittle = bytes[0] === 0x49;
  const cut = new Refusal("expected more bytes in its directory; the file is cut short or damaged");
  if (bytes.length < 16) throw cut;
  const isBig = view.getUint16(2, isLittle) === 43;
  const u16 = (at: number) => view.getUint16(at, isLittle);
  const u32 = (at: number) => view.getUint32(at, isLittle);
  const u64 = (at: number) => (isLittle ? u32(at) + u32(at + 4) * 2 ** 32 : u32(at) * 2 ** 32 + u32(at + 4));
  const [offsetSize, entrySize, countSize] = isBig ? [8, 20, 8] : [4, 12, 2];
  const offset = isBig ? u64 : u32;

  const read = (field: Field, i: number): number => {
    const at = field.at + i * sizes[field.type];
    switch (field.type) {
      case 1:
      case 2:
      case 7:
        return view.getUint8(at);
      case 3:
        return u16(at);
      case 4:
      case 13:
        return u32(at);
      case 6:
        return view.getInt8(at);
      case 8:
        return view.getInt16(at, isLittle);
      case 9:
        return view.getInt32(at, isLittle);
      case 16:
      case 18:
        return u64(at);
      default:
        throw new Refusal("expected an integer in a field of its directory; the file is damaged");
    }
  };

  const directories: Directory[] = [];
  const seen = new Set<number>();
  for (let at = offset(isBig ? 8 : 4); at !== 0; ) {
    if (seen.has(at))
      throw new Refusal("expected each page once, got a chain of pages that turns back; the file is damaged");
    if (seen.size === mostPages) throw new Refusal(`expected at most ${mostPages} pages; take them apart first`);
    seen.add(at);
    if (at + countSize > bytes.length) throw cut;
    const count = isBig ? u64(at) : u16(at);
    const end = at + countSize + count * entrySize;
    if (end + offsetSize > bytes.length) throw cut;
    const fields = new Map<number, Field>();
    for (let entry = at + countSize; entry < end; entry += entrySize) {
      const type = u16(entry + 2);
      const values = offset(entry + 4);
      const value = entry + 4 + offsetSize;
      const length = values * (sizes[type] ?? 0);
      fields.set(u16(entry), { type, count: values, at: length <= offsetSize ? value : offset(value) });
    }
    const find = (tag: number): Field | undefined => {
      const field = fields.get(tag);
      if (!field || !sizes[field.type] || field.count < 1) return undefined;
      if (field.at + field.count * sizes[field.type] > bytes.length) throw cut;
      return field;
    };
    directories.push({
      isLittle,
      number(tag) {
        const field = find(tag);
        return field && read(field, 0);
      },
      numbers(tag) {
        const field = find(tag);
        if (field && field.count > mostValues)
          throw new Refusal(`expected at most ${mostValues} values in a field; the file is damaged`);
        return field && Array.from({ length: field.count }, (_, i) => read(field, i));
      },
      bytes(tag) {
        const field = find(tag);
        return field && bytes.subarray(field.at, field.at + field.count * sizes[field.type]);
      },
      text(tag) {
        const field = find(tag);
        return field?.type === 2
          ? new TextDecoder().decode(bytes.subarray(field.at, field.at + Math.min(field.count, 4096)))
          : undefined;
      },
    });
    at = offset(end);
  }
  if (directories.length === 0) throw new Refusal("expected a page; the file is damaged");
  return directories;
}
