import { HqcnnError } from "../check.ts";
import type { Platform } from "../platform/platform.ts";
import { type HandedRun, isShared } from "../study/handed.ts";
import { type RunStore, StoreFullError, startKey } from "../study/store.ts";
import { isFurther, packRun, unpackRun } from "../training/carried.ts";
import { RUN_FILES } from "../training/files.ts";
import type { TrainOptions } from "../training/options.ts";
import { isAddress } from "../training/record.ts";

// A worker's part of runs whose study's folder it does not share: they are trained in a folder of its own, what others
// have made of them comes out of the queue's store, and what it makes goes there.

/** Milliseconds between two checkpoints of a run in the store, and how many times as long as sending one takes. */
const SEND = { every: 30_000, times: 20 };
/** Milliseconds between two looks for a checkpoint within an epoch, and between two tries to hand over results. */
const LOOK = 5000;

/** Where runs are trained whose study's folder is not shared. */
const DEFAULT_FOLDER = ["runs", "queue"];

export interface CarrierControl {
  /** Of this worker. */
  name: string;
  /** Trains there in place of studies' folders. */
  out?: string;
  say: (text: string) => void;
}

export interface Place {
  folder: string;
  isShared: boolean;
}

/** Sends the newest checkpoint of a run under way. */
export interface Sender {
  onEpoch(): void;
  /** Ends it. @param last whether to send what the folder holds now */
  end(last: boolean): Promise<void>;
}

export function createCarrier(platform: Platform, store: RunStore, { name, out, say }: CarrierControl) {
  const root = out ?? platform.join(...DEFAULT_FOLDER);
  const told = new Set<string>();
  const sayOnce = (text: string) => {
    if (!told.has(text)) say(text);
    told.add(text);
  };
  const own = (key: string) => platform.join(root, key);

  /** Reads out of the store what is further than the folder. */
  async function restore({ id, carried }: HandedRun, folder: string): Promise<number> {
    const kept = await store.head(carried!.key);
    if (kept === null && carried!.epochs === 0) return 0;
    const found = await packRun(platform, folder);
    const epochs = found?.epochs ?? 0;
    if (kept === null || !isFurther(kept, found)) return epochs;
    try {
      const run = await store.read(carried!.key);
      if (run === null) return epochs;
      await unpackRun(platform, folder, run);
      say(`taken over ${id}: after ${run.steps} steps, epoch ${run.epochs}, from the queue, where ${run.by} left it`);
      return run.epochs;
    } catch (error) {
      if (!(error instanceof HqcnnError)) throw error;
      say(`${error.message}: ${id} continues from epoch ${epochs}`);
      await store.remove(carried!.key);
      return epochs;
    }
  }

  /** The model that a run starts from, as a file of this machine; null: it is not in the store. */
  async function startOf({ carried }: HandedRun): Promise<string | null> {
    const path = own(`${carried!.key}.start.safetensors`);
    if ((await platform.stat(path)) !== null) return path;
    const found = await store.read(startKey(carried!.key));
    if (found === null) return null;
    await platform.writeFile(path, found.files[RUN_FILES.model]);
    return path;
  }

  /** @returns false: there is nothing to continue from yet */
  async function send({ id, carried }: HandedRun, folder: string): Promise<boolean> {
    const run = await packRun(platform, folder);
    if (run === null) return false;
    await store.write(carried!.key, run, name);
    sayOnce(`kept      ${id}: its checkpoints go to the queue, at most one in ${SEND.every / 1000} s`);
    return true;
  }

  return {
    /** Where to train a run. */
    async placeOf(run: HandedRun): Promise<Place> {
      const shared = run.carried === undefined || (out === undefined && (await isShared(platform, run)));
      return { folder: shared ? run.folder : own(run.carried!.key), isShared: shared };
    },

    /**
     * Brings what a run needs into its place.
     * @returns the options to train it with, or what is in the study's folder alone
     */
    async fetch(run: HandedRun, { folder, isShared }: Place): Promise<{ options: TrainOptions } | { lacks: string }> {
      const { options, carried } = run;
      if (carried === undefined) return { options };
      const epochs = await restore(run, folder);
      if (isShared) return { options };
      const asked = "which this machine does not share: the study sends it";
      if (epochs < carried.epochs) return { lacks: `its checkpoint is in the study's folder, ${asked}` };
      if (options.start === undefined || isAddress(options.start)) return { options };
      const start = await startOf(run);
      if (start === null) return { lacks: `the model that it starts from is in the study's folder, ${asked}` };
      return { options: { ...options, start } };
    },

    /** Sends checkpoints of a run while it is trained. What cannot be sent is told once; training continues. */
    sendCheckpoints(run: HandedRun, folder: string): Sender {
      let sending: Promise<void> | undefined;
      let next = 0;
      let version: string | undefined;
      const checkpoint = platform.join(folder, RUN_FILES.checkpoint);
      const versionNow = async () => {
        if ((await platform.stat(checkpoint)) === null) return undefined;
        const file = await platform.openFile(checkpoint);
        await file.close();
        return file.version;
      };
      const attempt = async () => {
        try {
          const now = await versionNow();
          if (now === undefined || now === version) return;
          const began = performance.now();
          if (!(await send(run, folder))) return;
          version = now;
          const ended = performance.now();
          next = ended + Math.max(SEND.every, SEND.times * (ended - began));
        } catch (error) {
          next = performance.now() + SEND.every;
          if (error instanceof HqcnnError) sayOnce(`${run.id}: its checkpoints stay on this machine: ${error.message}`);
        }
      };
      const trySending = () => {
        if (sending !== undefined || performance.now() < next) return;
        sending = attempt().finally(() => {
          sending = undefined;
        });
      };
      const timer = setInterval(trySending, LOOK);
      return {
        onEpoch: trySending,
        async end(last) {
          clearInterval(timer);
          await sending;
          if (last) await attempt();
        },
      };
    },

    /**
     * Hands a run that is finished, or has paused, to the study, waiting as long as the queue has no room for it.
     * @returns false: stopped by the signal meanwhile
     */
    async deliver({ id, carried }: HandedRun, folder: string, signal: AbortSignal): Promise<boolean> {
      const run = await packRun(platform, folder);
      if (run === null) throw new HqcnnError(`${folder} on ${name}: damaged: remove it, and start the study again`);
      while (!signal.aborted) {
        try {
          await store.write(carried!.key, run, name);
          return true;
        } catch (error) {
          if (!(error instanceof HqcnnError)) throw error;
          if (!(error instanceof StoreFullError))
            throw new HqcnnError(`${error.message}; it is kept in ${folder} on ${name}`);
          sayOnce(`${id}: its results wait in ${folder}: ${error.message}`);
        }
        await new Promise((resolve) => setTimeout(resolve, LOOK));
      }
      return false;
    },
  };
}
