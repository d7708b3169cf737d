import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { UsageError } from "../../check.ts";
import { ABLATIONS, type AblationName, FEWEST_SEEDS, missingAblation, NETWORK } from "../../comparison/ablations.ts";
import { duration } from "../../report/text.ts";
import type { StudyProgress } from "../../study/study.ts";
import type { TrainOptions } from "../../training/options.ts";
import { parseTrainOptions } from "../../training/parse.ts";
import type { ComparisonEstimate } from "../../work/estimate.ts";
import { DeleteButton, download, TextField } from "../parts/controls.tsx";
import { Notes } from "../parts/figures.tsx";
import { Report } from "../parts/markup.tsx";
import type { CompareRequest, Sessions } from "../protocol/messages.ts";
import { isSeedCount, SEED_COUNT } from "../protocol/state.ts";
import type { ComparisonRun } from "./comparison.ts";
import type { ViewProps } from "./props.ts";

/** Milliseconds without a change after which the time is estimated. */
const CALM = 600;

/** What is before a comparison that has not begun; null: not known yet, or not possible. */
function useEstimate(sessions: Sessions, request: CompareRequest | null, isFree: boolean): ComparisonEstimate | null {
  const [found, setFound] = useState<{ key: string; estimate: ComparisonEstimate } | null>(null);
  const key = JSON.stringify(request);
  useEffect(() => {
    if (!request || !isFree) return;
    let current = true;
    const timer = setTimeout(() => {
      // What is wrong is said by the start.
      sessions
        .training()
        .estimate(request)
        .then(
          (estimate) => current && setFound({ key, estimate }),
          () => {},
        );
    }, CALM);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [key, isFree]);
  return found?.key === key ? found.estimate : null;
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
  training,
}: ViewProps & { comparison: ComparisonRun }) {
  const { status, progress, report } = comparison;
  const twins = state.twins ?? STANDARD;
  const isBusy = status === "running" || status === "stopping";
  const options = complete(state.options);
  const epochs = options instanceof UsageError ? 0 : options.epochs;
  const isTraining = training.status === "running" || training.status === "stopping";
  const request = options instanceof UsageError ? null : { options: state.options, seeds: state.seeds, twins };
  const estimate = useEstimate(sessions, request, !isBusy && !isTraining);
  const start = () => {
    if (isBusy) return;
    if (options instanceof UsageError) return onError(options);
    void comparison.start(state.options, state.seeds, twins);
  };
  return (
    <>
      <section aria-labelledby="compare-title">
        <h2 id="compare-title">The network and its ablations</h2>
        <Folded title="What is compared" folded={isBusy || report !== null}>
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
                    <label for={`twin-${name}`}>{titleOf(name)}</label>
                    <p class="hint" id={`twin-${name}-hint`}>
                      {missing === null ? `${name}: ${ABLATIONS[name].question}` : `not with these options: ${missing}`}
                    </p>
                  </div>
                );
              })}
            </div>
          </fieldset>
          <div class="fields">
            <TextField
              label="seeds"
              hint={`one run per seed, 1 to 20; fewer than ${FEWEST_SEEDS} are too few to tell, more detect smaller differences`}
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
        </Folded>
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
            {state.seeds * (1 + twins.length)} runs of {epochs} {epochs === 1 ? "epoch" : "epochs"}
            {estimate && `, ${timeOf(estimate)}`}; finished runs are kept
          </span>
        </div>
        <progress aria-label="Comparison" max={1} value={progress ? shareOf(progress) : 0} />
        <p class="status" role="status" aria-live="polite">
          {statusText(comparison)}
        </p>
        {estimate && !report && (isBusy || estimate.runs.some(({ isFinished }) => isFinished)) && (
          <RunTable {...{ estimate, comparison }} />
        )}
      </section>
      {report && (
        <>
          <Notes texts={report.warnings} />
          <Report key={report.html.length} sections={report} />
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
        </>
      )}
      <KeptRuns {...{ sessions, onError, isBusy }} />
    </>
  );
}

/** What an ablation is, short: "without the quantum layer". */
function titleOf(name: AblationName): string {
  return ABLATIONS[name].name.replace(/^the same network (trained )?/, "");
}

function timeOf({ runs, seconds }: ComparisonEstimate): string {
  const done = runs.filter(({ isFinished }) => isFinished).length;
  if (done === runs.length) return "all finished";
  const whole = Math.max(1, Math.round(seconds));
  const time = `about ${whole < 90 ? `${whole} s` : duration(whole)} on this machine`;
  return done === 0 ? time : `${done} of them finished, ${time} for the others`;
}

/** Its content, behind a line to open it if `folded`. */
function Folded({ title, folded, children }: { title: string; folded: boolean; children: ComponentChildren }) {
  if (!folded) return <>{children}</>;
  return (
    <details class="group">
      <summary>{title}</summary>
      {children}
    </details>
  );
}

/** Where every run stands: seeds down, variants across. */
function RunTable({ estimate, comparison }: { estimate: ComparisonEstimate; comparison: ComparisonRun }) {
  const { progress, ended } = comparison;
  const variants = [...new Set(estimate.runs.map(({ variant }) => variant))];
  const seeds = [...new Set(estimate.runs.map(({ seed }) => seed))];
  const stateOf = (variant: string, seed: number) => {
    const run = estimate.runs.find((each) => each.variant === variant && each.seed === seed)!;
    const now = progress?.running.find(({ id }) => id === run.id);
    if (now) return `epoch ${Math.min(now.epoch + 1, now.epochs)} of ${now.epochs}`;
    return run.isFinished || ended.has(run.id) ? "finished" : "–";
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="scroll" tabIndex={0} aria-label="Runs">
      <table>
        <thead>
          <tr>
            <th scope="col">seed</th>
            {variants.map((variant) => (
              <th scope="col" key={variant}>
                {variant === NETWORK ? "the network" : titleOf(variant as AblationName)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {seeds.map((seed) => (
            <tr key={seed}>
              <th scope="row">{seed}</th>
              {variants.map((variant) => (
                <td key={variant}>{stateOf(variant, seed)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
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
