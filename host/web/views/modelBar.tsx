import { useEffect, useState } from "preact/hooks";
import { HqcnnError } from "../../check.ts";
import { FileButton } from "../parts/controls.tsx";
import { Notes } from "../parts/figures.tsx";
import type { ModelAtHand, RunSummary, Sessions } from "../protocol/messages.ts";
import { checkModelSize } from "../worker/dropped.ts";
import type { ViewProps } from "./props.ts";

export interface ModelChoice {
  atHand: ModelAtHand | null;
  loading: boolean;
  /** Whether it comes from a file or from outside, not from a run. */
  foreign: boolean;
  open(file: File): Promise<void>;
  /** Back to the runs' models. */
  forget(): void;
}

interface ModelSource {
  sessions: Sessions;
  run: string | null;
  runs: readonly RunSummary[] | null;
  given: string | Uint8Array<ArrayBuffer> | null;
  onError: (error: unknown) => void;
}

/**
 * The model at hand: one that was opened or given from outside, else that of the state's run, else of the newest run
 * with one.
 */
export function useModel({ sessions, run, runs, given, onError }: ModelSource): ModelChoice {
  const [foreign, setForeign] = useState<ModelAtHand | null>(null);
  const [own, setOwn] = useState<ModelAtHand | null>(null);
  const [loading, setLoading] = useState(false);
  const chosen = runs?.find(({ folder, hasModel }) => hasModel && (run === null || folder === run));
  // A run in training gets better models epoch by epoch.
  const key = chosen && `${chosen.folder} ${chosen.epochsDone} ${chosen.finished}`;

  const take = async (read: () => Promise<Uint8Array<ArrayBuffer>>, name: string, folder: string | null = null) => {
    setLoading(true);
    try {
      const bytes = await read();
      const { info, notes } = await sessions.answering().inspectModel(bytes, name);
      return { bytes, info, notes, name, folder };
    } catch (error) {
      onError(error);
      return null;
    } finally {
      setLoading(false);
    }
  };

  useEffect(() => {
    if (given === null) return;
    const read = async () => (typeof given === "string" ? fetchModel(given) : given);
    let current = true;
    void take(read, typeof given === "string" ? given : "the given model").then(
      (model) => current && model && setForeign(model),
    );
    return () => {
      current = false;
    };
  }, [given]);

  useEffect(() => {
    if (!chosen) {
      if (runs) setOwn(null);
      return;
    }
    const { folder } = chosen;
    let current = true;
    void take(() => sessions.answering().runFile(folder, "model"), folder, folder).then((model) => {
      if (current) setOwn(model);
    });
    return () => {
      current = false;
    };
  }, [key]);

  return {
    atHand: foreign ?? own,
    loading,
    foreign: foreign !== null,
    async open(file) {
      const model = await take(() => readModel(file), file.name);
      if (model) setForeign(model);
    },
    forget: () => setForeign(null),
  };
}

async function readModel(file: File): Promise<Uint8Array<ArrayBuffer>> {
  checkModelSize(file);
  return new Uint8Array(await file.arrayBuffer());
}

async function fetchModel(address: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(address).catch((error) => {
    throw new HqcnnError(`${address}: cannot be fetched (${error.message}): check the address and the network`);
  });
  if (!response.ok) throw new HqcnnError(`${address}: expected a model file, got HTTP ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Which model Use, Layers and Circuit are about, and how to get another. */
export function ModelBar({ model, runs, state, change }: ViewProps & { model: ModelChoice }) {
  const models = runs?.filter(({ hasModel }) => hasModel) ?? [];
  const { atHand } = model;
  return (
    <>
      <div class="row">
        {models.length > 0 && (
          <label class="row">
            Model{" "}
            <select
              value={model.foreign ? "" : (atHand?.name ?? "")}
              onChange={(event) => {
                model.forget();
                change({ run: event.currentTarget.value });
              }}
            >
              {model.foreign && <option value="">{atHand?.name}</option>}
              {models.map((run) => (
                <option key={run.folder} value={run.folder}>
                  {run.folder.replace(/^runs\//, "")}
                  {run.accuracy === null ? "" : `, accuracy ${(100 * run.accuracy).toFixed(1)} %`}
                </option>
              ))}
            </select>
          </label>
        )}
        {models.length === 0 && model.foreign && <span>Model {atHand?.name}</span>}
        <FileButton label="Open a model file…" accept=".safetensors" onFiles={([file]) => model.open(file)} />
        {!atHand && !model.loading && runs && (
          <p>
            There is no model yet.{" "}
            <button type="button" part="button" class="plain" onClick={() => change({ view: "train", run: state.run })}>
              Train one
            </button>{" "}
            or open a model.safetensors.
          </p>
        )}
      </div>
      <Notes texts={atHand?.notes ?? []} />
    </>
  );
}
