import type { Ptr } from "../engine/kernels.ts";
import { MOST_THREADS } from "../engine/load.ts";

/**
 * Images a group: the unit that threads share out, and that has partial sums of its own. Four threads are busy with a
 * batch of 64 images of 28×28. Batches of large images are smaller, and each image is worth more partial sums.
 */
function groupImages([height, width]: ImageShape): number {
  const pixels = height * width;
  if (pixels < 64 * 64) return 16;
  return pixels < 128 * 128 ? 8 : 4;
}

/** (height, width, …) of the network's images. */
export type ImageShape = readonly number[];

/** One for every thread that there may be; more would cost memory for nobody's benefit. */
const MOST_GROUPS = MOST_THREADS;

/**
 * How a batch of N images is cut into groups: a function of N and their size alone, so that the sums are the same for
 * any number of threads.
 */
export function groupsOf(N: number, image: ImageShape): { size: number; groups: number } {
  const least = groupImages(image);
  const size = least * Math.ceil(Math.ceil(N / least) / MOST_GROUPS);
  return { size, groups: Math.ceil(N / size) };
}

/** The most groups of any batch up to N: a smaller one may have more of them. */
export function mostGroups(N: number, image: ImageShape): number {
  return Math.min(MOST_GROUPS, Math.ceil(N / groupImages(image)));
}

/** What one of several threads does of a batch. */
export interface Share {
  readonly thread: number;
  readonly threads: number;
  /** Images in the batch, in a group, and groups. */
  readonly N: number;
  readonly size: number;
  readonly groups: number;
  /** This thread's groups firstGroup … lastGroup − 1: images first … last − 1. */
  readonly firstGroup: number;
  readonly lastGroup: number;
  readonly first: number;
  readonly last: number;
  /** Which image of the data set each one of the batch is; u32. */
  readonly ids: Ptr;
  /** Where a layer's random numbers start; null where it draws none. */
  readonly draw: { seed: number; epoch: number } | null;
  /** Whether batch norms work with running statistics and keep what backward reads: in explanations. */
  readonly running: boolean;
  /** Whether exactly one backward pass follows the forward one, which may use up what that kept: in training. */
  readonly once: boolean;
  /** Memory of this thread alone. */
  readonly scratch: Ptr;
  /** Waits for the other threads. */
  barrier(): void;
  /** This thread's part [first, last) of work that has nothing to do with images, in multiples of 4. */
  slice(length: number): readonly [number, number];
}

export function createShare(
  N: number,
  { size, groups }: { size: number; groups: number },
  {
    thread,
    threads,
    ids,
    draw,
    running = false,
    once = false,
    scratch,
    barrier,
  }: Pick<Share, "thread" | "threads" | "ids" | "draw" | "scratch" | "barrier"> &
    Partial<Pick<Share, "running" | "once">>,
): Share {
  const cut = (parts: number, i: number) => Math.floor((parts * i) / threads);
  const [firstGroup, lastGroup] = [cut(groups, thread), cut(groups, thread + 1)];
  return {
    ...{ thread, threads, N, size, groups, firstGroup, lastGroup, ids, draw, running, once, scratch, barrier },
    first: Math.min(N, firstGroup * size),
    last: Math.min(N, lastGroup * size),
    slice: (length) => [4 * cut(length / 4, thread), 4 * cut(length / 4, thread + 1)],
  };
}

/** Images n … n + count − 1, of one group. */
export interface ImageBlock {
  n: number;
  count: number;
  group: number;
  /** Whether this continues a group. */
  add: boolean;
}

/** Visits the share in blocks of at most `images` images, none of which reaches over a group. */
export function eachBlock(
  { N, size, firstGroup, lastGroup }: Share,
  images: number,
  visit: (block: ImageBlock) => void,
): void {
  for (let group = firstGroup; group < lastGroup; group++) {
    const end = Math.min(N, (group + 1) * size);
    for (let n = group * size; n < end; n += images) {
      visit({ n, count: Math.min(images, end - n), group, add: n > group * size });
    }
  }
}

/** Visits the groups of the share. */
export function eachGroup(share: Share, visit: (block: ImageBlock) => void): void {
  eachBlock(share, share.size, visit);
}
