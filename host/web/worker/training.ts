import { transfer } from "comlink";
import { dataOf } from "../../training/describe.ts";
import { newFolder, RUN_FILES } from "../../training/files.ts";
import { parseTrainOptions } from "../../training/parse.ts";
import { readRun } from "../../training/record.ts";
import { resumedOptions, type TrainOutcome, type TrainPlace, train } from "../../work/train.ts";
import type {
  LossPoint,
  SessionApi,
  Snapshot,
  Stride,
  TrainEnd,
  TrainListener,
  TrainTarget,
} from "../protocol/messages.ts";
import { buffersOf } from "../protocol/tensors.ts";
import { locked, type Turn, throttle } from "./locks.ts";
import type { Place } from "./place.ts";
import { importRun, listRuns, renameRun } from "./runs.ts";

type RunCalls = Pick<
  SessionApi,
  "train" | "snapshot" | "pause" | "end" | "runs" | "removeRun" | "renameRun" | "openRun" | "history" | "runFile"
>;

/** Makes a snapshot of the network under training; null: there is none. */
interface Watched {
  snapshot: (() => Snapshot) | null;
}

/** The calls about runs: train into one, list, read, remove. */
export function runCalls(place: Place, turn: Turn): RunCalls {
  const { platform } = place;
  const watched: Watched = { snapshot: null };
  return {
    train: (target, stride, listener) =>
      turn.take((signals) =>
        trainFor(place, target, stride, listener, signals, watched).finally(() => {
          watched.snapshot = null;
        }),
      ),
    snapshot() {
      const snapshot = watched.snapshot?.() ?? null;
      return snapshot && transfer(snapshot, buffersOf(snapshot.tensors));
    },
    pause: turn.pause,
    end: turn.end,
    runs: () => listRuns(platform),
    removeRun: (folder) => locked(platform, folder, () => platform.removeFolder(folder)),
    renameRun: (folder, name) => locked(platform, folder, () => renameRun(platform, folder, name)),
    openRun: (name, files) => importRun(platform, name, files),
    history: async (folder) => (await readRun(platform, folder)).history,
    async runFile(folder, file) {
      const bytes = (await platform.readFile(platform.join(folder, RUN_FILES[file]))) as Uint8Array<ArrayBuffer>;
      return transfer(bytes, [bytes.buffer]);
    },
  };
}

async function trainFor(
  place: Place,
  target: TrainTarget,
  stride: Stride,
  listener: TrainListener,
  { stop, end }: { stop: AbortController; end: AbortController },
  watched: Watched,
): Promise<TrainEnd> {
  const { platform } = place;
  if (stride === "end") {
    end.abort();
    stop.abort();
  }
  const given =
    "folder" in target
      ? await resumedOptions(platform, target.folder, { threads: 0 })
      : parseTrainOptions(target.options);
  // Without shared memory there is one thread; the result does not depend on it.
  const options = platform.cpuCount > 1 ? given : { ...given, threads: 1 };
  const folder = "folder" in target ? target.folder : await newFolder(platform, (await place.open(options)).name);
  const where: TrainPlace = { kind: "either", folder };
  let losses: LossPoint[] = [];
  let latest: Parameters<TrainListener["onProgress"]>[0] | null = null;
  const tellNow = () => {
    if (latest) listener.onProgress(latest, losses);
    latest = null;
    losses = [];
  };
  const tell = throttle(tellNow);
  let threads = 1;
  let ready: string[] = [];
  let about: Pick<Snapshot, "classNames" | "data" | "training"> | null = null;
  const outcome = await train(place, options, where, {
    ...{ signal: stop.signal, end: end.signal },
    onReady: ({ engine, data, warnings }) => {
      const { steps, classNames } = data;
      threads = engine.threads;
      about = { classNames, data: dataOf(data, options), training: { seed: options.seed } };
      ready = [...(steps.length > 0 ? [`read as: ${steps.join("; ")}`] : []), ...warnings];
    },
    onStart(network, { notes }) {
      const { architecture } = network;
      watched.snapshot = () => ({ ...about!, architecture, tensors: network.tensors() });
      listener.onStart({ folder, threads, notes: [...ready, ...notes] });
    },
    onProgress({ loss, ...step }) {
      if (stride === "batch") stop.abort();
      losses.push({ x: step.epoch - 1 + step.done / step.total, y: loss });
      latest = step;
      tell();
    },
    onEpoch: (record) => {
      tellNow();
      listener.onEpoch(record);
      if (stride === "epoch") stop.abort();
    },
  });
  tellNow(); // where it was paused
  return endOf(outcome);
}

function endOf({ result, warnings }: TrainOutcome): TrainEnd {
  if (!result.finished) return result;
  const { folder, metrics, fingerprint } = result;
  return { finished: true, folder, accuracy: metrics.accuracy, auc: metrics.auc, fingerprint, warnings: [...warnings] };
}
