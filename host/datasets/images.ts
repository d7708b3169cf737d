import { HqcnnError } from "../check.ts";
import { loadBatches } from "./batches.ts";
import type { Split, StoredImages } from "./types.ts";

/** Bytes of pixels of a data set up to which its images are held in memory; those of larger sets stay on disk. */
export const MEMORY_BYTES = 512 << 20;

/** A split with its images, in memory or on disk. `name` is the data set's, for the error of who takes `images`. */
export function createSplit(
  name: string,
  about: Omit<Split, "images" | "stored">,
  images: Uint8Array | StoredImages,
): Split {
  if (images instanceof Uint8Array) return { ...about, images };
  const split = { ...about, stored: images };
  const get = () => {
    throw new HqcnnError(
      `${name}: its images are on disk, as they take too much memory: read some of them with readImages(split, indices)`,
    );
  };
  return Object.defineProperty(split, "images", { get }) as typeof split & Pick<Split, "images">;
}

/**
 * Some images of a split, wherever they are.
 * @returns uint8 (indices, height, width, channels)
 */
export async function readImages(split: Split, indices: ArrayLike<number>): Promise<Uint8Array> {
  if (split.stored) return (await split.stored.request(indices)).images;
  const bytes = split.images.length / split.count;
  const out = new Uint8Array(indices.length * bytes);
  for (let i = 0; i < indices.length; i++) {
    out.set(split.images.subarray(indices[i] * bytes, (indices[i] + 1) * bytes), i * bytes);
  }
  return out;
}

/** All images of a split in their order: `some` at a time where they are on disk, all at once where in memory. */
export async function* eachImages(
  split: Split,
  some: number,
): AsyncGenerator<{ first: number; count: number; images: Uint8Array }, void, undefined> {
  if (!split.stored) {
    yield { first: 0, count: split.count, images: split.images };
    return;
  }
  for await (const { indices, images } of loadBatches(split, runs(split.count, some))) {
    yield { first: indices[0], count: indices.length, images: images! };
  }
}

/** 0 … count − 1, `some` at a time. */
function* runs(count: number, some: number): Generator<Uint32Array, void, undefined> {
  for (let first = 0; first < count; first += some) {
    yield Uint32Array.from({ length: Math.min(some, count - first) }, (_, i) => first + i);
  }
}

/** An image of several parts: the part, and its place in it. */
export interface Place {
  part: number;
  index: number;
}

/**
 * Images on disk in another order, out of several parts.
 * @param place where image i lies
 * @param bytes of one image
 */
export function placedImages(parts: readonly StoredImages[], place: (i: number) => Place, bytes: number): StoredImages {
  return {
    async request(indices) {
      const places = Array.from(indices, place);
      const asked = await Promise.all(
        parts.map((part, number) => {
          const own = places.filter((each) => each.part === number).map(({ index }) => index);
          return own.length > 0 ? part.request(own) : null;
        }),
      );
      const gather = async () => {
        const read = await Promise.all(asked.map((each) => each?.images));
        const taken = parts.map(() => 0);
        const out = new Uint8Array(places.length * bytes);
        places.forEach(({ part }, i) => {
          const at = bytes * taken[part]++;
          out.set(read[part]!.subarray(at, at + bytes), i * bytes);
        });
        return out;
      };
      return { images: handled(gather()) };
    },
  };
}

/** The images of several splits one behind the other. */
export function joinImages(splits: readonly Split[], bytes: number): Uint8Array | StoredImages {
  const stored = splits.flatMap((split) => split.stored ?? []);
  if (stored.length > 0) {
    // Empty splits are in memory.
    const filled = splits.filter(({ count }) => count > 0);
    const places = filled.flatMap(({ count }, part) => Array.from({ length: count }, (_, index) => ({ part, index })));
    return placedImages(stored, (i) => places[i], bytes);
  }
  const out = new Uint8Array(splits.reduce((sum, { images }) => sum + images.length, 0));
  let at = 0;
  for (const { images } of splits) {
    out.set(images, at);
    at += images.length;
  }
  return out;
}

/** A promise that may be dropped: its failure is then nobody's. Who waits for it gets the failure. */
export function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
