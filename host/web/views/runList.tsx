import { useState } from "preact/hooks";
import { DeleteButton, FileButton } from "../parts/controls.tsx";
import type { RunSummary } from "../protocol/messages.ts";
import { runName } from "../protocol/runName.ts";
import type { ViewProps } from "./props.ts";

/** The runs in the browser's storage: view, continue and delete them; and import one made elsewhere. */
export function RunList({ runs, training, change, sessions, onError, refreshRuns }: ViewProps) {
  const [asked, setAsked] = useState<string | null>(null);
  const isBusy = training.status === "running" || training.status === "stopping";
  const remove = async (folder: string) => {
    setAsked(null);
    try {
      await sessions.answering().removeRun(folder);
    } catch (error) {
      onError(error);
    }
    await refreshRuns();
  };
  const openFolder = async (files: File[]) => {
    try {
      const name = files[0].webkitRelativePath.split("/")[0] || "run";
      const folder = await sessions.answering().openRun(name, files);
      await refreshRuns();
      change({ view: "results", run: folder });
    } catch (error) {
      onError(error);
    }
  };
  return (
    <section aria-labelledby="runs-title">
      <h2 id="runs-title">Runs in this browser</h2>
      {runs?.every(({ shipped }) => shipped) && (
        <p class="muted">None of your own yet; the one that ships with the page shows what a run leaves.</p>
      )}
      <ul class="runs">
        {runs?.map((run) => (
          <li key={run.folder}>
            <span class="what">
              {runName(run)}
              <br />
              <span class="muted small">{describe(run)}</span>
            </span>
            <span class="row">
              {run.problem === null && (
                <button type="button" part="button" onClick={() => change({ view: "results", run: run.folder })}>
                  Results<span class="hidden"> of {run.folder}</span>
                </button>
              )}
              {run.problem === null && !run.finished && (
                <button
                  type="button"
                  part="button"
                  disabled={isBusy}
                  onClick={() => training.resume(run.folder, run.epochs, "run")}
                >
                  Continue<span class="hidden"> {run.folder}</span>
                </button>
              )}
              {!run.shipped && (
                <DeleteButton
                  asked={asked === run.folder}
                  disabled={isBusy && run.folder === training.folder}
                  onAsk={(on) => setAsked(on ? run.folder : null)}
                  onDelete={() => remove(run.folder)}
                >
                  Delete<span class="hidden"> {run.folder}</span>
                </DeleteButton>
              )}
            </span>
          </li>
        ))}
      </ul>
      <FileButton label="Open a run folder…" folder onFiles={openFolder} />
      <p class="muted small">A folder that hqcnn train wrote on any machine: view its results here, or continue it.</p>
    </section>
  );
}

function describe({ problem, data, finished, accuracy, auc, epochs, epochsDone }: RunSummary): string {
  if (problem !== null) return problem;
  if (!finished) return `${data}, ${epochsDone} of ${epochs} epochs, not finished`;
  const figures =
    accuracy === null
      ? ""
      : `, accuracy ${(100 * accuracy).toFixed(2)} %${auc === null ? "" : `, AUC ${auc.toFixed(4)}`}`;
  return `${data}, ${epochsDone} epochs${figures}`;
}
