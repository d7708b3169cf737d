/** The three parts of a data set: learned from, chosen by, reported on. */
export type SplitName = "train" | "val" | "test";
export const splitNames: readonly SplitName[] = ["train", "val", "test"];

/** images: uint8 (count, height, width, channels), NHWC; labels: (count) class indices */
export interface Split {
  count: number;
  images: Uint8Array;
  labels: Uint8Array;
}

export type Task = "binary" | "multiclass";
/**
 * "official": the splits as published. "pooled": all images split again by us (seeded, stratified); figures are not
 * comparable.
 */
export type Protocol = "official" | "pooled";

export interface Dataset {
  /** Name in the MedMNIST table, else the name of the file or folder. */
  name: string;
  channels: 1 | 3;
  height: number;
  width: number;
  /** One name a class, in the order of the labels. */
  classNames: string[];
  counts: Record<SplitName, number>;
  protocol: Protocol;
  task: Task;
  source: { path: string; md5: string | null; license: string; citation: string };
  /** What the user should know about these data, one line each; the command line shows them. */
  warnings: string[];
  /** Reads a split when first asked for, then keeps it. */
  split(name: SplitName): Promise<Split>;
}

/** A seeded permutation of 0 … length − 1; each stream number gives another one. Comes from the engine. */
export type Permutation = (length: number, stream: number) => Uint32Array;

/** Progress of something long: `done` of `total` (bytes or files; total is null when unknown). */
export type OnProgress = (done: number, total: number | null) => void;
