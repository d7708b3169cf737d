import { useEffect, useRef, useState } from "preact/hooks";
import { HqcnnError } from "../../check.ts";
import { FileButton } from "../parts/controls.tsx";
import { Notes } from "../parts/figures.tsx";
import type { ModelAtHand, RunSummary, Sessions } from "../protocol/messages.ts";
import { runName } from "../protocol/runName.ts";
import { checkModelSize } from "../worker/dropped.ts";
import type { ViewProps } from "./props.ts";

export interface ModelChoice {
  atHand: ModelAtHand | null;
  /** The run that it is of; null: it is foreign, or there is none. */
  run: RunSummary | null;
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
 * The model at hand: one that was opened or given from outside, else that of the state's run, else of the newest
 * finished run; the one that ships with the page comes last.
 */
export function useModel({ sessions, run, runs, given, onError }: ModelSource): ModelChoice {
  const [foreign, setForeign] = useState<ModelAtHand | null>(null);
  const [own, setOwn] = useState<ModelAtHand | null>(null);
  const [loading, setLoading] = useState(false);
  const usable = runs?.filter(({ hasModel }) => hasModel) ?? [];
  // One that is not finished is never taken unless somebody names it.
  const chosen = run === null ? usable.find(({ finished }) => finished) : usable.find(({ folder }) => folder === run);
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

  // While another run's model is read, the one before is gone: the new one's name would stand beside its answers.
  const read = own !== null && own.folder === chosen?.folder ? own : null;
  return {
    atHand: foreign ?? read,
    run: foreign ? null : (chosen ?? null),
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

/** Which model Use, Layers and Circuit are about, how to call it and how to get another. */
export function ModelBar(props: ViewProps & { model: ModelChoice }) {
  const { model, runs, state, change, sessions, refreshRuns, onError } = props;
  const models = runs?.filter(({ hasModel }) => hasModel) ?? [];
  const finished = models.filter((run) => run.finished);
  const { atHand, run } = model;
  const [renaming, setRenaming] = useState(false);
  const rename = async (name: string | null) => {
    setRenaming(false);
    if (name === null || !run) return;
    try {
      await sessions.answering().renameRun(run.folder, name);
      await refreshRuns();
    } catch (error) {
      onError(error);
    }
  };
  const options = (listed: readonly RunSummary[]) =>
    listed.map((each) => (
      <option key={each.folder} value={each.folder}>
        {runName(each)}
      </option>
    ));
  return (
    <>
      <div class="row">
        {models.length > 0 && !renaming && (
          <label class="row">
            Model{" "}
            <select
              value={run?.folder ?? ""}
              onChange={(event) => {
                model.forget();
                change({ run: event.currentTarget.value });
              }}
            >
              {!run && <option value="">{atHand?.name ?? "Choose one"}</option>}
              {options(finished)}
              {models.length > finished.length && (
                <optgroup label="Not finished">{options(models.filter((each) => !each.finished))}</optgroup>
              )}
            </select>
          </label>
        )}
        {models.length === 0 && model.foreign && <span>Model {atHand?.name}</span>}
        {run && renaming && <NameField name={run.name ?? ""} onName={rename} />}
        {run && !run.shipped && !renaming && (
          <button type="button" part="button" onClick={() => setRenaming(true)}>
            Rename
          </button>
        )}
        <FileButton label="Open a model file…" accept=".safetensors" onFiles={([file]) => model.open(file)} />
        {!atHand && !model.loading && runs && (
          <p>
            {models.length > 0 ? "No run here is finished." : "There is no model yet."}{" "}
            <button type="button" part="button" class="plain" onClick={() => change({ view: "train", run: state.run })}>
              Train one
            </button>{" "}
            or open a model.safetensors.
          </p>
        )}
      </div>
      {run && !run.finished && (
        <Notes
          texts={[
            `This run is not finished: the model is the best of ${run.epochsDone} of ${run.epochs} epochs so far, not tested.`,
          ]}
        />
      )}
      <Notes texts={atHand?.notes ?? []} />
    </>
  );
}

/** A field for a name; Enter takes it, Escape does not. */
function NameField({ name, onName }: { name: string; onName: (name: string | null) => void }) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault();
        onName(field.current!.value);
      }}
    >
      <label class="row">
        Name of the run{" "}
        <input
          ref={field}
          type="text"
          maxLength={80}
          defaultValue={name}
          onKeyDown={(event) => event.key === "Escape" && onName(null)}
        />
      </label>
      <button type="submit" part="button" class="main">
        Save
      </button>
      <button type="button" part="button" onClick={() => onName(null)}>
        Cancel
      </button>
    </form>
  );
}
