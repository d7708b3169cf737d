import { useRef, useState } from "preact/hooks";
import { processors, sharesMemory } from "../../platform/browser.ts";
import { duration, whole } from "../../report/text.ts";
import type { EpochRecord } from "../../training/loop.ts";
import { parseTrainOptions } from "../../training/parse.ts";
import { OptionFields } from "../parts/fields.tsx";
import { Notes } from "../parts/figures.tsx";
import { useAnswer } from "../parts/hooks.ts";
import { Markup } from "../parts/markup.tsx";
import type { Stride } from "../protocol/messages.ts";
import { runName } from "../protocol/runName.ts";
import { type Arrival, DataChoice } from "./data.tsx";
import type { ViewProps } from "./props.ts";
import { RunList } from "./runList.tsx";
import type { Training } from "./training.ts";

/** Choose data and options, train, watch. */
export function TrainView(props: ViewProps & { arrival: Arrival; onModel: (file: File) => void }) {
  const { sessions, onError, runs, state, change, training, arrival, onModel } = props;
  const { options } = state;
  const form = useRef<HTMLDivElement>(null);
  const setOptions = (next: typeof options) => change({ options: next });
  /** Shows the first wrong field; false if there is none. */
  const hasProblem = () => {
    const wrong = form.current?.querySelector<HTMLInputElement>("[aria-invalid=true]");
    wrong?.closest("details")?.setAttribute("open", "");
    wrong?.focus();
    return wrong !== null && wrong !== undefined;
  };
  const epochs = options.epochs ?? parseTrainOptions({}).epochs;
  const start = (stride: Stride) => {
    if (!hasProblem()) void training.start(options, epochs, stride);
  };
  return (
    <>
      <Controls {...props} onStart={start} />
      <div class="columns">
        <section class="aside" aria-label="Progress">
          <Curves sessions={sessions} onError={onError} history={training.history} />
        </section>
        <div ref={form}>
          <DataChoice
            {...{ sessions, onError, arrival, options, onModel }}
            onData={(data) => {
              const { data: _, ...others } = options;
              setOptions(data === undefined ? others : { ...others, data });
            }}
          />
          <section aria-labelledby="options-title">
            <div class="row between">
              <h2 id="options-title">Options</h2>
              <button
                type="button"
                part="button"
                class="plain"
                aria-disabled={Object.keys(options).length === 0}
                onClick={() => setOptions(options.data === undefined ? {} : { data: options.data })}
              >
                All defaults
              </button>
            </div>
            <p class="muted">
              These apply to the next start. The defaults are the recipe of the thesis; the address bar holds what
              differs.
            </p>
            <OptionFields
              options={options}
              runs={runs?.filter(({ hasModel }) => hasModel).map(({ folder }) => folder) ?? []}
              onOptions={setOptions}
            />
          </section>
          <RunList {...props} />
        </div>
      </div>
    </>
  );
}

function Controls({ training, runs, change, onStart }: ViewProps & { onStart: (stride: Stride) => void }) {
  const [stride, setStride] = useState<Stride>("epoch");
  const { status, folder, epochs, end, history } = training;
  const isPaused = status === "paused" && folder !== null;
  const isBusy = status === "running" || status === "stopping";
  const left = runs?.find((run) => !run.finished && run.problem === null && run.folder !== folder);
  const offers = status === "idle" && left;
  return (
    <section class="panel controls" aria-label="Training">
      <div class="row">
        <Action label="Start" main={!isPaused && !isBusy} off={isBusy} onClick={() => onStart("run")} />
        {isPaused ? (
          <Action label="Continue" main onClick={() => training.resume(folder, epochs, "run")} />
        ) : (
          <Action label="Pause" main={isBusy} off={status !== "running"} onClick={training.pause} />
        )}
        <Action
          label="Stop"
          off={!(isPaused || status === "running")}
          title="Ends the run; the best epoch so far is tested and kept"
          onClick={() => (isPaused ? training.resume(folder, epochs, "end") : training.endForGood())}
        />
        <Action
          label="Step"
          off={isBusy}
          onClick={() => (isPaused ? training.resume(folder, epochs, stride) : onStart(stride))}
        />
        <label>
          one{" "}
          <select value={stride} onChange={(event) => setStride(event.currentTarget.value as Stride)}>
            <option value="epoch">epoch</option>
            <option value="batch">batch</option>
          </select>
        </label>
      </div>
      <Progress training={training} />
      <Latest record={history[history.length - 1]} />
      <p class="status" role="status" aria-live="polite">
        {statusText(training)}
      </p>
      <Notes texts={training.notes} />
      <div class="row reserved">
        {end?.finished && (
          <button type="button" part="button" onClick={() => change({ view: "results", run: end.folder })}>
            See the results
          </button>
        )}
        {offers && (
          <button type="button" part="button" onClick={() => training.resume(left.folder, left.epochs, "run")}>
            Continue {runName(left)}
          </button>
        )}
      </div>
      <p class="muted small">
        Pause keeps the run so that it can be continued; Stop ends it and tests its best epoch.{" "}
        {threadsText(training.threads)}
      </p>
    </section>
  );
}

/** A button that keeps the focus when there is nothing to do for it. */
function Action(props: { label: string; main?: boolean; off?: boolean; title?: string; onClick: () => void }) {
  const { label, main = false, off = false, title, onClick } = props;
  return (
    <button
      type="button"
      part="button"
      class={main ? "main" : ""}
      aria-disabled={off}
      title={title}
      onClick={() => {
        if (!off) onClick();
      }}
    >
      {label}
    </button>
  );
}

function Progress({ training: { status, step, epochs } }: { training: Training }) {
  const isBusy = status === "running" || status === "stopping";
  const of = step ? step.total * epochs : 1;
  const done = step ? (step.epoch - 1) * step.total + step.done : 0;
  const seconds = step ? (of - done) / step.imagesPerSecond : null;
  return (
    <>
      <progress aria-label="Training" max={1} {...(isBusy && !step ? {} : { value: done / of })} />
      <dl class="figures">
        <div>
          <dt>epoch</dt>
          <dd>{step ? `${step.epoch} of ${epochs}` : "–"}</dd>
        </div>
        <div>
          <dt>images</dt>
          <dd>{step ? `${whole(step.done)} of ${whole(step.total)}` : "–"}</dd>
        </div>
        <div>
          <dt>images/s</dt>
          <dd>{step ? whole(Math.round(step.imagesPerSecond)) : "–"}</dd>
        </div>
        <div>
          <dt>time left</dt>
          <dd>{seconds !== null && isBusy ? duration(seconds) : "–"}</dd>
        </div>
      </dl>
    </>
  );
}

/** Metrics of the last epoch. */
function Latest({ record }: { record: EpochRecord | undefined }) {
  const figures = [
    ["train loss", record?.train.loss],
    ["train accuracy", record?.train.accuracy],
    ["validation loss", record?.val.loss],
    ["validation accuracy", record?.val.accuracy],
    ["validation AUC", record?.val.auc],
  ] as const;
  return (
    <dl class="figures" aria-label="After the last epoch">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value?.toFixed(4) ?? "–"}</dd>
        </div>
      ))}
    </dl>
  );
}

function statusText({ status, end, history, epochs, folder }: Training): string {
  const last = history[history.length - 1];
  switch (status) {
    case "idle":
      return "Ready.";
    case "running":
      return last
        ? `Epoch ${last.epoch} of ${epochs}: validation accuracy ${last.val.accuracy.toFixed(3)}${last.val.auc === null ? "" : `, AUC ${last.val.auc.toFixed(3)}`}.`
        : "Training the first epoch.";
    case "stopping":
      return "Stopping after the current step.";
    case "paused":
      return end && !end.finished
        ? `Paused in epoch ${end.epoch + 1}, after batch ${end.batch}. It is kept in this browser.`
        : `${folder} is paused.`;
    case "finished":
      return end?.finished
        ? `Finished: test accuracy ${(100 * end.accuracy).toFixed(2)} %${end.auc === null ? "" : `, AUC ${end.auc.toFixed(4)}`}.`
        : "Finished.";
  }
}

function threadsText(used: number | null): string {
  if (!sharesMemory())
    return "One thread: this page is not cross-origin isolated, or this browser does not let threads share memory. The results are the same.";
  const count = used ?? processors();
  return `${count} ${count === 1 ? "thread" : "threads"} of ${processors()} processors. The results do not depend on their number.`;
}

/** Loss, accuracy and AUC over the epochs. */
function Curves({
  sessions,
  onError,
  history,
}: Pick<ViewProps, "sessions" | "onError"> & { history: readonly EpochRecord[] }) {
  const drawn = history.length === 0 ? null : history;
  const pictures = useAnswer(drawn, (records) => sessions.answering().curves([...records]), onError) ?? [];
  return (
    <>
      <h2>Curves</h2>
      <div class="curves">
        {pictures.length === 0 && <p class="muted">Loss, accuracy and AUC appear here after the first epoch.</p>}
        {pictures.map(({ name, svg }) => (
          <Markup key={name} html={svg} />
        ))}
      </div>
    </>
  );
}
