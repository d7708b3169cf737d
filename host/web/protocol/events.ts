import type { EpochRecord } from "../../training/loop.ts";

/** What the model says about an image. */
export interface LabPrediction {
  /** Class with the largest probability. */
  label: number;
  className: string;
  /** Of every class, 0 to 1. */
  probs: readonly number[];
  /** Of the image. */
  name: string;
  /** Where an image may have several labels: those that are present. */
  labels?: readonly number[];
}

/** The events of `<hqcnn-lab>`, by the type of their `detail`. They bubble and cross shadow roots. */
export interface LabEvents {
  /** After every epoch: a line of history.jsonl. */
  "hqcnn-epoch": EpochRecord;
  /** A training has ended, in its folder of the browser's storage; accuracy and AUC on the test split, 0 to 1. */
  "hqcnn-end": { folder: string; accuracy: number; auc: number | null; fingerprint: string };
  /** An image was classified. */
  "hqcnn-prediction": LabPrediction;
  /** Something went wrong that the page says. */
  "hqcnn-error": { message: string };
  /** View, run or options have changed: the fragment of a link to them. */
  "hqcnn-state": { state: string };
}
