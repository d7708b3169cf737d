import { useMemo, useRef, useState } from "preact/hooks";
import { processors, sharesMemory } from "../../platform/browser.ts";
import { duration, whole } from "../../report/text.ts";
import { parseTrainOptions } from "../../training/parse.ts";
import { FirstFields, OptionFields } from "../parts/fields.tsx";
import { Notes } from "../parts/figures.tsx";
import { OwnCircuit } from "../parts/ownCircuit.tsx";
import type { ModelAtHand, Stride } from "../protocol/messages.ts";
import { PRESETS, presetOf, withPreset } from "../protocol/presets.ts";
import { runName } from "../protocol/runName.ts";
import type { LabState } from "../protocol/state.ts";
import { Curves } from "./curves.tsx";
import { type Arrival, DataChoice, DataDetails, useChosenData } from "./data.tsx";
import { NetworkView } from "./network.tsx";

import type { ViewProps } from "./props.ts";
import { RunList } from "./runList.tsx";
import type { Training } from "./training.ts";
import { useWatched, type Watched } from "./watch.ts";

/** Choose data and options, train, watch the network at it. */
export function TrainView(
  props: ViewProps & { arrival: Arrival; model: ModelAtHand | null; onModel: (file: File) => void },
) {
  const { sessions, onError, runs, state, change, training, arrival, model, onModel } = props;
  const { options, hide } = state;
  const form = useRef<HTMLDivElement>(null);
  const setOptions = (next: typeof options) => change({ options: next });
  const chosen = useChosenData({ sessions, onError, options, arrival });
  const [cell, setCell] = useState(0);
  const watched = useWatched(sessions, training, model, cell);
  /** Shows the first wrong field; false if there is none. */
  const hasProblem = () => {
    const wrong = form.current?.querySelector<HTMLInputElement>("[aria-invalid=true]");
    for (let at = wrong?.closest("details"); at; at = at.parentElement?.closest("details")) at.open = true;
    wrong?.focus();
    return wrong !== null && wrong !== undefined;
  };
  const epochs = options.epochs ?? parseTrainOptions({}).epochs;
  const start = (stride: Stride) => {
    if (!hasProblem()) void training.start(options, epochs, stride);
  };
  const shows = (part: (typeof hide)[number]) => !hide.includes(part);
  // While it trains this is rendered ten times a second: what has not changed is left as it is.
  const models = useMemo(
    () => runs?.filter(({ hasModel, shipped }) => hasModel && !shipped).map(({ folder }) => folder) ?? [],
    [runs],
  );
  const network = useMemo(() => watched && <NetworkView watched={watched} onCell={setCell} />, [watched]);
  const first = useMemo(() => <FirstFields options={options} onOptions={setOptions} />, [options, change]);
  const others = useMemo(
    () => <OptionFields options={options} runs={models} onOptions={setOptions} />,
    [options, models, change],
  );
  const folder = watched?.folder ?? null;
  const { history, losses, status } = training;
  const curves = useMemo(
    () => <Curves {...{ training, sessions, folder }} planned={epochs} />,
    [history, losses, status, folder, epochs],
  );
  return (
    <>
      <Controls {...props} onStart={start} />
      <div class="desk" ref={form}>
        <div class="alive">
          {shows("network") && (
            <section aria-labelledby="network-title">
              <h2 id="network-title">{watched ? titleOf(watched, props) : "The network"}</h2>
              {network ?? <p class="status network">The network is loading.</p>}
            </section>
          )}
          {shows("curves") && curves}
        </div>
        {(shows("data") || shows("options")) && (
          <section class="options" aria-labelledby="options-title">
            <h2 id="options-title">{shows("options") ? "Options" : "Data"}</h2>
            {shows("data") && (
              <DataChoice
                {...{ sessions, onError, arrival, chosen, onModel }}
                onData={(data) => {
                  const { data: _, ...others } = options;
                  setOptions(data === undefined ? others : { ...others, data });
                }}
              />
            )}
            {shows("options") && (
              <>
                <OwnCircuit
                  options={options}
                  onOptions={setOptions}
                  onEdit={() => change({ view: "design", circuit: options.circuit as LabState["circuit"] })}
                />
                {first}
                <details class="group">
                  <summary>All options</summary>
                  <p class="muted small">
                    They apply to the next start. The defaults are the recipe of the thesis; the address bar holds what
                    differs.
                  </p>
                  <button
                    type="button"
                    part="button"
                    class="plain"
                    aria-disabled={Object.keys(options).length === 0}
                    onClick={() => setOptions(options.data === undefined ? {} : { data: options.data })}
                  >
                    All defaults
                  </button>
                  {others}
                </details>
              </>
            )}
          </section>
        )}
      </div>
      {shows("data") && !chosen.isMissing && (
        <section aria-labelledby="data-title">
          <h2 id="data-title">Classes and images</h2>
          <DataDetails key={chosen.data} {...{ sessions, onError, options }} asked={chosen.isStored} />
        </section>
      )}
      {shows("runs") && <RunList {...props} />}
    </>
  );
}

/** Whose work is shown. */
function titleOf({ isTraining, folder }: Watched, { training, runs }: Pick<ViewProps, "training" | "runs">): string {
  if (isTraining && training.diverged) return "The network before the step that diverged";
  if (isTraining) return training.status === "paused" ? "The network where it was paused" : "The network as it trains";
  const run = runs?.find((each) => each.folder === folder);
  return run ? `The trained network: ${runName(run)}` : "The model that was opened";
}

function Controls({ training, runs, state, change, onStart }: ViewProps & { onStart: (stride: Stride) => void }) {
  const [stride, setStride] = useState<Stride>("epoch");
  const { status, folder, epochs, end, diverged } = training;
  const isPaused = status === "paused" && folder !== null;
  const isBusy = status === "running" || status === "stopping";
  const canResume = isPaused && !diverged;
  const left = runs?.find((run) => !run.finished && run.problem === null && run.folder !== folder);
  const offers = status === "idle" && left;
  return (
    <section class="panel controls" aria-label="Training">
      <div class="row">
        {!state.hide.includes("options") && <Presets {...{ state, change }} />}
        <Action label="Start" main={!canResume && !isBusy} off={isBusy} onClick={() => onStart("run")} />
        {canResume ? (
          <Action label="Continue" main onClick={() => training.resume(folder, epochs, "run")} />
        ) : (
          <Action
            label="Pause"
            main={isBusy}
            off={status !== "running"}
            title="Keeps the run so that it can be continued"
            onClick={training.pause}
          />
        )}
        <Action
          label="Stop"
          off={!(canResume || status === "running")}
          title="Ends the run; the best epoch so far is tested and kept"
          onClick={() => (isPaused ? training.resume(folder, epochs, "end") : training.endForGood())}
        />
        <Action
          label="Step"
          off={isBusy}
          onClick={() => (canResume ? training.resume(folder, epochs, stride) : onStart(stride))}
        />
        <label>
          one{" "}
          <select value={stride} onChange={(event) => setStride(event.currentTarget.value as Stride)}>
            <option value="epoch">epoch</option>
            <option value="batch">batch</option>
          </select>
        </label>
        <Figures training={training} />
      </div>
      <Progress training={training} />
      <div class="row said">
        <p class="status" role="status" aria-live="polite">
          {statusText(training)}
        </p>
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
        <span class="muted small threads">{threadsText(training.threads)}</span>
      </div>
      <Notes texts={training.notes} />
    </section>
  );
}

function Presets({ state, change }: Pick<ViewProps, "state" | "change">) {
  const preset = presetOf(state.options);
  return (
    <label>
      Preset{" "}
      <select
        value={preset?.name ?? ""}
        title={preset?.about}
        onChange={(event) => {
          const wanted = PRESETS.find(({ name }) => name === event.currentTarget.value);
          if (wanted) change({ options: withPreset(wanted, state.options) });
        }}
      >
        {!preset && <option value="">your own options</option>}
        {PRESETS.map(({ name, about }) => (
          <option key={name} value={name} title={about}>
            {name}
          </option>
        ))}
      </select>
    </label>
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

/** Share of a run that is done, 0 to 1. */
function shareOf({ step, epochs, history }: Training): number {
  if (!step) return epochs === 0 ? 0 : history.length / epochs;
  return (step.epoch - 1 + step.done / step.total) / epochs;
}

function Progress({ training }: { training: Training }) {
  const isBusy = training.status === "running" || training.status === "stopping";
  const isOpening = isBusy && !training.step;
  return <progress aria-label="Training" max={1} {...(isOpening ? {} : { value: shareOf(training) })} />;
}

function Figures({ training }: { training: Training }) {
  const { step, epochs, status } = training;
  const isBusy = status === "running" || status === "stopping";
  if (!step) return null;
  const seconds = ((1 - shareOf(training)) * epochs * step.total) / step.imagesPerSecond;
  const figures = [
    ["epoch", `${step.epoch} of ${epochs}`],
    ["batch", `${step.batch} of ${step.batches}`],
    ["images", `${whole(step.done)} of ${whole(step.total)}`],
    ["images/s", whole(Math.round(step.imagesPerSecond))],
    ["time left", isBusy ? duration(seconds) : "–"],
  ];
  return (
    <dl class="figures">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function statusText({ status, end, history, epochs, folder, diverged }: Training): string {
  const last = history[history.length - 1];
  switch (status) {
    case "idle":
      return "Ready.";
    case "running":
      return last
        ? `Epoch ${last.epoch} of ${epochs}: validation accuracy ${last.val.accuracy.toFixed(3)}${last.val.auc === null ? "" : `, AUC ${last.val.auc.toFixed(4)}`}.`
        : "Training the first epoch.";
    case "stopping":
      return "Stopping after the current step.";
    case "paused":
      if (diverged) return `${diverged} Start again with other options: this run cannot be continued.`;
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
  return `${count} ${count === 1 ? "thread" : "threads"} of ${processors()} processors; the results do not depend on their number.`;
}
