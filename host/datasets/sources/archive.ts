import { HqcnnError } from "../../check.ts";
import type { RandomAccessFile } from "../../platform/platform.ts";
import { type SplitName, splitNames } from "../types.ts";
import type { NpyHeader } from "./npy.ts";
import { type Npz, openNpz } from "./npz.ts";

/** Images of this height and width are what the network takes. */
export const side = 28;
/** Most classes the network can have. */
export const mostClasses = 64;

/**
 * An npz of MedMNIST's form: SPLIT_images uint8 (n, 28, 28) or (n, 28, 28, 1 or 3), SPLIT_labels integers (n) or (n,
 * 1), for train, val and test.
 */
export interface Archive {
  channels: 1 | 3;
  /** Labels of every split, as in the file. */
  labels: Record<SplitName, Uint8Array>;
  /** Reads the images of a split, NHWC. */
  images(name: SplitName): Promise<Uint8Array>;
}

/**
 * Reads the labels and the headers of the images and checks them; images are read on demand, by opening the file again.
 * `classes` is the number of classes if it is known. Throws a HqcnnError that names file, array, expected and got.
 */
export async function openArchive(
  open: () => Promise<RandomAccessFile>,
  path: string,
  classes?: number,
): Promise<Archive> {
  return withNpz(open, path, async (npz) => {
    const labels = {} as Record<SplitName, Uint8Array>;
    const channels = new Set<1 | 3>();
    for (const name of splitNames) {
      const header = await npz.header(`${name}_images`);
      channels.add(checkImages(header, `${path}: ${name}_images`));
      labels[name] = await readLabels(npz, name, header.shape[0], classes);
    }
    if (channels.size > 1) throw new HqcnnError(`${path}: expected grey or colour images in all splits, got both`);
    return {
      channels: [...channels][0],
      labels,
      images: (name) =>
        withNpz(open, path, async (again) => {
          const array = `${name}_images`;
          const check = (header: NpyHeader) => {
            checkImages(header, `${path}: ${array}`);
            checkLength(header, labels[name].length, `${path}: ${array}`); // the file may have been replaced since
          };
          return (await again.read(array, check)).data;
        }),
    };
  });
}

async function withNpz<T>(
  open: () => Promise<RandomAccessFile>,
  path: string,
  use: (npz: Npz) => Promise<T>,
): Promise<T> {
  const file = await open();
  try {
    return await use(await openNpz(file, path));
  } finally {
    await file.close();
  }
}

/** Returns the number of channels. */
function checkImages({ dtype, shape }: NpyHeader, where: string): 1 | 3 {
  if (dtype !== "uint8")
    throw new HqcnnError(
      `${where}: expected uint8 values (0 … 255), got ${dtype}; floats, NaN among them, are not taken`,
    );
  const [count, height, width, channels = 1] = shape;
  const fits =
    (shape.length === 3 || shape.length === 4) &&
    height === side &&
    width === side &&
    (channels === 1 || channels === 3);
  if (!fits) {
    throw new HqcnnError(
      `${where}: expected shape (n, ${side}, ${side}) or (n, ${side}, ${side}, 3), got (${shape.join(", ")})`,
    );
  }
  if (count === 0) throw new HqcnnError(`${where}: expected at least 1 image, got 0`);
  return channels;
}

async function readLabels(npz: Npz, name: SplitName, count: number, classes = mostClasses): Promise<Uint8Array> {
  const array = `${name}_labels`;
  const where = `${npz.path}: ${array}`;
  const { header, data } = await npz.read(array, (header) => {
    const { dtype, shape } = header;
    if (!/^u?int\d+$/.test(dtype)) throw new HqcnnError(`${where}: expected integers, got ${dtype}`);
    if (shape.length === 2 && shape[1] > 1) {
      throw new HqcnnError(
        `${where}: expected one label an image, got shape (${shape.join(", ")}): multi-label sets cannot be trained`,
      );
    }
    if (shape.length !== 1 && shape.length !== 2)
      throw new HqcnnError(`${where}: expected shape (n) or (n, 1), got (${shape.join(", ")})`);
    checkLength(header, count, where);
  });
  const read = integerReader(header.dtype, data);
  return Uint8Array.from({ length: count }, (_, i) => {
    const label = read(i);
    if (label >= 0 && label < classes) return Number(label);
    throw new HqcnnError(`${where}: expected labels 0 … ${classes - 1}, got ${label} at image ${i}`);
  });
}

function checkLength({ shape }: NpyHeader, count: number, where: string): void {
  if (shape[0] !== count || shape[1] === 0) {
    throw new HqcnnError(
      `${where}: expected ${count} (as many labels as images), got ${shape[1] === 0 ? 0 : shape[0]}`,
    );
  }
}

/** Value i of little-endian integers. */
function integerReader(dtype: string, data: Uint8Array): (i: number) => number | bigint {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  switch (dtype) {
    case "uint8":
      return (i) => view.getUint8(i);
    case "int8":
      return (i) => view.getInt8(i);
    case "uint16":
      return (i) => view.getUint16(i * 2, true);
    case "int16":
      return (i) => view.getInt16(i * 2, true);
    case "uint32":
      return (i) => view.getUint32(i * 4, true);
    case "int32":
      return (i) => view.getInt32(i * 4, true);
    case "uint64":
      return (i) => view.getBigUint64(i * 8, true);
    case "int64":
      return (i) => view.getBigInt64(i * 8, true);
    default:
      throw new HqcnnError(`expected integers of 8 to 64 bits, got ${dtype}`);
  }
}
