import { csvLine } from "../training/files.ts";

/** A flag in a table; nothing where it is not known. */
export const yesNo = (flag: boolean | null | undefined): string =>
  flag === undefined || flag === null ? "" : flag ? "yes" : "no";

interface Predicted {
  path: string;
  label: number;
  labels?: readonly number[];
  probs: Float32Array;
  undecided?: boolean | null;
  unlike?: boolean | null;
  /** Of repeated measurements: of every class, and how many of them agree. */
  spread?: readonly { sd: number | null }[];
  agreement?: number;
}

/**
 * Predictions as lines of CSV, a head first: file, label, class, one probability per class, undecided, unlike; of
 * several labels an image all of them, joined by |. Of measurements also one standard deviation per class, and
 * agreement.
 */
export function predictionLines(
  results: readonly Predicted[],
  classNames: readonly string[],
  isMultilabel: boolean,
): string[] {
  const head = ["file", ...(isMultilabel ? ["labels", "names"] : ["label", "class"])];
  const measured = results[0]?.spread ? [...classNames.map((name) => `${name} sd`), "agreement"] : [];
  return [
    csvLine([...head, ...classNames, ...measured, "undecided", "unlike"]),
    ...results.map(({ path, label, labels, probs, spread, agreement, undecided, unlike }) => {
      const names = (labels ?? [label]).map((one) => classNames[one]);
      const sds = spread ? [...spread.map(({ sd }) => sd ?? ""), agreement!] : [];
      const answer = [path, labels?.join("|") ?? label, names.join("|")];
      return csvLine([...answer, ...probs, ...sds, yesNo(undecided), yesNo(unlike)]);
    }),
  ];
}
