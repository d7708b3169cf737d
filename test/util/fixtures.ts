import { readFileSync } from "node:fs";
import { fixture } from "./paths.ts";

/** test/fixtures/tasks/expected.json, as make.py beside it wrote it. */
export interface TaskFixture {
  multilabel: {
    rows: number[][];
    scores: number[][];
    predicted: number[][];
    auc: number | null;
    accuracy: number;
    aucs: (number | null)[];
    averagePrecisions: number[];
    subsetAccuracy: number;
    report: Record<string, { precision: number; recall: number; "f1-score": number; support: number }>;
  }[];
  ordinal: {
    classes: number;
    labels: number[];
    predicted: number[];
    quadraticKappa: number;
    meanAbsoluteError: number;
  }[];
  binaryCrossEntropy: {
    logits: number[][];
    targets: number[][];
    weights: number[] | null;
    loss: number;
    gradient: number[][];
  }[];
}

export function taskFixture(): TaskFixture {
  return JSON.parse(readFileSync(fixture("tasks/expected.json"), "utf8"));
}
