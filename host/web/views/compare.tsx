import { proxy } from "comlink";
import { useEffect, useRef, useState } from "preact/hooks";
import { UsageError } from "../../check.ts";
import { ABLATIONS, type AblationName, missingAblation } from "../../comparison/ablations.ts";
import type { StudyProgress } from "../../study/study.ts";
import type { TrainOptions } from "../../training/options.ts";
import { parseTrainOptions } from "../../training/parse.ts";
import { DeleteButton, download, TextField } from "../parts/controls.tsx";
import { Notes } from "../parts/figures.tsx";
import { Report } from "../parts/markup.tsx";
import type { ComparisonReport, Sessions } from "../protocol/messages.ts";
import { isSeedCount, SEED_COUNT } from "../protocol/state.ts";
import type { ViewProps } from "./props.ts";

/** Where a comparison stands, also while another view is shown. */
export interface ComparisonRun {
  status: "idle" | "running" | "stopping" | "paused";
  progress: StudyProgress | null;
  report: ComparisonReport | null;
  start(options: Partial<TrainOptions>, seeds: number, twins: readonly AblationName[]): Promise<void>;
  stop(): void;
}

export function useComparison(props: { sessions: Sessions; onError: (error: unknown) => void }): ComparisonRun {
  const { sessions, onError } = props;
  const [status, setStatus] = useState<ComparisonRun["status"]>("idle");
  const [progress, setProgress] = useState<StudyProgress | null>(null);
  const [report, setReport] = useState<ComparisonReport | null>(null);
  const busy = useRef(false);
  return {
    ...{ status, progress, report },
    async start(options, seeds, twins) {
      if (busy.current) return;
      busy.current = true;
      setStatus("running");
      setProgress(null);
      try {
        const found = await sessions.training().compare({ options, seeds, twins }, proxy(setProgress));
        if (found) setReport(found);
        setStatus(found ? "idle" : "paused");
      } catch (error) {
        setStatus("paused");
        onError(error);
      } finally {
        busy.current = false;
      }
    },
    stop() {
      setStatus("stopping");
      sessions.training().pause().catch(onError);
    },
  };
}

/** Trained unless the link says others: a comparison in a page is a small one. */
const STANDARD: readonly AblationName[] = ["none", "dense"];

/** The network against its ablations, with tests and a summary in plain sentences. */
export function CompareView({
  state,
  change,
  comparison,
  sessions,
  onError,
}: ViewProps & { comparison: ComparisonRun }) {
  const { status, progress, report } = comparison;
  const twins = state.twins ?? STANDARD;
  const isBusy = status === "running" || status === "stopping";
  const options = complete(state.options);
  const epochs = options instanceof UsageError ? 0 : options.epochs;
  const start = () => {
    if (isBusy) return;
    if (options instanceof UsageError) return onError(options);
    void comparison.start(state.options, state.seeds, twins);
  };
  return (
    <>
      <section aria-labelledby="compare-title">
        <h2 id="compare-title">The network and its ablations</h2>
        <p>
          An ablation is the same network with one thing changed, trained on the same images, seeds and epochs. The
          other options are those of the view “Train”.
        </p>
        <fieldset>
          <legend>Ablations</legend>
          <div class="fields">
            {(Object.keys(ABLATIONS) as AblationName[]).map((name) => {
              const missing = options instanceof UsageError ? null : missingAblation(options, name);
              // One of them for each circuit that a network could have would only fill the page.
              if (/^without-/.test(name) && missing !== null && !twins.includes(name)) return null;
              return (
                <div class="field check" key={name}>
                  <input
                    type="checkbox"
                    id={`twin-${name}`}
                    aria-describedby={`twin-${name}-hint`}
                    checked={twins.includes(name)}
                    disabled={missing !== null && !twins.includes(name)}
                    onChange={(event) => {
                      const on = event.currentTarget.checked;
                      const names = Object.keys(ABLATIONS) as AblationName[];
                      change({ twins: names.filter((other) => (other === name ? on : twins.includes(other))) });
                    }}
                  />
                  <label for={`twin-${name}`}>{name}</label>
                  <p class="hint" id={`twin-${name}-hint`}>
                    {missing === null
                      ? `${ABLATIONS[name].name}: ${ABLATIONS[name].question}`
                      : `not with these options: ${missing}`}
                  </p>
                </div>
              );
            })}
          </div>
        </fieldset>
        <div class="fields">
          <TextField
            label="seeds"
            hint="one run per seed, 1 to 20; with more seeds the tests detect smaller differences"
            value={String(state.seeds)}
            inputMode="numeric"
            onText={(text) => {
              const seeds = Number(text);
              if (!isSeedCount(seeds)) return `expected ${SEED_COUNT}`;
              change({ seeds });
              return null;
            }}
          />
        </div>
        <div class="row">
          <button type="button" part="button" class={isBusy ? "" : "main"} aria-disabled={isBusy} onClick={start}>
            {status === "paused" ? "Continue" : "Compare"}
          </button>
          <button
            type="button"
            part="button"
            aria-disabled={status !== "running"}
            onClick={() => status === "running" && comparison.stop()}
          >
            Stop
          </button>
          <span class="muted">
            {state.seeds * (1 + twins.length)} runs of {epochs} {epochs === 1 ? "epoch" : "epochs"}; finished runs are
            kept
          </span>
        </div>
        <progress aria-label="Comparison" max={1} value={progress ? shareOf(progress) : 0} />
        <p class="status" role="status" aria-live="polite">
          {statusText(comparison)}
        </p>
        <KeptRuns {...{ sessions, onError, isBusy }} />
      </section>
      {report && (
        <>
          <fieldset class="row" aria-label="Download">
            <span class="muted">Download</span>
            <button type="button" part="button" onClick={() => download("comparison.html", report.html, "text/html")}>
              comparison.html
            </button>
            <button
              type="button"
              part="button"
              onClick={() => download("comparison.md", report.markdown, "text/markdown")}
            >
              comparison.md
            </button>
          </fieldset>
          <Notes texts={report.warnings} />
          <Report key={report.html.length} sections={report} />
        </>
      )}
    </>
  );
}

/** What comparisons left in the browser's storage, and its end. */
function KeptRuns({ sessions, onError, isBusy }: Pick<ViewProps, "sessions" | "onError"> & { isBusy: boolean }) {
  const [count, setCount] = useState(0);
  const [asked, setAsked] = useState(false);
  const look = () => sessions.answering().studyCount().then(setCount, onError);
  useEffect(() => {
    void look();
  }, [isBusy]);
  if (count === 0 || isBusy) return null;
  const remove = async () => {
    setAsked(false);
    try {
      await sessions.answering().removeStudies();
    } catch (error) {
      onError(error);
    }
    await look();
  };
  return (
    <div class="row">
      <span class="muted">
        The runs of {count} {count === 1 ? "comparison" : "comparisons"} are kept in this browser.
      </span>
      <DeleteButton asked={asked} onAsk={setAsked} onDelete={remove}>
        Delete them
      </DeleteButton>
    </div>
  );
}

function complete(options: Partial<TrainOptions>): TrainOptions | UsageError {
  try {
    return parseTrainOptions(options);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
}

function shareOf({ finished, total, running }: StudyProgress): number {
  return (finished + running.reduce((sum, { epoch, epochs }) => sum + epoch / epochs, 0)) / total;
}

function statusText({ status, progress, report }: ComparisonRun): string {
  if (status === "running" && progress && progress.finished === progress.total) return "Testing the differences.";
  if (status === "running" && progress) {
    const now = progress.running.map(
      ({ id, epoch, epochs }) => `${id}, epoch ${Math.min(epoch + 1, epochs)} of ${epochs}`,
    );
    return `${progress.finished} of ${progress.total} runs finished. ${now.join("; ")}`;
  }
  if (status === "running") return "Opening the data.";
  if (status === "stopping") return "Stopping after the current step.";
  if (status === "paused") return "Stopped. Finished runs are kept; you can continue at any time.";
  return report ? "Finished." : "Ready.";
}
