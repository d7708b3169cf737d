import { proxy } from "comlink";
import { useRef, useState } from "preact/hooks";
import type { EpochRecord } from "../../training/loop.ts";
import type { TrainOptions } from "../../training/options.ts";
import { type Emit, sentenceOf } from "../protocol/atHand.ts";
import type { LossPoint, Sessions, Stride, TrainEnd, TrainListener } from "../protocol/messages.ts";

/** The training under way, or the last one. */
export interface TrainingState {
  status: "idle" | "running" | "stopping" | "paused" | "finished";
  folder: string | null;
  /** Epochs it will have. */
  epochs: number;
  history: readonly EpochRecord[];
  step: Parameters<TrainListener["onProgress"]>[0] | null;
  /** Of the batches since the start or the last continuation; of many, means of neighbours. */
  losses: readonly LossPoint[];
  threads: number | null;
  /** What should be known about its data, its start and its results. */
  notes: readonly string[];
  end: TrainEnd | null;
  /** Why it cannot be continued: at which step the loss was no number, and what helps; null: it can. */
  diverged: string | null;
}

const IDLE: TrainingState = {
  ...{ status: "idle", folder: null, epochs: 0, history: [], step: null, losses: [] },
  ...{ threads: null, notes: [], end: null, diverged: null },
};

export interface Training extends TrainingState {
  start(options: Partial<TrainOptions>, epochs: number, stride: Stride): Promise<void>;
  /** Goes on with a run in the browser's storage. */
  resume(folder: string, epochs: number, stride: Stride): Promise<void>;
  pause(): void;
  /** Ends the run for good; what it has is tested and kept. */
  endForGood(): void;
}

export interface TrainingHooks {
  sessions: Sessions;
  onError: (error: unknown) => void;
  emit: Emit;
  refreshRuns: () => Promise<void>;
}

/** Points of a line that is drawn; more are not seen. */
const MOST_POINTS = 400;

/** Neighbours made one where there are too many. */
function thinned(points: LossPoint[]): LossPoint[] {
  if (points.length <= MOST_POINTS) return points;
  return points.flatMap((point, i) => {
    if (i % 2 === 0) return [];
    const before = points[i - 1];
    return [{ x: (before.x + point.x) / 2, y: (before.y + point.y) / 2 }];
  });
}

export function useTraining({ sessions, onError, emit, refreshRuns }: TrainingHooks): Training {
  const [state, setState] = useState<TrainingState>(IDLE);
  const busy = useRef(false);
  const update = (part: Partial<TrainingState>) => setState((now) => ({ ...now, ...part }));

  const run = async (
    target: { folder: string } | { options: Partial<TrainOptions> },
    first: Partial<TrainingState>,
    stride: Stride,
  ) => {
    if (busy.current) return;
    busy.current = true;
    setState((now) => ({ ...now, ...first, status: "running", step: null, notes: [], end: null, diverged: null }));
    const listener = {
      onStart: (started: Pick<TrainingState, "threads" | "notes"> & { folder: string }) => update(started),
      onProgress: (step: NonNullable<TrainingState["step"]>, losses: LossPoint[]) =>
        setState((now) => ({ ...now, step, losses: thinned([...now.losses, ...losses]) })),
      onEpoch: (record: EpochRecord) => {
        setState((now) => ({ ...now, history: [...now.history.filter(({ epoch }) => epoch < record.epoch), record] }));
        emit("hqcnn-epoch", record);
      },
    };
    try {
      const end = await sessions.training().train(target, stride, proxy(listener));
      update({ status: end.finished ? "finished" : "paused", folder: end.folder, end });
      if (end.finished) setState((now) => ({ ...now, notes: [...now.notes, ...end.warnings] }));
      if (end.finished) emit("hqcnn-end", end);
    } catch (error) {
      const diverged = error instanceof Error && error.name === "DivergedError" ? sentenceOf(error) : null;
      setState((now) => ({ ...now, diverged, status: now.folder === null ? "idle" : "paused" }));
      if (diverged === null) onError(error);
      else emit("hqcnn-error", { message: diverged });
    } finally {
      busy.current = false;
      await refreshRuns();
    }
  };

  return {
    ...state,
    start: (options, epochs, stride) => run({ options }, { folder: null, history: [], losses: [], epochs }, stride),
    async resume(folder, epochs, stride) {
      try {
        const history = state.folder === folder ? state.history : await sessions.answering().history(folder);
        const losses = state.folder === folder ? state.losses : [];
        await run({ folder }, { folder, history, losses, epochs }, stride);
      } catch (error) {
        onError(error);
      }
    },
    pause() {
      update({ status: "stopping" });
      sessions.training().pause().catch(onError);
    },
    endForGood() {
      update({ status: "stopping" });
      sessions.training().end().catch(onError);
    },
  };
}
