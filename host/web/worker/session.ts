// The page's worker: everything that computes. The page holds two of them: one trains, the other answers at once.
import { expose, proxy, transfer } from "comlink";
import { loadEngine } from "../../api.ts";
import { HqcnnError, UsageError } from "../../check.ts";
import { compareVariants } from "../../comparison/compare.ts";
import { readVariants } from "../../comparison/results.ts";
import { comparisonFiles } from "../../comparison/tables.ts";
import { comparisonRuns, NETWORK, type TwinName } from "../../comparison/twins.ts";
import { checkSplits } from "../../datasets/guard.ts";
import { classCounts } from "../../datasets/inspect.ts";
import { cachePath, fetchDataset } from "../../datasets/sources/download.ts";
import { medmnist, sampleName } from "../../datasets/sources/medmnist.ts";
import type { Dataset, SplitName } from "../../datasets/types.ts";
import { augmentImages } from "../../network/augment.ts";
import { decodeModel, type ModelInfo } from "../../network/model.ts";
import { createBrowserPlatform } from "../../platform/browser.ts";
import type { Page } from "../../report/page.ts";
import { runStudy, type StudyProgress } from "../../study/study.ts";
import { RUN_FILES, timedFolder } from "../../training/files.ts";
import { augmentation, type EpochRecord } from "../../training/loop.ts";
import { optionsOf, parseTrainOptions, type TrainOptions } from "../../training/options.ts";
import { type RunResult, readRunConfig, trainInto } from "../../training/run.ts";
import { openTrainingData, withTask } from "../../work/data.ts";
import { type Picture, pictureOf } from "../protocol/picture.ts";
import { DROPPED, type Dropped, type GivenFile, keepDropped } from "./dropped.ts";
import { ModelSession } from "./model.ts";
import { importRun, listRuns, type RunSummary } from "./runs.ts";

declare const HQCNN_VERSION: string;

const platform = createBrowserPlatform();
const version = HQCNN_VERSION;

/** A data set as the page shows it. */
export interface DataSummary {
  name: string;
  size: [height: number, width: number, channels: number];
  classNames: string[];
  counts: Record<SplitName, number[]>;
  protocol: string;
  license: string;
  citation: string;
  warnings: string[];
}

/** An image of a data set. */
export interface Sample extends Picture {
  /** Place in its split. */
  index: number;
  label: number;
}

/** A report's sections as markup of our own making. */
export interface Sections {
  title: string;
  lead: string;
  sections: { id: string; title: string; html: string }[];
}

/** A data set in the browser's storage. */
export interface StoredData {
  /** As the option `data` names it. */
  path: string;
  name: string;
}

/** What a comparison found. */
export interface ComparisonReport extends Sections {
  markdown: string;
  html: string;
}

export interface TrainListener {
  onStart(run: { folder: string; threads: number }): void;
  /** At most ten times a second. */
  onProgress(step: { epoch: number; done: number; total: number; imagesPerSecond: number }): void;
  onEpoch(record: EpochRecord): void;
}

/** How far a call of `train` goes: to the end of the run, one step of that size, or no step: the run ends with what it has. */
export type Stride = "run" | "epoch" | "batch" | "end";

/** How a call of `train` ended. */
export type TrainEnd =
  | { finished: false; folder: string; epoch: number; batch: number }
  | { finished: true; folder: string; accuracy: number; auc: number | null; fingerprint: string; warnings: string[] };

export interface CompareRequest {
  options: Partial<TrainOptions>;
  seeds: number;
  twins: readonly TwinName[];
}

/** Folder of the comparisons, one for all with the same options. */
const STUDIES = "studies";

/** Milliseconds between two messages on progress, and between two checkpoints within an epoch. */
const TELL_EVERY = 100;
const KEEP_EVERY = 60_000;

export class Session {
  /** The data set opened last, by its options. */
  #data: { key: string; dataset: Promise<Dataset> } | null = null;
  #stop = new AbortController();
  #end = new AbortController();
  #fetch = new AbortController();
  /** Whether it trains or compares. */
  #working = false;

  /** Classes and counts of the data that options name. */
  async describeData(given: Partial<TrainOptions>): Promise<DataSummary> {
    const data = await this.#open(parseTrainOptions(given));
    const { name, height, width, channels, classNames, protocol, source, warnings } = data;
    return {
      ...{ name, size: [height, width, channels], classNames, protocol, warnings },
      ...{ license: source.license, citation: source.citation, counts: await classCounts(data) },
    };
  }

  /** The first images of each class of a split, in the order of the classes. */
  async samples(given: Partial<TrainOptions>, split: SplitName, perClass: number): Promise<Sample[]> {
    const data = await this.#open(parseTrainOptions(given));
    const { images, labels } = await data.split(split);
    const found = data.classNames.flatMap((_, label) => firstOf(labels, label, perClass));
    return found.map((index) => sampleOf(data, images, index, { index, label: labels[index] }));
  }

  /**
   * The first images of each class of the test split of the data that a model was trained on.
   * @throws HqcnnError when these data are not in this browser
   */
  async testSamples({ data, training }: ModelInfo, perClass: number): Promise<Sample[]> {
    const { name, md5, positive, ...rest } = data;
    const kept = (await this.storedData()).find((stored) => stored.name.replace(/\.npz$/, "") === name);
    // The split may depend on the seed.
    const split = { ...rest, ...(positive && { positive }), seed: training.seed } as Partial<TrainOptions>;
    const given = { ...split, data: kept?.path ?? name };
    if (!kept && name !== sampleName && !Object.hasOwn(medmnist, name)) {
      throw new HqcnnError(
        `${name}, which the model was trained on, is not in this browser: open it in the view “Train”, under “Data”`,
      );
    }
    const { source } = await this.#open(parseTrainOptions(given));
    if (source.md5 !== md5) {
      throw new HqcnnError(
        `${name}: expected the data that the model was trained on, with MD5 ${md5}, got ${source.md5}`,
      );
    }
    return this.samples(given, "test", perClass);
  }

  /** Images of train as an epoch (from 0) of training with these options sees them; null: unchanged. */
  async augmented(given: Partial<TrainOptions>, indices: number[], epoch: number): Promise<Sample[] | null> {
    const options = parseTrainOptions(given);
    const augment = augmentation(options, epoch);
    if (!augment) return null;
    const data = await this.#open(options);
    const { images, labels } = await data.split("train");
    const size = data.height * data.width * data.channels;
    const chosen = new Uint8Array(indices.length * size);
    for (const [i, index] of indices.entries()) chosen.set(images.subarray(index * size, (index + 1) * size), i * size);
    const engine = await loadEngine({ platform, threads: 1 });
    const shape = [data.height, data.width, data.channels] as const;
    const changed = augmentImages(engine, chosen, shape, Uint32Array.from(indices), augment);
    return indices.map((index, i) => sampleOf(data, changed, i, { index, label: labels[index] }));
  }

  /** Brings a MedMNIST set into the browser's storage; `stopFetch` ends it, and the next call goes on from there. */
  async fetchData(name: string, onProgress: (done: number, total: number | null) => void): Promise<void> {
    const tell = throttle(onProgress);
    // Two at once would both append to the part that is there.
    await locked(cachePath(name, platform), () => {
      this.#fetch = new AbortController();
      return fetchDataset(name, { platform, signal: this.#fetch.signal, onProgress: tell });
    });
    this.#data = null;
  }

  /** Keeps files that a person gave: data, images to classify, or a model. */
  keep(given: GivenFile[], onProgress: (done: number, total: number | null) => void): Promise<Dropped> {
    this.#fetch = new AbortController();
    return keepDropped(given, { platform, signal: this.#fetch.signal, onProgress: throttle(onProgress) });
  }

  /** Ends `fetchData` or `keep`. */
  stopFetch(): void {
    this.#fetch.abort();
  }

  /** The data sets in the browser's storage: fetched ones by their names, a person's own by their paths. */
  async storedData(): Promise<StoredData[]> {
    const entries = async (folder: string) => ((await platform.stat(folder)) === null ? [] : platform.list(folder));
    const fetched = (await entries(platform.cacheFolder)).filter(({ name }) => name.endsWith(".npz"));
    const own: StoredData[] = [];
    for (const { name: folder } of await entries(DROPPED)) {
      if (folder.startsWith(".")) continue;
      for (const { name } of await entries(platform.join(DROPPED, folder))) {
        own.push({ path: platform.join(DROPPED, folder, name), name });
      }
    }
    return [...fetched.map(({ name }) => ({ path: name.slice(0, -4), name: name.slice(0, -4) })), ...own];
  }

  /** Removes a data set of `storedData`. */
  async removeData(path: string): Promise<void> {
    this.#data = null;
    if (path.startsWith(DROPPED)) await platform.removeFolder(platform.join(path, ".."));
    else await platform.removeFile(cachePath(path, platform));
  }

  /**
   * Trains into a run folder of the browser's storage: starts one with these options, or goes on with `folder` by its own. One call at a time.
   * @throws HqcnnError about data, options, storage, or when another tab trains in that folder
   */
  train(
    target: { folder: string } | { options: Partial<TrainOptions> },
    stride: Stride,
    listener: TrainListener,
  ): Promise<TrainEnd> {
    return this.#alone(() => this.#train(target, stride, listener));
  }

  async #train(
    target: { folder: string } | { options: Partial<TrainOptions> },
    stride: Stride,
    listener: TrainListener,
  ): Promise<TrainEnd> {
    const stop = new AbortController();
    const end = new AbortController();
    [this.#stop, this.#end] = [stop, end];
    if (stride === "end") this.end();
    const resumed = "folder" in target ? target.folder : null;
    const options =
      "folder" in target
        ? { ...(await readRunConfig(platform, target.folder)).options, threads: 0 }
        : parseTrainOptions(target.options);
    const data = await this.#open(options);
    const folder = resumed ?? (await this.#newFolder(data.name));
    const engine = await loadEngine({ build: options.engine, threads: threadsOf(options), platform });
    const onProgress = throttle(listener.onProgress, ({ done, total }) => done === total);
    return locked(folder, async () => {
      for (let first = true; ; first = false) {
        const pause = new AbortController();
        const forward = () => pause.abort();
        if (stop.signal.aborted) pause.abort();
        stop.signal.addEventListener("abort", forward);
        // What a closed tab would lose is at most this long.
        const timer = setTimeout(forward, KEEP_EVERY);
        const result = await trainInto({ platform, engine, data, version }, options, folder, {
          ...{ signal: pause.signal, end: end.signal },
          onStart: () => {
            if (first) listener.onStart({ folder, threads: engine.threads });
          },
          onProgress: (step) => {
            onProgress(step);
            if (stride === "batch") stop.abort();
          },
          onEpoch: (record) => {
            listener.onEpoch(record);
            if (stride === "epoch") stop.abort();
          },
        }).finally(() => {
          clearTimeout(timer);
          stop.signal.removeEventListener("abort", forward);
        });
        if (result.finished) return endOf(result);
        if (stop.signal.aborted) return result;
      }
    });
  }

  /** Ends training or a comparison after the step under way, with a checkpoint. */
  pause(): void {
    this.#stop.abort();
  }

  /** Ends training for good: the best epoch so far is tested. Before the first epoch has ended it only pauses. */
  end(): void {
    this.#end.abort();
    this.#stop.abort();
  }

  /** Runs in the browser's storage, the newest first. */
  runs(): Promise<RunSummary[]> {
    return listRuns(platform);
  }

  async removeRun(folder: string): Promise<void> {
    await locked(folder, () => platform.removeFolder(folder));
  }

  /** Keeps files of a run folder made elsewhere. @returns its folder here */
  openRun(name: string, files: File[]): Promise<string> {
    return importRun(platform, name, files);
  }

  /** History of a run so far. */
  async history(folder: string): Promise<EpochRecord[]> {
    const { readRun } = await import("../../training/record.ts");
    return (await readRun(platform, folder)).history;
  }

  /** A file of a run folder. */
  async runFile(folder: string, file: keyof typeof RUN_FILES): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = (await platform.readFile(platform.join(folder, RUN_FILES[file]))) as Uint8Array<ArrayBuffer>;
    return transfer(bytes, [bytes.buffer]);
  }

  /** What the report of a run says. */
  async runSections(folder: string): Promise<Sections> {
    return this.#withReport(folder, async (context) => {
      const { runPage } = await import("../../report/run.ts");
      return sectionsOf(await runPage(context));
    });
  }

  /** The report of a run: the file that the command line writes. */
  async runReport(folder: string): Promise<string> {
    return this.#withReport(folder, async (context) => {
      const { reportRun } = await import("../../report/run.ts");
      return (await reportRun(context)).html;
    });
  }

  /** Curves of loss, accuracy and AUC, as pictures of the page's colours. */
  async curves(history: EpochRecord[]): Promise<{ name: string; svg: string }[]> {
    const [{ loadCharts }, { curvesOf }] = await Promise.all([import("../../report/charts.ts"), import("./curves.ts")]);
    return curvesOf(history, await loadCharts());
  }

  /** A loaded model that answers questions; release it with `close` and comlink's releaseProxy. */
  async openModel(bytes: Uint8Array, name: string) {
    return proxy(new ModelSession(await loadEngine({ platform, threads: 1 }), bytes, name));
  }

  /** What a model file says about itself. @throws HqcnnError when it is none, or damaged */
  async inspectModel(bytes: Uint8Array, name: string): Promise<ModelInfo> {
    const { network, info } = decodeModel(await loadEngine({ platform, threads: 1 }), bytes, name, 1);
    network.close();
    return info;
  }

  /**
   * Trains the network and its twins, going on where the same comparison was left.
   * @returns its report; null: paused
   */
  compare(request: CompareRequest, onProgress: (progress: StudyProgress) => void): Promise<ComparisonReport | null> {
    return this.#alone(() => this.#compare(request, onProgress));
  }

  async #compare(
    { options: given, seeds, twins }: CompareRequest,
    onProgress: (progress: StudyProgress) => void,
  ): Promise<ComparisonReport | null> {
    const stop = new AbortController();
    this.#stop = stop;
    const asked = parseTrainOptions(given);
    const data = await this.#open(asked);
    const options = withTask(asked, data);
    const runs = comparisonRuns(data.name, options, seeds, twins);
    const folder = platform.join(STUDIES, encodeURIComponent(JSON.stringify({ ...given, seed: 0, threads: 0 })));
    const engine = await loadEngine({ build: options.engine, threads: threadsOf(options), platform });
    const execute: Parameters<typeof runStudy>[3] = async (own, runFolder, { signal, onEpoch }) => {
      const ownData = await openTrainingData(platform, own, { signal });
      const result = await trainInto({ platform, engine, data: ownData, version }, own, runFolder, {
        signal,
        onEpoch: ({ epoch }) => onEpoch(epoch),
      });
      return result.finished;
    };
    const finished = await locked(folder, () =>
      runStudy(runs, folder, platform, execute, { parallel: 1, signal: stop.signal, onProgress }),
    );
    if (!finished) return null;
    const [{ comparisonPage }, { page }, { commandLine }] = await Promise.all([
      import("../../report/comparison.ts"),
      import("../../report/page.ts"),
      import("../../report/reproduce.ts"),
    ]);
    const variants = await readVariants(platform, folder, data.name, options, seeds, [NETWORK, ...twins]);
    const comparison = compareVariants(variants, data);
    const command = `${commandLine("compare", options)} --seeds ${seeds} --twins ${twins.join(",")}`;
    const content = await comparisonPage({ comparison, variants, command, version });
    const about = [command, `hqcnn ${version}, data MD5 ${data.source.md5 ?? "none"}`, ...data.warnings];
    return {
      ...sectionsOf(content),
      markdown: comparisonFiles(comparison, about)["comparison.md"],
      html: page(content),
    };
  }

  /** How many comparisons' runs are kept. */
  async studyCount(): Promise<number> {
    return (await studies()).length;
  }

  /** Removes the runs of all comparisons. */
  async removeStudies(): Promise<void> {
    for (const folder of await studies()) await locked(folder, () => platform.removeFolder(folder));
  }

  /** Trainings and comparisons stop by the same signal, and share this worker. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    if (this.#working) {
      throw new UsageError("A training or a comparison is under way: pause it first, or wait until it has ended.");
    }
    this.#working = true;
    try {
      return await work();
    } finally {
      this.#working = false;
    }
  }

  async #withReport<T>(
    folder: string,
    use: (context: Parameters<typeof import("../../report/run.ts").reportRun>[0]) => Promise<T>,
  ): Promise<T> {
    const { readReportedRun } = await import("../../training/reported.ts");
    const engine = await loadEngine({ platform, threads: 1 });
    const run = await readReportedRun(platform, engine, folder);
    try {
      const data = await this.#dataOf(run.config.options, run.config.data.md5);
      const warnings = typeof data === "string" ? [] : [...data.warnings, ...(await checkSplits(data))];
      return await use({ run, data, warnings, version });
    } finally {
      run.model?.network.close();
    }
  }

  /** The data set of a run, or why it is not here. */
  async #dataOf(options: TrainOptions, md5: string | null): Promise<Dataset | string> {
    try {
      const data = await this.#open(options);
      if (data.source.md5 === md5) return data;
      return `${data.name}: expected the run's data set with MD5 ${md5}, got ${data.source.md5}`;
    } catch (error) {
      if (error instanceof HqcnnError) return error.message.split("\n")[0];
      throw error;
    }
  }

  async #open(options: TrainOptions): Promise<Dataset> {
    const { data } = options;
    const key = JSON.stringify(optionsOf("data", options));
    if (Object.hasOwn(medmnist, data) && !(await platform.stat(cachePath(data, platform)))) {
      throw new HqcnnError(`${data} is not in this browser yet: fetch it in the view “Train”, under “Data”`);
    }
    if (this.#data?.key !== key) {
      const opened = { key, dataset: openTrainingData(platform, options) };
      opened.dataset.catch(() => {
        if (this.#data === opened) this.#data = null; // it may be there the next time
      });
      this.#data = opened;
    }
    return this.#data.dataset;
  }

  async #newFolder(name: string): Promise<string> {
    const base = timedFolder(platform, name);
    for (let n = 1; ; n++) {
      const folder = n === 1 ? base : `${base}-${n}`;
      if ((await platform.stat(folder)) === null) return folder;
    }
  }
}

async function studies(): Promise<string[]> {
  if ((await platform.stat(STUDIES)) === null) return [];
  return (await platform.list(STUDIES)).map(({ name }) => platform.join(STUDIES, name));
}

/** Image `at` of `images`, which are the data set's or have its form. */
function sampleOf(
  { height, width, channels }: Dataset,
  images: Uint8Array,
  at: number,
  about: { index: number; label: number },
): Sample {
  const size = height * width * channels;
  const pixels = images.subarray(at * size, (at + 1) * size);
  return { ...about, ...pictureOf({ height, width, channels, pixels }) };
}

/** Without shared memory there is one thread; the result does not depend on it. */
function threadsOf({ threads }: TrainOptions): number | undefined {
  return platform.cpuCount > 1 ? threads || undefined : 1;
}

function endOf(result: Extract<RunResult, { finished: true }>): TrainEnd {
  const { folder, metrics, fingerprint, warnings } = result;
  return { finished: true, folder, accuracy: metrics.accuracy, auc: metrics.auc, fingerprint, warnings };
}

function sectionsOf({ title, lead, sections }: Page): Sections {
  return {
    title,
    lead: lead.html,
    sections: sections.map(({ body, ...section }) => ({ ...section, html: body.html })),
  };
}

/** Runs `work` while nobody else, in any tab, works in that folder or at that file. */
async function locked<T>(folder: string, work: () => Promise<T>): Promise<T> {
  if (!("locks" in navigator)) return work();
  return navigator.locks.request(`hqcnn ${folder}`, { ifAvailable: true }, async (lock) => {
    if (lock === null)
      throw new UsageError(
        `${folder} is in use, by another tab or by this one: go on there, or wait until that has ended`,
      );
    return work();
  }) as Promise<T>;
}

/** Calls `tell` at most every TELL_EVERY milliseconds, and with what `isLast` says must be told. */
function throttle<Args extends unknown[]>(
  tell: (...args: Args) => void,
  isLast: (...args: Args) => boolean = () => false,
): (...args: Args) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (...args) => {
    const now = performance.now();
    if (now - last < TELL_EVERY && !isLast(...args)) return;
    last = now;
    tell(...args);
  };
}

function firstOf(labels: Uint8Array, label: number, count: number): number[] {
  const found: number[] = [];
  for (let i = 0; i < labels.length && found.length < count; i++) if (labels[i] === label) found.push(i);
  return found;
}

expose(new Session());
