import { summarize } from "../statistics/tests.ts";
import type { BestBy } from "../training/bestBy.ts";
import { type EpochRecord, isBest } from "../training/loop.ts";

// Successive halving (Jamieson and Talwalkar, AISTATS 2016): every configuration is trained for a few epochs, the best
// part of them for some more, and so on. Decided on validation alone, as a pure function of the epochs in the run
// folders: who continues a study decides the same.

/** One configuration on one data set, with its runs over the seeds. */
export interface Rival {
  key: string;
  /** Epochs of each run, as far as it is. */
  histories: readonly (readonly EpochRecord[])[];
  /** A run of it failed for good: it cannot be continued. */
  failed: boolean;
}

/** Why a configuration was not trained to the end. */
export interface Stopped {
  epoch: number;
  /** On validation, among the `of` that were compared at this epoch; the best `kept` continued. */
  rank: number;
  of: number;
  kept: number;
}

/**
 * Epochs after which configurations are compared: the last a `factor`th of all epochs, the one before a `factor`th of
 * that, as long as something is left to choose from and an epoch to train.
 * @param factor how many compete for one place, at least 2
 */
export function rungsOf(epochs: number, configurations: number, factor: number): number[] {
  const rungs: number[] = [];
  let left = configurations;
  for (let epoch = Math.floor(epochs / factor); epoch >= 1 && left > 1; epoch = Math.floor(epoch / factor)) {
    rungs.unshift(epoch);
    left = Math.ceil(left / factor);
  }
  return rungs;
}

/**
 * The share of all epochs, from 0 to 1, that successive halving trains: every configuration to the first rung, those
 * that are kept to the next one.
 */
export function trainedShare(rungs: readonly number[], epochs: number, configurations: number, factor: number): number {
  let [left, from, trained] = [configurations, 0, 0];
  for (const rung of [...rungs, epochs]) {
    trained += left * (rung - from);
    [left, from] = [Math.ceil(left / factor), rung];
  }
  return trained / (configurations * epochs);
}

/** What validation said of a configuration up to an epoch: the mean over its runs of the epoch that each would keep. */
function upTo({ histories }: Rival, epoch: number): EpochRecord["val"] | null {
  const kept = histories.map((history) => history.slice(0, epoch).findLast(({ best }) => best)?.val);
  if (kept.some((val) => val === undefined) || kept.length === 0) return null;
  const known = kept as EpochRecord["val"][];
  const mean = (of: (val: EpochRecord["val"]) => number) => summarize(known.map(of)).mean;
  const orNull = (of: (val: EpochRecord["val"]) => number | null | undefined) =>
    known.every((val) => typeof of(val) === "number") ? mean((val) => of(val)!) : null;
  return {
    ...{ loss: mean(({ loss }) => loss), accuracy: mean(({ accuracy }) => accuracy), auc: orNull(({ auc }) => auc) },
    ...(known[0].kappa !== undefined && { kappa: orNull(({ kappa }) => kappa) }),
  };
}

/**
 * Who is not trained any further, by key. A rung is decided once every configuration that still competes has reached it
 * in all its runs (`isPast`), and at none before.
 * @param by what chooses: as an epoch is chosen in a run
 * @param isPast whether a run will get no further than it is before that epoch, as it has finished or failed
 */
export function stoppedBy(
  rivals: readonly Rival[],
  rungs: readonly number[],
  factor: number,
  by: BestBy,
  isPast: (rival: Rival, run: number, epoch: number) => boolean,
): Map<string, Stopped> {
  const stopped = new Map<string, Stopped>();
  let left = [...rivals];
  for (const epoch of rungs) {
    if (!left.every((rival) => rival.failed || rival.histories.every((_, run) => isPast(rival, run, epoch)))) break;
    const known = left.map((rival) => ({ rival, val: rival.failed ? null : upTo(rival, epoch) }));
    // The order of the study where validation does not tell.
    const ranked = known.filter(({ val }) => val !== null).sort((a, b) => order(a.val!, b.val!, by));
    const kept = Math.ceil(left.length / factor);
    ranked.slice(kept).forEach(({ rival }, i) => {
      stopped.set(rival.key, { epoch, rank: kept + i + 1, of: ranked.length, kept: Math.min(kept, ranked.length) });
    });
    left = ranked.slice(0, kept).map(({ rival }) => rival);
  }
  return stopped;
}

function order(a: EpochRecord["val"], b: EpochRecord["val"], by: BestBy): number {
  const beats = (one: EpochRecord["val"], other: EpochRecord["val"]) =>
    isBest({ history: [{ val: other } as EpochRecord], bestEpoch: 1 }, one, by);
  return beats(a, b) ? -1 : beats(b, a) ? 1 : 0;
}
