import { UsageError } from "../../check.ts";
import type { BrowserPlatform } from "../../platform/browser.ts";

/** Milliseconds between two messages on progress. */
const TELL_EVERY = 100;

/** Runs `work` while nobody else, in any tab, works in that folder or at that file. */
export async function locked<T>(platform: BrowserPlatform, path: string, work: () => Promise<T>): Promise<T> {
  const lock = await platform.lock(path);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

/** The one training or comparison of a worker. */
export interface Turn {
  /** Runs `work` unless another is under way, with the signals that stop it and end it for good. */
  take<T>(work: (signals: { stop: AbortController; end: AbortController }) => Promise<T>): Promise<T>;
  /** Ends what is under way after its step, with a checkpoint. */
  pause(): void;
  /** Ends training for good: the best epoch so far is tested. Before the first epoch has ended it only pauses. */
  end(): void;
}

/** Trainings and comparisons stop by the same signal, and share a worker. */
export function createTurn(): Turn {
  let under: { stop: AbortController; end: AbortController } | null = null;
  return {
    async take(work) {
      if (under)
        throw new UsageError("A training or a comparison is under way: pause it first, or wait until it ends.");
      under = { stop: new AbortController(), end: new AbortController() };
      try {
        return await work(under);
      } finally {
        under = null;
      }
    },
    pause: () => under?.stop.abort(),
    end() {
      under?.end.abort();
      under?.stop.abort();
    },
  };
}

/** Calls `tell` at most every TELL_EVERY milliseconds, and with what `isLast` says must be told. */
export function throttle<Args extends unknown[]>(
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
