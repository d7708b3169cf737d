import type { Fit } from "./fit.ts";

/** The three parts of a data set: learned from, chosen by, reported on. */
export type SplitName = "train" | "val" | "test";
export const splitNames: readonly SplitName[] = ["train", "val", "test"];

/** Images on disk, read as they are needed. */
export interface StoredImages {
  /**
   * Begins to read images. `images` comes later, uint8 (indices, height, width, channels): what happens until then,
   * as a training step, does not hold the reading up.
   */
  request(indices: ArrayLike<number>): Promise<{ images: Promise<Uint8Array> }>;
}

/** images: uint8 (count, height, width, channels), NHWC; labels: (count) class indices */
export interface Split {
  count: number;
  /** Those of sets too large for memory are `stored`, and to take them from here is an error: see readImages. */
  readonly images: Uint8Array;
  stored?: StoredImages;
  labels: Uint8Array;
  /** Of the task multilabel: (count, classes), rows of 0 and 1; `labels` are then all 0. */
  matrix?: Uint8Array;
  /** Of the task ordinal: labels are in an order. */
  ordered?: true;
}

/**
 * What is learned. binary: one of two classes. multiclass: one of several. ordinal: one of several that are in an
 * order, that of their labels. multilabel: every label by itself.
 */
export const TASKS = ["binary", "multiclass", "ordinal", "multilabel"] as const;
export type Task = (typeof TASKS)[number];
/**
 * "official": the splits as published, or as the data state them. "pooled": all images split again by us (seeded,
 * stratified); figures are not comparable.
 */
export type Protocol = "official" | "pooled";

/** A file or entry that was not used, and why. */
export interface Skipped {
  path: string;
  reason: string;
}

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
  /** What was guessed or changed on the way from the file to these images, in words. */
  steps: string[];
  /** Files and rows that were not used. */
  skipped: Skipped[];
  /** How the data were read: what a model must know to read others alike. */
  reading: Reading;
  /** Reads a split when first asked for, then keeps it. */
  split(name: SplitName): Promise<Split>;
}

/** Values that become black and white, in the units of the files: smallest and largest, or center and width. */
export interface Stated {
  range?: readonly [low: number, high: number] | "auto";
  window?: readonly [center: number, width: number];
  /** Which frame or page of image files, from 0. */
  frame?: number;
}

/** How images became arrays of bytes, and which classes their labels had before the task joined some. */
export interface Reading {
  /** The source's classes, in the order of its labels. */
  sourceClasses: string[];
  /** Of those, the ones whose union is class 1 of the binary task. */
  positive: number[] | null;
  fit: Fit;
  /** What was stated to become black and white, as the options range and window. */
  stated: Stated | null;
  /** The type of an npz's values and those that became black and white, where they were no bytes. */
  values: { dtype: string; range: readonly [low: number, high: number] } | null;
}

/** A seeded permutation of 0 … length − 1; each stream number gives another one. Comes from the engine. */
export type Permutation = (length: number, stream: number) => Uint32Array;

/**
 * Progress of something long: `done` of `total` (bytes, images or files; total is null when unknown). `what` is being
 * done; without it, files are read.
 */
export type OnProgress = (done: number, total: number | null, what?: string) => void;

/** How to stop something long, and how to follow it. */
export interface Control {
  signal?: AbortSignal;
  onProgress?: OnProgress;
}
