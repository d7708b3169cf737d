import { useEffect, useState } from "preact/hooks";
import { RUN_FILES } from "../../training/files.ts";
import { download, FileButton } from "../parts/controls.tsx";
import { Report } from "../parts/markup.tsx";
import type { RunSummary, Sections } from "../protocol/messages.ts";
import { runName } from "../protocol/runName.ts";
import type { ViewProps } from "./props.ts";

const FILES: readonly { file: keyof typeof RUN_FILES; type: string; early: boolean }[] = [
  { file: "model", type: "application/octet-stream", early: true },
  { file: "predictions", type: "text/csv", early: false },
  { file: "metrics", type: "application/json", early: false },
  { file: "history", type: "application/jsonl", early: true },
  { file: "config", type: "application/json", early: true },
  { file: "checkpoint", type: "application/octet-stream", early: true },
];

/** What a run found: the report's sections, and its files to keep. */
export function ResultsView(props: ViewProps & { onModel: (file: File) => void }) {
  const { runs, state, change, sessions, onError, training, onModel } = props;
  const [shown, setShown] = useState<{ key: string; sections: Sections; fingerprint: string | null } | null>(null);
  const [failed, setFailed] = useState("");
  const [preparing, setPreparing] = useState(false);
  const run = runs?.find(({ folder, problem }) => problem === null && (state.run === null || folder === state.run));
  const key = run ? `${run.folder} ${run.epochsDone} ${run.finished}` : "";

  useEffect(() => {
    if (!run) return;
    let current = true;
    const load = async () => {
      const session = sessions.answering();
      const fingerprint = run.finished
        ? new TextDecoder().decode(await session.runFile(run.folder, "fingerprint")).trim()
        : null;
      const sections = await session.runSections(run.folder);
      if (current) setShown({ key, sections, fingerprint });
    };
    load().catch((error) => {
      setFailed(key);
      onError(error);
    });
    return () => {
      current = false;
    };
  }, [key]);

  const save = async (file: keyof typeof RUN_FILES, type: string) => {
    if (!run) return;
    try {
      download(RUN_FILES[file], await sessions.answering().runFile(run.folder, file), type);
    } catch (error) {
      onError(error);
    }
  };
  const saveReport = async () => {
    if (!run || preparing) return;
    setPreparing(true);
    try {
      download(RUN_FILES.report, await sessions.answering().runReport(run.folder), "text/html");
    } catch (error) {
      onError(error);
    } finally {
      setPreparing(false);
    }
  };

  if (runs === null) return <p role="status">Looking for runs …</p>;
  return (
    <>
      <div class="row">
        {runs.length > 0 && (
          <label>
            Run{" "}
            <select value={run?.folder ?? ""} onChange={(event) => change({ run: event.currentTarget.value })}>
              {!run && <option value="">{state.run ?? "none"} (not here)</option>}
              {runs
                .filter(({ problem }) => problem === null)
                .map((each) => (
                  <option key={each.folder} value={each.folder}>
                    {runName(each)}
                  </option>
                ))}
            </select>
          </label>
        )}
        {run?.hasModel && (
          <button type="button" part="button" class="main" onClick={() => change({ view: "use", run: run.folder })}>
            Use this model
          </button>
        )}
        <FileButton
          label="Open a model file…"
          accept=".safetensors"
          onFiles={([file]) => {
            onModel(file);
            change({ view: "use" });
          }}
        />
      </div>
      {!run && (
        <p>
          {state.run === null ? "There are no results yet." : `${state.run} is not in this browser.`}{" "}
          <button type="button" part="button" class="plain" onClick={() => change({ view: "train" })}>
            Train a network
          </button>
          , open a run folder there, or open a model here to use it.
        </p>
      )}
      {run && (
        <>
          {!run.finished && (
            <p class="lead">
              This run is not finished: {run.epochsDone} of {run.epochs} epochs.{" "}
              {training.folder === run.folder && training.status === "running" ? (
                "It is training now."
              ) : (
                <button
                  type="button"
                  part="button"
                  class="main"
                  onClick={() => {
                    change({ view: "train" });
                    void training.resume(run.folder, run.epochs, "run");
                  }}
                >
                  Continue
                </button>
              )}
            </p>
          )}
          {shown?.key !== key && failed !== key && <p role="status">Reading the run …</p>}
          {shown?.key === key && <Report sections={run.finished ? shown.sections : withoutResult(shown.sections)} />}
          <section aria-labelledby="files-title">
            <h2 id="files-title">Files</h2>
            <fieldset class="row" aria-label="Download">
              {FILES.filter(({ file, early }) => hasFile(run, file, early)).map(({ file, type }) => (
                <button key={file} type="button" part="button" onClick={() => save(file, type)}>
                  {RUN_FILES[file]}
                </button>
              ))}
              <button type="button" part="button" aria-disabled={preparing} onClick={saveReport}>
                {RUN_FILES.report}
              </button>
            </fieldset>
            {shown?.fingerprint && shown.key === key && (
              <p class="muted">
                Fingerprint of the final parameters, the same on every machine with these options:{" "}
                <code>{shown.fingerprint}</code>
              </p>
            )}
          </section>
        </>
      )}
    </>
  );
}

/** Whether a run folder holds a file that can be kept: the shipped run has no checkpoint. */
function hasFile({ finished, hasModel, shipped }: RunSummary, file: keyof typeof RUN_FILES, early: boolean): boolean {
  if (file === "checkpoint") return !shipped;
  return finished || (early && (file !== "model" || hasModel));
}

/** Of an unfinished run the first section says how to continue on the command line. */
function withoutResult(report: Sections): Sections {
  return { ...report, sections: report.sections.filter(({ id }) => id !== "result") };
}
