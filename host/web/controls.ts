import { useEffect, useMemo, useRef } from "preact/hooks";
import { UsageError } from "../check.ts";
import { parseTrainOptions } from "../training/parse.ts";
import type { LabPrediction } from "./protocol/events.ts";
import type { ModelAtHand, ModelProxy, RunSummary, Sessions } from "./protocol/messages.ts";
import type { LabState } from "./protocol/state.ts";
import type { ModelChoice } from "./views/modelBar.tsx";
import type { Training } from "./views/training.ts";

/** What a program may ask of the element. */
export interface LabControls {
  start(): Promise<void>;
  pause(): void;
  predict(image: Blob, name: string): Promise<LabPrediction>;
}

interface ControlHooks {
  sessions: Sessions;
  training: Training;
  model: ModelChoice;
  runs: readonly RunSummary[] | null;
  state: LabState;
  given: string | Uint8Array | null;
}

/** Somebody who waits for a model. */
interface Waiting {
  resolve(model: ModelAtHand): void;
  reject(error: Error): void;
}

/** The element's methods, which do what its buttons do. */
export function useControls(hooks: ControlHooks): LabControls {
  const now = useRef(hooks);
  now.current = hooks;
  const waiting = useRef<Waiting[]>([]);
  const wasLoading = useRef(false);
  /** What was given from outside when it became clear that there is no model. */
  const without = useRef<{ given: unknown } | null>(null);
  const opened = useRef<{ of: ModelAtHand; model: Promise<ModelProxy> } | null>(null);

  const { model, runs, given } = hooks;
  useEffect(() => {
    const settle = (settled: (one: Waiting) => void) => waiting.current.splice(0).forEach(settled);
    const { atHand, loading } = model;
    const nothingComes = given === null && runs !== null && !runs.some(({ hasModel }) => hasModel);
    const mayBeWithout = !atHand && !loading && (wasLoading.current || nothingComes);
    wasLoading.current = loading;
    if (atHand) {
      without.current = null;
      settle(({ resolve }) => resolve(atHand));
    }
    if (!mayBeWithout) return;
    // What was loaded comes a moment after the loading has ended.
    const timer = setTimeout(() => {
      without.current = { given };
      settle(({ reject }) => reject(noModel()));
    }, 100);
    return () => clearTimeout(timer);
  }, [model.atHand, model.loading, runs, given]);

  return useMemo(() => {
    const modelAtHand = () => {
      const { atHand } = now.current.model;
      if (atHand) return Promise.resolve(atHand);
      if (without.current && without.current.given === now.current.given) return Promise.reject(noModel());
      return new Promise<ModelAtHand>((resolve, reject) => waiting.current.push({ resolve, reject }));
    };
    return {
      start() {
        const { training, state } = now.current;
        const { status, folder, epochs } = training;
        if (status === "paused" && folder !== null) return training.resume(folder, epochs, "run");
        return training.start(state.options, state.options.epochs ?? parseTrainOptions({}).epochs, "run");
      },
      pause() {
        if (now.current.training.status === "running") now.current.training.pause();
      },
      async predict(image, name) {
        const of = await modelAtHand();
        const session = now.current.sessions.answering();
        if (opened.current?.of !== of) {
          opened.current?.model.then((old) => old.close()).catch(() => {});
          opened.current = { of, model: session.openModel(of.bytes, of.name) as unknown as Promise<ModelProxy> };
        }
        const seen = await (await opened.current.model).see({ name, source: image });
        return {
          ...{ label: seen.predicted, className: of.info.classNames[seen.predicted] },
          ...{ probs: Array.from(seen.probs), name },
          ...(seen.labels && { labels: seen.labels }),
        };
      },
    };
  }, []);
}

function noModel(): UsageError {
  return new UsageError("predict: there is no model; set the attribute model, or train one first");
}
