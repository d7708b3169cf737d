import { HqcnnError, isRecord, UsageError } from "../check.ts";
import type { Platform } from "../platform/platform.ts";
import { summarize } from "../statistics/tests.ts";
import { BEST_BY_NAMES, type BestBy } from "../training/bestBy.ts";
import { RUN_FILES } from "../training/files.ts";
import { type EpochRecord, isBest, trainingSpeed } from "../training/loop.ts";
import { readRun, readRunHead } from "../training/record.ts";
import { type Varied, variedText } from "./expand.ts";
import { failuresOf, readStudyFile } from "./file.ts";
import { type Rival, rungsOf, type Stopped, stoppedBy, trainedShare } from "./halving.ts";
import { asStudySpec, type StudySpec } from "./spec.ts";
import type { StudyRun } from "./study.ts";

/** A run of a study file. */
export interface SpecRun extends StudyRun {
  varied: Varied;
  /** Name of its data set. */
  data: string;
}

/** What a study's folder keeps of its file. */
export interface StudyRequest {
  spec: StudySpec;
  /** MD5 of every data set when the study began, by name; null: a folder. */
  data: Record<string, string | null>;
}

/** Where one run stands, and what it came to. */
export interface StudyRow {
  id: string;
  data: string;
  varied: Varied;
  seed: number;
  /** Stopped: by successive halving, its configuration was not good enough to be continued. */
  state: "finished" | "begun" | "failed" | "waiting" | "stopped";
  epoch: number;
  epochs: number;
  /** Of the epoch that was kept; null: none yet. */
  val: EpochRecord["val"] | null;
  /** Of the kept epoch, once the run is finished. */
  test: { accuracy: number; auc: number | null } | null;
  fingerprint: string | null;
  /** Of training so far. */
  seconds: number;
  /** Why it failed, where it did. */
  reason: string | null;
  history: readonly EpochRecord[];
}

/** The runs of one configuration on one data set, over the seeds. */
export interface StudyGroup {
  data: string;
  varied: Varied;
  /** "lr=0.01 head=none", or "base". */
  name: string;
  rows: readonly StudyRow[];
  finished: number;
  /** Means over the finished runs. */
  val: EpochRecord["val"] | null;
  test: { accuracy: number; auc: number | null } | null;
  /** The best of its data set on validation, among those whose runs are all finished. */
  best: boolean;
  /** Why it was not trained to the end, where successive halving stopped it. */
  stopped: Stopped | null;
}

export interface StudyResults {
  folder: string;
  rows: readonly StudyRow[];
  groups: readonly StudyGroup[];
  /** What chose the best: never anything of the test split. */
  chosenBy: string;
  /** Successive halving: how many competed for a place, and after which epochs; null: all are trained to the end. */
  halving: { factor: number; rungs: readonly number[] } | null;
}

/**
 * The epochs after which successive halving compares configurations, and the share of each data set's epochs that it
 * trains, by name; nothing without it.
 * @throws UsageError when not all runs have the same number of epochs
 */
export function planHalving(
  { halving }: Pick<StudySpec, "halving">,
  runs: readonly SpecRun[],
): { rungs: number[]; shares: Map<string, number> } {
  if (halving === undefined) return { rungs: [], shares: new Map() };
  const epochs = [...new Set(runs.map(({ options }) => options.epochs))];
  if (epochs.length > 1)
    throw new UsageError(`halving: expected one number of epochs in all runs, got ${epochs.join(", ")}`);
  const sets = new Map<string, Set<string>>();
  for (const { data, varied } of runs) {
    sets.set(data, (sets.get(data) ?? new Set()).add(JSON.stringify(varied)));
  }
  const rungs = rungsOf(epochs[0], Math.max(...[...sets.values()].map(({ size }) => size)), halving);
  const shares = [...sets].map(([data, { size }]) => [data, trainedShare(rungs, epochs[0], size, halving)] as const);
  return { rungs, shares: new Map(shares) };
}

/** The study in a folder. @throws HqcnnError when it holds none that hqcnn study wrote */
export async function readSpecStudy(
  platform: Platform,
  folder: string,
): Promise<{ request: StudyRequest; runs: SpecRun[] }> {
  const { options, runs, path } = await readStudyFile(platform, folder, "study");
  const data = isRecord(options.data) ? options.data : {};
  const known = (run: unknown) =>
    isRecord(run) && typeof run.id === "string" && isRecord(run.options) && isRecord(run.varied);
  if (!runs.every(known)) throw new HqcnnError(`${path}: not written by hqcnn study, or damaged`);
  return {
    request: { spec: asStudySpec(options.spec, path), data: data as StudyRequest["data"] },
    runs: runs as SpecRun[],
  };
}

/** Reads every run of the study in a folder, finished or not. */
export async function readStudyResults(platform: Platform, folder: string): Promise<StudyResults> {
  const { request, runs } = await readSpecStudy(platform, folder);
  const failures = await failuresOf(platform, folder, "study");
  const rows: StudyRow[] = [];
  for (const run of runs) rows.push(await readRow(platform, folder, run, failures[run.id] ?? null));
  const by = chosenBy(runs, rows);
  const factor = request.spec.halving;
  const { rungs } = planHalving(request.spec, runs);
  const stopped = factor === undefined ? new Map<string, Stopped>() : halve(rows, rungs, factor, by);
  const groups = groupsOf(rows, stopped, by);
  const metric = by === "loss" ? "lowest validation loss" : `highest validation ${BEST_BY_NAMES[by]}, then lowest loss`;
  return {
    ...{ folder, rows: groups.flatMap(({ rows }) => rows), groups, chosenBy: `${metric}, mean over the seeds` },
    halving: factor === undefined ? null : { factor, rungs },
  };
}

/** What chooses an epoch in all runs, where each has it; else the loss, which every run has. */
function chosenBy(runs: readonly SpecRun[], rows: readonly StudyRow[]): BestBy {
  const [by, ...others] = new Set(runs.map(({ options }) => options.bestBy));
  const isCommon = others.length === 0 && rows.every(({ val }) => val === null || typeof val[by] === "number");
  return isCommon ? by : "loss";
}

const keyOf = ({ data, varied }: Pick<StudyRow, "data" | "varied">) => JSON.stringify([data, varied]);

/** Who was stopped, on each data set, by the key of the configuration. */
function halve(rows: readonly StudyRow[], rungs: readonly number[], factor: number, by: BestBy) {
  const found = new Map<string, Stopped>();
  for (const data of new Set(rows.map((row) => row.data))) {
    const members = membersOf(rows.filter((row) => row.data === data));
    const rivals = [...members].map(([key, own]) => ({
      ...{ key, histories: own.map(({ history }) => history) },
      failed: own.some(({ state }) => state === "failed"),
    }));
    const isPast = ({ key, histories }: Rival, run: number, epoch: number) =>
      histories[run].length >= epoch || members.get(key)![run].state === "finished";
    for (const [key, value] of stoppedBy(rivals, rungs, factor, by, isPast)) found.set(key, value);
  }
  return found;
}

function membersOf(rows: readonly StudyRow[]): Map<string, StudyRow[]> {
  const members = new Map<string, StudyRow[]>();
  for (const row of rows) members.set(keyOf(row), [...(members.get(keyOf(row)) ?? []), row]);
  return members;
}

async function readRow(platform: Platform, folder: string, run: SpecRun, reason: string | null): Promise<StudyRow> {
  const { id, data, varied, options } = run;
  const row: StudyRow = {
    ...{ id, data, varied, seed: options.seed, state: reason === null ? "waiting" : "failed" },
    ...{ epoch: 0, epochs: options.epochs, val: null, test: null, fingerprint: null, seconds: 0, reason, history: [] },
  };
  const own = platform.join(folder, id);
  if ((await platform.stat(platform.join(own, RUN_FILES.config))) === null) return row;
  const { history, metrics } = await readRunHead(platform, own);
  const kept = history.filter(({ best }) => best).at(-1);
  const begun: StudyRow = {
    ...row,
    ...{ state: reason === null ? "begun" : "failed", epoch: history.length, val: kept?.val ?? null, history },
    seconds: history.length > 0 ? trainingSpeed(history).seconds : 0,
  };
  if (metrics === null) return begun;
  const { result } = await readRun(platform, own);
  return {
    ...begun,
    ...{ state: "finished", reason: null, fingerprint: result?.fingerprint ?? null },
    test: { accuracy: metrics.accuracy, auc: metrics.auc },
  };
}

function groupsOf(rows: readonly StudyRow[], stopped: ReadonlyMap<string, Stopped>, by: BestBy): StudyGroup[] {
  const groups = [...membersOf(rows)].map(([key, own]) => groupOf(own, stopped.get(key) ?? null));
  for (const data of new Set(groups.map((group) => group.data))) {
    const rivals = groups.filter((group) => group.data === data && group.val && group.finished === group.rows.length);
    // As an epoch is chosen in a run.
    const best = rivals.reduce<StudyGroup | null>((found, group) => {
      if (found === null) return group;
      const history = [{ val: found.val } as EpochRecord];
      return isBest({ history, bestEpoch: 1 }, group.val!, by) ? group : found;
    }, null);
    if (best !== null) best.best = true;
  }
  return groups;
}

function groupOf(own: readonly StudyRow[], stopped: Stopped | null): StudyGroup {
  const [{ data, varied }] = own;
  const rows = own.map((row) => (stopped && row.state === "begun" ? { ...row, state: "stopped" as const } : row));
  const done = rows.filter(({ state }) => state === "finished");
  const mean = (of: (row: StudyRow) => number | null | undefined): number | null => {
    const values = done.map(of);
    const numbers = values.filter((value): value is number => typeof value === "number");
    return numbers.length === values.length && numbers.length > 0 ? summarize(numbers).mean : null;
  };
  const [loss, accuracy, test] = [
    mean(({ val }) => val?.loss),
    mean(({ val }) => val?.accuracy),
    mean((row) => row.test?.accuracy),
  ];
  return {
    ...{ data, varied, name: variedText(varied) || "base", rows, finished: done.length, best: false, stopped },
    val:
      loss === null || accuracy === null
        ? null
        : {
            ...{ loss, accuracy, auc: mean(({ val }) => val?.auc) },
            ...(done[0].val?.kappa !== undefined && { kappa: mean(({ val }) => val?.kappa) }),
          },
    test: test === null ? null : { accuracy: test, auc: mean((row) => row.test?.auc) },
  };
}
