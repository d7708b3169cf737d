import { UsageError } from "../check.ts";
import type { Dataset } from "../datasets/types.ts";
import { checksum } from "../network/checksum.ts";
import type { Executor } from "../study/executor.ts";
import { expandStudy } from "../study/expand.ts";
import { hasStudy } from "../study/file.ts";
import { planHalving, readSpecStudy, readStudyResults, type SpecRun, type StudyRequest } from "../study/results.ts";
import { type StudySpec, studyDifferences } from "../study/spec.ts";
import { withCircuit } from "../training/head.ts";
import { optionsOf, type TrainOptions } from "../training/options.ts";
import { identityOf } from "../training/record.ts";
import type { ReadControl, WorkContext } from "./context.ts";
import { openChecked, withTask } from "./data.ts";
import { measureImages } from "./imageTimes.ts";
import { carryOut, type StudyListeners } from "./study.ts";

/** A study file that can be carried out. */
export interface StudyPlan {
  request: StudyRequest;
  runs: readonly SpecRun[];
  /** About the data and the file, one line each. */
  warnings: readonly string[];
  /** Opens the data of a run once more. */
  open: (options: TrainOptions) => Promise<Dataset>;
}

/**
 * Lists the runs of a study file and opens every data set once, so that a missing one is reported before hours of
 * training. Nothing is trained or written.
 */
export async function planStudy(context: WorkContext, spec: StudySpec, control?: ReadControl): Promise<StudyPlan> {
  const points = expandStudy(spec);
  const known = new Map<string, Pick<Dataset, "name" | "task" | "source">>();
  const warnings: string[] = [];
  const md5s: StudyRequest["data"] = {};
  const runs: SpecRun[] = [];
  const ids = new Set<string>();
  let twice = 0;
  for (const { options: asked, varied } of points) {
    // The seed splits folders; which images there are does not depend on it.
    const key = JSON.stringify({ ...optionsOf("data", asked), seed: 0 });
    let data = known.get(key);
    if (data === undefined) {
      const opened = await openChecked(context, asked, control);
      warnings.push(...opened.warnings);
      const { name, task, source } = opened.data;
      data = { name, task, source };
      known.set(key, data);
      md5s[name] = source.md5;
    }
    const options = await withCircuit(context.platform, withTask(asked, data));
    const { name, source } = data;
    const id = await runIdOf(options, data);
    if (ids.has(id)) {
      twice++;
      continue;
    }
    ids.add(id);
    runs.push({ id, options, md5: source.md5, varied, data: name });
  }
  planHalving(spec, runs); // refused before anything is trained
  if (twice > 0)
    warnings.push(`${twice} of ${points.length} runs have the options of another one: each is trained once`);
  return {
    request: { spec, data: md5s },
    runs,
    warnings: [...new Set(warnings)],
    open: async (options) => (await openChecked(context, options, { signal: control?.signal })).data,
  };
}

/** Says data, head and seed, and ends in a checksum of everything that the result depends on. */
async function runIdOf(options: TrainOptions, { name, source }: Pick<Dataset, "name" | "source">): Promise<string> {
  const { md5, path } = source;
  const config = { options, data: { md5: md5 ?? path }, network: { parameters: 0 } };
  const identity = identityOf(config as unknown as Parameters<typeof identityOf>[0]);
  const hash = (await checksum(JSON.stringify(identity))).slice(0, 12);
  return `${name.replace(/[^\w.-]+/g, "-").slice(0, 60)}-${options.head}-seed${options.seed}-${hash}`;
}

/**
 * Trains what is missing of a study in its folder.
 * @returns whether all runs are finished; false: stopped by the signal, to be continued by the same call
 * @throws UsageError when the study in the folder is another one, with what differs
 */
export async function carryOutStudy(
  context: WorkContext,
  { request, runs }: Pick<StudyPlan, "request" | "runs">,
  folder: string,
  executor: Executor,
  listeners?: StudyListeners,
): Promise<boolean> {
  const check = () => refuseChanged(context, folder, request);
  await check(); // before anything is written
  const study = { command: "study", options: request, runs };
  const stopped = async () => {
    const { rows } = await readStudyResults(context.platform, folder);
    return new Set(rows.filter(({ state }) => state === "stopped").map(({ id }) => id));
  };
  const epochs = planHalving(request.spec, runs).rungs;
  const rungs = epochs.length > 0 ? { epochs, stopped } : undefined;
  return carryOut(context, folder, study, executor, listeners, { check, rungs });
}

async function refuseChanged({ platform }: WorkContext, folder: string, now: StudyRequest): Promise<void> {
  if (!(await hasStudy(platform, folder, "study"))) return;
  const { request } = await readSpecStudy(platform, folder);
  const spec = studyDifferences(request.spec, now.spec);
  const data = studyDifferences(request.data, now.data).map((line) => `MD5 of ${line}`);
  const lines = [...spec, ...data];
  if (lines.length === 0) return;
  const more = lines.length > 5 ? [`and ${lines.length - 5} more`] : [];
  throw new UsageError(
    [
      `${folder}: its study began with another file: change it back, or choose another --out`,
      ...lines.slice(0, 5),
      ...more,
    ].join("\n"),
  );
}

/** How long one kind of run takes. */
export interface Estimate {
  /** Seconds of each run, by its id. */
  seconds: Record<string, number>;
  /** Kinds of network and data that were measured, of how many there are. */
  measured: number;
  kinds: number;
}

/** Kinds that a plan measures. */
const MOST_KINDS = 12;

/** What decides how long a step takes: everything but these. */
function kindOf(options: TrainOptions): string {
  return JSON.stringify({ ...options, lr: 0, seed: 0, epochs: 0, weightDecay: 0, labelSmoothing: 0 });
}

/**
 * Estimates how long runs take from steps of each kind that are measured now, on `threads` threads; beyond twelve
 * kinds, from the mean of those.
 */
export async function estimateStudy(
  context: WorkContext,
  { runs, open }: Pick<StudyPlan, "runs" | "open">,
  threads: number,
): Promise<Estimate> {
  const kinds = new Map<string, SpecRun[]>();
  for (const run of runs) kinds.set(kindOf(run.options), [...(kinds.get(kindOf(run.options)) ?? []), run]);
  const seconds: Record<string, number> = {};
  const perEpoch: number[] = [];
  const unmeasured: SpecRun[] = [];
  for (const members of kinds.values()) {
    if (perEpoch.length >= MOST_KINDS) {
      unmeasured.push(...members);
      continue;
    }
    const [{ options }] = members;
    const data = await open(options);
    const { train, test } = await measureImages(context, data, options, { threads, steps: Number.POSITIVE_INFINITY });
    const epoch = data.counts.train * train + data.counts.val * test;
    perEpoch.push(epoch);
    for (const { id, options } of members) seconds[id] = epoch * options.epochs;
  }
  const mean = perEpoch.reduce((sum, value) => sum + value, 0) / perEpoch.length;
  for (const { id, options } of unmeasured) seconds[id] = mean * options.epochs;
  return { seconds, measured: perEpoch.length, kinds: kinds.size };
}
