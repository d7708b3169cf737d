import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { type LabControls, useControls } from "./controls.ts";
import { useKeptFocus } from "./parts/keptFocus.ts";
import { later } from "./parts/later.tsx";
import { type Emit, sentenceOf } from "./protocol/atHand.ts";
import { type SessionHandle, startSession } from "./protocol/client.ts";
import type { RunSummary, Sessions } from "./protocol/messages.ts";
import { type LabState, VIEWS, type View } from "./protocol/state.ts";
import { Share } from "./share.tsx";
import { type ComparisonRun, useComparison } from "./views/comparison.ts";
import { useArrival } from "./views/data.tsx";
import { useImages } from "./views/images.ts";
import { ModelBar, useModel } from "./views/modelBar.tsx";
import type { UnderstandProps, ViewProps } from "./views/props.ts";
import { TrainView } from "./views/train.tsx";
import { useTraining } from "./views/training.ts";

export interface AppProps {
  state: LabState;
  onState: (state: LabState) => void;
  /** Whether all views are offered, or the state's alone. */
  tabs: boolean;
  /** Given from outside: an address, or bytes. */
  model: string | Uint8Array<ArrayBuffer> | null;
  /** What is wrong with a link or an attribute, the oldest first; the list only grows. */
  problems: readonly string[];
  emit: Emit;
  /** Told what a program may ask of the page. */
  onControls: (controls: LabControls) => void;
}

/** Sentences shown at once: a folder of broken files names each of them. */
const MOST_ERRORS = 30;

const TITLES: Record<View, string> = {
  train: "Train",
  results: "Results",
  use: "Use",
  layers: "Layers",
  circuit: "Circuit",
  design: "Design",
  compare: "Compare",
};

// What the first paint need not wait for.
const ResultsView = later<ViewProps & { onModel: (file: File) => void }>(
  async () => (await import("./views/results.tsx")).ResultsView,
);
const UseView = later<UnderstandProps>(async () => (await import("./views/use.tsx")).UseView);
const LayersView = later<UnderstandProps>(async () => (await import("./views/layers.tsx")).LayersView);
const CircuitView = later<UnderstandProps>(async () => (await import("./views/circuit.tsx")).CircuitView);
const DesignView = later<ViewProps>(async () => (await import("./views/design.tsx")).DesignView);
const CompareView = later<ViewProps & { comparison: ComparisonRun }>(
  async () => (await import("./views/compare.tsx")).CompareView,
);
const LATER = [ResultsView, UseView, LayersView, CircuitView, DesignView, CompareView];
/** Milliseconds after which they are loaded, so that a tab opens at once. */
const CALM = 4000;

/**
 * Everything inside `<hqcnn-lab>`. A training or comparison under way lives here, so that changing the view does not
 * end it.
 */
export function App({ state, onState, tabs, model: given, problems, emit, onControls }: AppProps) {
  const [errors, setErrors] = useState<readonly string[]>([]);
  const onError = useCallback((error: unknown) => {
    const message = sentenceOf(error);
    setErrors((shown) => (shown.includes(message) ? shown : [...shown, message].slice(-MOST_ERRORS)));
    emit("hqcnn-error", { message });
  }, []);
  const sessions = useSessions(onError);
  const [runs, setRuns] = useState<readonly RunSummary[] | null>(null);
  const refreshRuns = useCallback(async () => {
    try {
      setRuns(await sessions.answering().runs());
    } catch (error) {
      setRuns([]);
      onError(error);
    }
  }, []);
  // A training may have brought better models since.
  useEffect(() => {
    void refreshRuns();
  }, [state.view]);
  const latest = useRef(state);
  latest.current = state;
  const change = useCallback((part: Partial<LabState>) => onState({ ...latest.current, ...part }), [onState]);
  const training = useTraining({ sessions, onError, emit, refreshRuns });
  const comparison = useComparison({ sessions, onError });
  const arrival = useArrival(onError);
  const model = useModel({ sessions, run: state.run, runs, given, onError });
  onControls(useControls({ sessions, training, model, runs, state, given }));
  const atHand = useImages(model.atHand, sessions, onError);
  const shared = { sessions, onError, runs, refreshRuns, state, change, training };

  const view = () => {
    switch (state.view) {
      case "train":
        return (
          <TrainView
            {...shared}
            arrival={arrival}
            model={model.atHand}
            onModel={(file) => {
              void model.open(file);
              change({ view: "use" });
            }}
          />
        );
      case "results":
        return <ResultsView {...shared} onModel={model.open} />;
      case "design":
        return <DesignView {...shared} />;
      case "compare":
        return <CompareView {...shared} comparison={comparison} />;
      default: {
        const View = { use: UseView, layers: LayersView, circuit: CircuitView }[state.view];
        return (
          <>
            <ModelBar {...shared} model={model} />
            {model.atHand && (
              <View
                key={model.atHand.name}
                model={model.atHand}
                session={sessions.answering()}
                {...atHand}
                change={change}
                onError={onError}
                onPrediction={(prediction) => emit("hqcnn-prediction", prediction)}
              />
            )}
          </>
        );
      }
    }
  };

  const hasTabs = tabs && !state.hide.includes("tabs");
  useEffect(() => {
    if (!hasTabs) return;
    // Without a network the view says so when it is chosen.
    const timer = setTimeout(() => {
      for (const { preload } of LATER) preload().catch(() => {});
    }, CALM);
    return () => clearTimeout(timer);
  }, [hasTabs]);
  // A button that leads to another view disappears with its view: the focus moves to the panel.
  const panel = useRef<HTMLDivElement>(null);
  const shownView = useRef(state.view);
  useEffect(() => {
    if (shownView.current === state.view) return;
    shownView.current = state.view;
    const root = panel.current?.getRootNode() as ShadowRoot;
    // Not for a view that a link has chosen, before anybody has done anything.
    const isUsed = navigator.userActivation?.hasBeenActive !== false;
    if (root.activeElement === null && isUsed) panel.current?.focus({ preventScroll: true });
    setErrors([]);
  }, [state.view]);
  useKeptFocus(panel);
  // After the view's effect: what is wrong with a link to another view must stay.
  const told = useRef(0);
  useEffect(() => {
    for (const message of problems.slice(told.current)) onError(message);
    told.current = problems.length;
  }, [problems]);
  // Whoever presses the next button has read them.
  const forgetErrors = (event: MouseEvent) => {
    if ((event.target as Element).closest("button, .file")) setErrors([]);
  };

  return (
    <div class={state.large ? "large" : undefined}>
      {tabs && (
        <div class="top">
          {hasTabs && <Tabs view={state.view} onView={(next) => change({ view: next })} />}
          {!state.hide.includes("share") && <Share {...{ state, change }} />}
        </div>
      )}
      <div role="alert" class="errors">
        {errors.map((message) => (
          <div key={message} class="error" part="error">
            <p>{message}</p>
            <button
              type="button"
              part="button"
              onClick={() => setErrors((shown) => shown.filter((other) => other !== message))}
            >
              Close
            </button>
          </div>
        ))}
      </div>
      <div
        part="panel"
        id="panel"
        ref={panel}
        onClickCapture={forgetErrors}
        {...(hasTabs && { role: "tabpanel", "aria-labelledby": `tab-${state.view}`, tabIndex: -1 })}
      >
        {view()}
      </div>
    </div>
  );
}

/** The views as tabs: arrows, Home and End move and choose (https://www.w3.org/WAI/ARIA/apg/patterns/tabs). */
function Tabs({ view, onView }: { view: View; onView: (view: View) => void }) {
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const at = VIEWS.indexOf(view);
    const last = VIEWS.length - 1;
    const to = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[
      event.key
    ];
    if (to === undefined) return;
    event.preventDefault();
    onView(VIEWS[to]);
    list.current?.querySelectorAll("button")[to].focus();
  };
  return (
    <div class="tabs" part="tabs" role="tablist" aria-label="Views" ref={list} onKeyDown={onKeyDown}>
      {VIEWS.map((name) => (
        <button
          key={name}
          type="button"
          part="tab"
          role="tab"
          id={`tab-${name}`}
          aria-selected={name === view}
          aria-controls="panel"
          tabIndex={name === view ? 0 : -1}
          onClick={() => onView(name)}
        >
          {TITLES[name]}
        </button>
      ))}
    </div>
  );
}

/** The page's workers, started when first asked. */
function useSessions(onError: (error: unknown) => void): Sessions {
  const started = useRef<Record<string, SessionHandle>>({});
  useEffect(
    () => () => {
      for (const handle of Object.values(started.current)) handle.close();
      started.current = {};
    },
    [],
  );
  return useMemo(() => {
    const session = (name: string) => () => {
      started.current[name] ??= startSession(onError);
      return started.current[name].session;
    };
    return { training: session("training"), answering: session("answering") };
  }, []);
}
