import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import { openDataset } from "../../host/index.ts";

export interface NpyArray {
  /** NumPy's descr, as in "|u1", "<i8". */
  descr: string;
  shape: number[];
  data: ArrayBufferView;
  fortran?: boolean;
  version?: 1 | 2 | 3;
}

/** Bytes of an npy file, with the header as NumPy writes it. */
export function npy({ data, ...header }: NpyArray): Uint8Array<ArrayBuffer> {
  const head = npyHeader(header);
  const bytes = new Uint8Array(head.length + data.byteLength);
  bytes.set(head);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), head.length);
  return bytes;
}

/** The part of it before the values. */
export function npyHeader({ descr, shape, fortran = false, version = 1 }: Omit<NpyArray, "data">): Uint8Array {
  const dims = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const dict = `{'descr': '${descr}', 'fortran_order': ${fortran ? "True" : "False"}, 'shape': (${dims}), }`;
  const prefix = version === 1 ? 10 : 12;
  const total = Math.ceil((prefix + dict.length + 1) / 64) * 64;
  const bytes = new Uint8Array(total);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setUint16(8, total - prefix, true);
  else view.setUint32(8, total - prefix, true);
  bytes.set(new TextEncoder().encode(`${dict.padEnd(total - prefix - 1)}\n`), prefix);
  return bytes;
}

/** Bytes of a zip of files; level 0 stores, others deflate. */
export async function zip(files: Record<string, Uint8Array>, options: { level?: number; zip64?: boolean } = {}) {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { level: 6, ...options, useWebWorkers: false });
  for (const [name, bytes] of Object.entries(files)) await writer.add(name, new Uint8ArrayReader(bytes));
  return writer.close();
}

/** Bytes of an npz. */
export async function npz(arrays: Record<string, NpyArray>, options: { level?: number; zip64?: boolean } = {}) {
  return zip(Object.fromEntries(Object.entries(arrays).map(([name, array]) => [`${name}.npy`, npy(array)])), options);
}

/**
 * An npz of MedMNIST's form: `counts` images a split of 28×28×channels, pixels differing from image to image, labels 0,
 * 1, … in turn.
 */
export function medmnistArrays(
  counts = { train: 12, val: 6, test: 9 },
  { channels = 1, classes = 3 } = {},
): Record<string, NpyArray> {
  let serial = 0;
  return Object.fromEntries(
    Object.entries(counts).flatMap(([split, n]) => {
      const bytes = 784 * channels;
      const images = new Uint8Array(n * bytes);
      for (let i = 0; i < n; i++) {
        serial++;
        for (let p = 0; p < bytes; p++) images[i * bytes + p] = (serial * 31 + p * (1 + (serial % 7))) & 255;
      }
      const shape = channels === 1 ? [n, 28, 28] : [n, 28, 28, channels];
      return [
        [`${split}_images`, { descr: "|u1", shape, data: images }],
        [
          `${split}_labels`,
          { descr: "|u1", shape: [n, 1], data: Uint8Array.from({ length: n }, (_, i) => i % classes) },
        ],
      ] as [string, NpyArray][];
    }),
  );
}

/** The bytes of an npz with the first images of each split of the sample that is shipped, eight classes. */
export async function sampleCut(counts = { train: 96, val: 48, test: 48 }): Promise<Uint8Array> {
  const data = await openDataset(undefined, { look: true, task: "published" });
  const arrays: Record<string, NpyArray> = {};
  for (const [name, count] of Object.entries(counts)) {
    const { images, labels } = await data.split(name as keyof typeof counts);
    const { height, width, channels } = data;
    const pixels = images.subarray(0, count * height * width * channels);
    arrays[`${name}_images`] = { descr: "|u1", shape: [count, height, width, channels], data: pixels };
    arrays[`${name}_labels`] = {
      ...{ descr: "|u1", shape: [count, 1] },
      data: Uint8Array.from(labels).subarray(0, count),
    };
  }
  return npz(arrays);
}
