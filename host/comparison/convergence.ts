import { type Spread, spreadOf } from "../statistics/spread.ts";
import type { EpochRecord } from "../training/loop.ts";

/** Of the final validation AUC: training counts as converged in the first epoch that reaches it. */
export const CONVERGED = 0.95;

/** What it took until a variant had 95 % of its final validation AUC. */
export interface Convergence {
  /** Over the seeds, with 95 % intervals of the means by Student's t; one seed has none. */
  epochs: Spread;
  /** Of training, without the evaluations. */
  seconds: Spread;
}

/** Null where an AUC is not defined. */
export function convergenceOf(histories: readonly (readonly EpochRecord[])[]): Convergence | null {
  const reached = histories.map((history) => {
    const last = history.at(-1)?.val.auc ?? null;
    if (last === null) return null;
    const place = history.findIndex(({ val }) => val.auc !== null && val.auc >= CONVERGED * last);
    return {
      epochs: history[place].epoch,
      seconds: history.slice(0, place + 1).reduce((sum, { seconds }) => sum + seconds, 0),
    };
  });
  if (reached.length === 0 || !reached.every((each) => each !== null)) return null;
  return {
    epochs: spreadOf(reached.map(({ epochs }) => epochs)),
    seconds: spreadOf(reached.map(({ seconds }) => seconds)),
  };
}

/** "3.2 [1.9, 4.5]" */
export function spreadText({ mean, interval }: Spread, digits = 1): string {
  const text = (value: number) => value.toFixed(digits).replace("-", "−");
  return interval ? `${text(mean)} [${interval.map(text).join(", ")}]` : text(mean);
}
