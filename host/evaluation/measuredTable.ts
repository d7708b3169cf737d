import { isRecord } from "../check.ts";
import type { MeasuredMetrics, MeasuredResult, MeasuredSpread } from "./measured.ts";

/** One row of a sweep. */
export interface MeasuredRow extends MeasuredResult {
  /** The noise as a SPEC; null: none. */
  noise: string | null;
}

/** A network under several settings of shots and noise: what `hqcnn evaluate --shots --noise` prints. */
export interface MeasuredTable {
  data: string;
  split: string;
  /** Images. */
  count: number;
  seed: number;
  exact: MeasuredMetrics;
  rows: MeasuredRow[];
}

/** Whether data is such a table, as far as anything reads it. */
export function isMeasuredTable(data: unknown): data is MeasuredTable {
  return (
    isRecord(data) &&
    isRecord(data.exact) &&
    Array.isArray(data.rows) &&
    data.rows.every((row) => isRecord(row) && isRecord(row.accuracy))
  );
}

const HEAD = [
  "shots",
  "noise",
  "accuracy",
  "95 % interval",
  "change",
  "AUC",
  "cross-entropy",
  "error of outputs",
  "repetitions",
];

const four = (value: number) => value.toFixed(4);
const signed = (value: number) => `${value < 0 ? "−" : "+"}${four(Math.abs(value))}`;

function cells(spread: MeasuredSpread, exact: MeasuredMetrics): string[] {
  const { accuracy, auc, crossEntropy, error } = spread;
  return [
    four(accuracy.mean),
    accuracy.interval === null ? "–" : `${four(accuracy.interval[0])} to ${four(accuracy.interval[1])}`,
    signed(accuracy.mean - exact.accuracy),
    auc === null ? "none" : four(auc.mean),
    four(crossEntropy.mean),
    four(error),
  ];
}

/** Rows of cells, the head first. Extrapolated results have rows of their own, below. */
export function measuredCells({ exact, rows }: MeasuredTable): string[][] {
  const { accuracy, auc, crossEntropy } = exact;
  const first = [
    "exact",
    "none",
    four(accuracy),
    "–",
    "–",
    auc === null ? "none" : four(auc),
    four(crossEntropy),
    "0",
    "1",
  ];
  const measured = rows.map((row) => [
    ...[row.shots === 0 ? "exact" : String(row.shots), row.noise ?? "none"],
    ...[...cells(row, exact), String(row.repetitions)],
  ]);
  return [HEAD, first, ...measured];
}

/** What zero-noise extrapolation gains, a row a setting and method; the head first; null where there is none. */
export function extrapolationCells({ exact, rows }: MeasuredTable): string[][] | null {
  const all = rows.flatMap((row) =>
    row.zne.map((one) => [
      ...[row.shots === 0 ? "exact" : String(row.shots), row.noise ?? "none", one.method],
      ...cells(one, exact),
      `${one.gain.toFixed(2)}×`,
      row.variance && one.variance !== null ? `${(one.variance / row.variance).toFixed(1)}×` : "–",
      `${one.varianceFactor.toFixed(1)}×`,
    ]),
  );
  if (all.length === 0) return null;
  const head = [...HEAD.slice(0, 2), "extrapolation", ...HEAD.slice(2, -1), "gain", "variance", "expected"];
  return [head, ...all];
}

const CSV_HEAD = [
  ...["shots", "noise", "extrapolation", "simulation", "trajectories", "repetitions"],
  ...["accuracy", "accuracy_sd", "accuracy_low", "accuracy_high", "auc", "auc_sd"],
  ...["cross_entropy", "cross_entropy_sd", "output_error", "output_variance", "gain", "variance_factor"],
];

/** Every number as rows for a CSV file, the head first. */
export function measuredCsv({ rows }: MeasuredTable): (string | number)[][] {
  const numbers = ({ accuracy, auc, crossEntropy, error, variance }: MeasuredSpread) =>
    [
      ...[accuracy.mean, accuracy.sd, accuracy.interval?.[0], accuracy.interval?.[1], auc?.mean, auc?.sd],
      ...[crossEntropy.mean, crossEntropy.sd, error, variance],
    ].map((value) => value ?? "");
  return [
    CSV_HEAD,
    ...rows.flatMap((row) => {
      const about = (method: string) => [
        ...[row.shots, row.noise ?? "", method, row.simulation, row.trajectories ?? "", row.repetitions],
      ];
      return [
        [...about(""), ...numbers(row), "", ""],
        ...row.zne.map((one) => [...about(one.method), ...numbers(one), one.gain, one.varianceFactor]),
      ];
    }),
  ];
}

/** The same as plain data for --json. */
export function measuredJson({ exact, rows, seed }: MeasuredTable) {
  const spread = ({ accuracy, auc, crossEntropy, error, variance }: MeasuredSpread) => ({
    ...{ accuracy, auc, cross_entropy: crossEntropy, output_error: error, output_variance: variance },
  });
  return {
    seed,
    exact: { accuracy: exact.accuracy, auc: exact.auc, cross_entropy: exact.crossEntropy },
    rows: rows.map((row) => ({
      ...{ shots: row.shots, noise: row.noise, simulation: row.simulation, trajectories: row.trajectories },
      repetitions: row.repetitions,
      ...spread(row),
      zne: row.zne.map((one) => ({
        ...{ method: one.method, weights: one.weights, gain: one.gain, variance_factor: one.varianceFactor },
        ...spread(one),
      })),
    })),
  };
}
