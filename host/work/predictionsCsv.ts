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
}

/**
 * Predictions as lines of CSV, a head first: file, label, class, one probability per class, undecided, unlike; of
 * several labels an image all of them, joined by |.
 */
export function predictionLines(
  results: readonly Predicted[],
  classNames: readonly string[],
  isMultilabel: boolean,
): string[] {
  const head = ["file", ...(isMultilabel ? ["labels", "names"] : ["label", "class"])];
  return [
    csvLine([...head, ...classNames, "undecided", "unlike"]),
    ...results.map(({ path, label, labels, probs, undecided, unlike }) => {
      const names = (labels ?? [label]).map((one) => classNames[one]);
      return csvLine([path, labels?.join("|") ?? label, names.join("|"), ...probs, yesNo(undecided), yesNo(unlike)]);
    }),
  ];
}
