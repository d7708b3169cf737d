import type { Size } from "../fit.ts";
import type { Dataset, Skipped, SplitName, StoredImages } from "../types.ts";
import type { Values } from "./values.ts";

/** Images of one split of a source, or of its one pool. */
export interface SourcePart {
  split: SplitName | null;
  count: number;
  /** One class an image; null where there are several labels, or none. */
  labels: Uint8Array | null;
  /** Several labels: (count, classes), rows of 0 and 1. */
  matrix: Uint8Array | null;
  /** A name for each image; images of one name stay in one split. */
  groups: string[] | null;
}

/** What a source holds before splits and task are applied. */
export interface Source extends Size {
  name: string;
  classNames: string[];
  /** Whether the names come from numbers. */
  isNumbered: boolean;
  /** Whether the classes are known to be in an order. */
  isOrdinal?: boolean;
  /** Labels of the thesis's binary task. */
  positive?: number[];
  channels: 1 | 3;
  source: Dataset["source"];
  warnings: string[];
  steps: string[];
  skipped: Skipped[];
  values: Values | null;
  /** Splits in the order train, val, test, as far as there are, or one pool. */
  parts: SourcePart[];
  /** Images of one of the parts, NHWC. */
  images(part: number): Promise<Uint8Array>;
  /** Where they are left on disk, as they would take too much memory. */
  stored?: (part: number) => StoredImages;
}
