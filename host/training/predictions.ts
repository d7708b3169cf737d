import { csvParseRows } from "d3-dsv";
import { HqcnnError } from "../check.ts";
import type { Split } from "../datasets/types.ts";
import type { Metrics } from "../statistics/types.ts";
import { csvLine, RUN_FILES } from "./files.ts";

/** What predictions.csv holds. */
export interface Predictions {
  /** (count); of images with several labels all 0. */
  labels: Uint8Array;
  predicted: Uint8Array;
  /** (count, classes) */
  probs: Float64Array;
  /** Of images with several labels: (count, classes), rows of 0 and 1. */
  rows?: { labels: Uint8Array; predicted: Uint8Array };
}

/** Between several labels in a cell. */
const SEPARATOR = "|";

/**
 * index,label,predicted and one probability a class, with a header line. Several labels stand with | between them; the
 * cell of an image without any is empty.
 * @param predicted as Evaluation has it
 */
export function predictionsCsv(
  { labels, matrix }: Pick<Split, "labels" | "matrix">,
  predicted: ArrayLike<number>,
  probs: Float32Array,
  classNames: string[],
): string {
  const classes = classNames.length;
  const lines = [csvLine(["index", "label", "predicted", ...classNames])];
  const cell = (rows: ArrayLike<number>, i: number) =>
    classNames.flatMap((_, label) => (rows[i * classes + label] === 1 ? [label] : [])).join(SEPARATOR);
  for (let i = 0; i < labels.length; i++) {
    const said = matrix ? [cell(matrix, i), cell(predicted, i)] : [labels[i], predicted[i]];
    lines.push(csvLine([i, ...said, ...probs.subarray(i * classes, (i + 1) * classes)]));
  }
  return `${lines.join("\n")}\n`;
}

/** @throws HqcnnError naming the file and what is wrong with it */
export function parsePredictions(csv: string, classes: number, path: string, isMultilabel: boolean): Predictions {
  const damaged = (what: string) => new HqcnnError(`${path}: not written by hqcnn train, or damaged (${what})`);
  const rows = csvParseRows(csv).slice(1);
  const numberOf = (cell: string) => (cell.trim() === "" ? Number.NaN : Number(cell));
  const isClass = (value: number) => Number.isInteger(value) && value >= 0 && value < classes;
  const isNumber = (cell: string, column: number) =>
    (isMultilabel && (column === 1 || column === 2)) || Number.isFinite(numberOf(cell));
  if (rows.length === 0 || rows.some((row) => row.length !== classes + 3 || !row.every(isNumber))) {
    throw damaged(`expected rows of ${classes + 3} numbers`);
  }
  const labels = new Uint8Array(rows.length);
  const predicted = new Uint8Array(rows.length);
  const probs = new Float64Array(rows.length * classes);
  const several = { labels: new Uint8Array(probs.length), predicted: new Uint8Array(probs.length) };
  const mark = (into: Uint8Array, cell: string, i: number) => {
    for (const text of cell === "" ? [] : cell.split(SEPARATOR)) {
      const label = numberOf(text);
      if (!isClass(label)) throw damaged(`row ${i}: expected labels from 0 to ${classes - 1}, got ${text}`);
      into[i * classes + label] = 1;
    }
  };
  rows.forEach(([index, label, answer, ...shares], i) => {
    if (numberOf(index) !== i) throw damaged(`expected row ${i} to begin with ${i}, got ${index}`);
    if (isMultilabel) {
      mark(several.labels, label, i);
      mark(several.predicted, answer, i);
    } else {
      [labels[i], predicted[i]] = [numberOf(label), numberOf(answer)];
      if (!isClass(numberOf(label)) || !isClass(numberOf(answer))) {
        throw damaged(`row ${i}: expected classes from 0 to ${classes - 1}, got ${label} and ${answer}`);
      }
    }
    shares.forEach((share, c) => {
      const p = numberOf(share);
      if (!(p >= 0 && p <= 1.0001)) throw damaged(`row ${i}: expected probabilities from 0 to 1`);
      probs[i * classes + c] = p;
    });
  });
  return { labels, predicted, probs, ...(isMultilabel && { rows: several }) };
}

/** metrics.json and predictions.csv must be of the same test. */
export function checkAgainst(
  { confusion, multilabel }: Pick<Metrics, "confusion" | "multilabel">,
  { labels, predicted, rows }: Predictions,
  path: string,
): void {
  const expected = rows ? multilabel?.labels.map((label) => label.confusion) : confusion;
  const classes = expected?.length ?? 0;
  const counted = rows
    ? Array.from({ length: classes }, () => [
        [0, 0],
        [0, 0],
      ])
    : confusion.map((row) => row.map(() => 0));
  if (rows) {
    const tables = counted as number[][][];
    rows.labels.forEach((is, i) => {
      const table = tables[i % (rows.labels.length / labels.length)];
      if (table) table[is][rows.predicted[i]] += 1;
    });
  } else for (const [i, label] of labels.entries()) (counted as number[][])[label][predicted[i]] += 1;
  if (JSON.stringify(counted) !== JSON.stringify(expected)) {
    throw new HqcnnError(`${path}: expected the confusion matrix that ${RUN_FILES.metrics} has: is one another run's?`);
  }
}
