import { isRecord } from "../../check.ts";
import type { CircuitData } from "../../circuit/data.ts";
import { ABLATION_NAMES, type AblationName } from "../../comparison/ablationNames.ts";
import { attributeOf, FIELDS, parseValue, problemWith, withOption } from "../../training/fields.ts";
import type { TrainOptions } from "../../training/options.ts";

export const VIEWS = ["train", "results", "use", "layers", "circuit", "design", "compare"] as const;
export type View = (typeof VIEWS)[number];

/** Folder of the run that ships with the page (test/bench/sampleRun.ts makes it); it can only be read. */
export const SHIPPED = "sample-run";

/** What a link says: where the page stands, and the experiment. */
export interface LabState {
  view: View;
  /** Run folder whose results and model are looked at; null: the newest. */
  run: string | null;
  /** Options of training that differ from their defaults. */
  options: Partial<TrainOptions>;
  /** The circuit that is designed; null: the one to start with. */
  circuit: CircuitData | null;
  /** Of a comparison; null: the standard ones. */
  twins: readonly AblationName[] | null;
  /** Of a comparison. */
  seeds: number;
  /** What a lesson does without. */
  hide: readonly Hideable[];
  /** Everything larger, for a lecture. */
  large: boolean;
}

/** Parts of the page that can be hidden. */
export const HIDEABLE = ["tabs", "share", "network", "curves", "options", "data", "runs"] as const;
export type Hideable = (typeof HIDEABLE)[number];

export const START: LabState = {
  ...{ view: "train", run: null, options: {}, circuit: null, twins: null, seeds: 5, hide: [], large: false },
};

/** The state as the fragment of an address, without "#": only what differs from the start. */
export function encodeState({ view, run, options, circuit, twins, seeds, hide, large }: LabState): string {
  const parameters = new URLSearchParams();
  if (view !== START.view) parameters.set("view", view);
  for (const { key } of FIELDS) {
    const value = options[key];
    if (value !== undefined)
      parameters.set(attributeOf(key), isData(key, value) ? JSON.stringify(value) : String(value));
  }
  if (circuit) parameters.set(DESIGN, JSON.stringify(circuit));
  if (twins) parameters.set("twins", twins.join(","));
  if (seeds !== START.seeds) parameters.set("seeds", String(seeds));
  if (run !== null) parameters.set("run", run);
  if (hide.length > 0) parameters.set("hide", hide.join(","));
  if (large) parameters.set("large", "true");
  return parameters.toString().replaceAll("%2F", "/").replaceAll("%2C", ",");
}

/** Reads a fragment. What cannot be read is left out, with a sentence each. */
export function decodeState(fragment: string): { state: LabState; problems: string[] } {
  const state = { ...START };
  const problems: string[] = [];
  for (const [name, text] of new URLSearchParams(fragment.replace(/^#/, ""))) {
    const problem = readParameter(state, name, text);
    if (problem !== null) problems.push(`The link says ${name}=${text}: ${problem}.`);
  }
  return { state, problems };
}

/** The parameter of a link that holds the circuit that is designed. */
const DESIGN = "design";
/** The widest circuit that is designed in a page: the state after every gate is shown. */
export const MOST_DESIGNED_WIRES = 10;

/** Whether an option's value is what stood in files, not their paths. */
function isData(key: string, value: unknown): boolean {
  return (key === "circuit" || key === "noise") && typeof value === "object";
}

/** The value of an option in a link. */
function readValue(field: (typeof FIELDS)[number], text: string): unknown {
  if ((field.key === "circuit" || field.key === "noise") && /^[{[]/.test(text)) {
    try {
      return JSON.parse(text);
    } catch {} // a path that begins like this
  }
  return parseValue(field, text);
}

/** What a circuit may be is looked at where it is drawn: the library for that takes long to load. */
function readDesign(state: LabState, text: string): string | null {
  try {
    const data: unknown = JSON.parse(text);
    if (!isRecord(data)) return "expected a circuit as JSON";
    state.circuit = data as unknown as CircuitData;
    return null;
  } catch {
    return "expected a circuit as JSON";
  }
}

function readParameter(state: LabState, name: string, text: string): string | null {
  if (name === "view") {
    const view = viewOf(text);
    if (view === null) return `expected one of ${VIEWS.join(", ")}`;
    state.view = view;
    return null;
  }
  if (name === DESIGN) return readDesign(state, text);
  if (name === "run") {
    state.run = text;
    return null;
  }
  if (name === "hide") {
    const { hide, problem } = parseHide(text);
    state.hide = hide;
    return problem;
  }
  if (name === "large") {
    state.large = text !== "false";
    return ["true", "false", ""].includes(text) ? null : "expected true or false";
  }
  if (name === "twins") {
    const names = text.split(",").filter((twin) => twin !== "");
    const isKnown = (twin: string) => (ABLATION_NAMES as readonly string[]).includes(twin);
    if (!names.every(isKnown)) return `expected some of ${ABLATION_NAMES.join(", ")}`;
    state.twins = names as AblationName[];
    return null;
  }
  if (name === "seeds") {
    const seeds = Number(text);
    if (!isSeedCount(seeds)) return `expected ${SEED_COUNT}`;
    state.seeds = seeds;
    return null;
  }
  const field = FIELDS.find(({ key }) => attributeOf(key) === name);
  if (!field) return "there is no such option";
  const value = readValue(field, text);
  const problem = problemWith(field, value);
  if (problem === null) state.options = withOption(state.options, field, value);
  return problem;
}

/** What a text such as "options,data" hides; of unknown names a problem is made, the others hold. */
export function parseHide(text: string): { hide: Hideable[]; problem: string | null } {
  const names = text.split(",").filter((name) => name !== "");
  const unknown = names.filter((name) => !(HIDEABLE as readonly string[]).includes(name));
  return {
    hide: HIDEABLE.filter((part) => names.includes(part)),
    problem: unknown.length === 0 ? null : `expected some of ${HIDEABLE.join(", ")}, got ${unknown.join(", ")}`,
  };
}

/** Seeds of a comparison in a page. */
export const SEED_COUNT = "a whole number from 1 to 20";

export function isSeedCount(seeds: number): boolean {
  return Number.isInteger(seeds) && seeds >= 1 && seeds <= 20;
}

/** A view by its name in links and attributes; null if there is none. */
export function viewOf(name: string): View | null {
  if (name === "predict") return "use";
  return VIEWS.find((view) => view === name) ?? null;
}
