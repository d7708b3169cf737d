import { releaseProxy, transfer } from "comlink";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Glance, LiveProxy, ModelAtHand, Sample, Sessions, Snapshot, Wiring } from "../protocol/messages.ts";
import { buffersOf } from "../protocol/tensors.ts";
import type { Training } from "./training.ts";

/** Milliseconds between two looks at a network that trains. */
const LOOK_EVERY = 300;
/** Images that are watched. */
const CELLS = 12;

/** A network at work on some images of the test split. */
export interface Watched {
  /** The run that is training, or whose model this is; null: a model from elsewhere. */
  folder: string | null;
  isTraining: boolean;
  classNames: readonly string[];
  circuit: Wiring | null;
  cells: readonly Sample[];
  /** The cell of which the glance has the details. */
  at: number;
  glance: Glance;
}

/** Watches the network under training; before and after it the model at hand. */
export function useWatched(
  sessions: Sessions,
  training: Training,
  model: ModelAtHand | null,
  at: number,
): Watched | null {
  const [watched, setWatched] = useState<Watched | null>(null);
  const { status, folder } = training;
  const isTraining = folder !== null && ["running", "stopping", "paused"].includes(status);
  const asked = useRef({ at, isRunning: false, wake: () => {} });
  asked.current.at = at;
  asked.current.isRunning = status === "running" || status === "stopping";
  useEffect(() => asked.current.wake(), [at, status]);

  useEffect(() => {
    if (!isTraining && !model) return;
    let left = false;
    /** Waits until there may be something new to look at. */
    const turn = () =>
      new Promise<void>((resolve) => {
        asked.current.wake = resolve;
        if (isTraining && asked.current.isRunning) setTimeout(resolve, LOOK_EVERY);
      });
    const watch = async () => {
      let from: Snapshot | ModelAtHand | null = null;
      while (!left && from === null) {
        from = isTraining ? await sessions.training().snapshot() : model;
        if (from === null) await turn();
      }
      if (left || from === null) return;
      const info = "info" in from ? from.info : from;
      const own = isTraining ? folder : model!.folder;
      const cells = await cellsFor(sessions, info, own);
      const images = cells.map(({ rgba }) => pixelsOf(rgba, info.architecture.channels));
      const opened = "info" in from ? { bytes: from.bytes, name: from.name } : from;
      const remote = (await sessions.answering().openLive(opened)) as unknown as LiveProxy;
      try {
        const circuit = await remote.circuit();
        const { classNames } = info;
        while (!left && images.length > 0) {
          const { at } = asked.current;
          const shown = Math.min(at, images.length - 1);
          const glance = await remote.glance(images, shown);
          if (left) break;
          setWatched({ folder: own, isTraining, classNames, circuit, cells, at: shown, glance });
          if (asked.current.at === at) await turn();
          const next = isTraining && !left ? await sessions.training().snapshot() : null;
          if (next) await remote.update(transfer(next.tensors, buffersOf(next.tensors)));
        }
      } finally {
        await remote.close();
        remote[releaseProxy]();
      }
    };
    // What goes wrong here goes wrong in training too, which says it.
    watch().catch(() => {});
    return () => {
      left = true;
      asked.current.wake();
    };
  }, [isTraining ? folder : model]);
  return watched;
}

/** Some images of each class of the test split of a network's data; none where these are not in the browser. */
async function cellsFor(
  sessions: Sessions,
  info: Omit<Snapshot, "tensors">,
  folder: string | null,
): Promise<readonly Sample[]> {
  const perClass = Math.max(1, Math.floor(CELLS / info.classNames.length));
  const found = await sessions
    .answering()
    .testSamples(info, folder, perClass)
    .catch(() => []);
  return found.slice(0, CELLS);
}

/** The bytes of a network's input from a picture of its size. */
function pixelsOf(rgba: Uint8ClampedArray, channels: number): Uint8Array {
  return Uint8Array.from(rgba.filter((_, i) => i % 4 < channels));
}
