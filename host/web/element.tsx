import { render } from "preact";
import { attributeOf, FIELDS, parseValue, problemWith, withOption } from "../training/fields.ts";
import { App } from "./app.tsx";
import { styleSheet } from "./parts/style.ts";
import {
  decodeState,
  encodeState,
  type LabState,
  parseHide,
  START,
  VIEWS,
  type View,
  viewOf,
} from "./protocol/state.ts";

/**
 * `<hqcnn-lab>`: training, results, and use of a network in a page.
 *
 * Attributes, all optional:
 * - `view`: train, results, use (or predict), layers, circuit or compare. It fixes that view, without tabs; with `tabs`
 *   it is where the tabs start.
 * - `tabs`: shows the tabs in spite of `view`.
 * - `hide`: parts that are left out, as in `hide="options,data"`: tabs, share, network, curves, options, data, runs.
 * - `large`: everything larger, for a lecture.
 * - `model`: address of a model.safetensors for the views that use one; fetched at once.
 * - every option of training by its name on the command line: `data="pneumoniamnist" epochs="5" seed="1"
 *   batch-size="32"`.
 *
 * Properties: `view`, `data`, `epochs`, `seed` and `model` (an address, or the bytes of a model file); `state`, the
 * whole state as the fragment of a link.
 *
 * Events, which cross shadow roots: `hqcnn-epoch` (detail: the epoch's metrics, a line of history.jsonl), `hqcnn-end`
 * (detail: folder, accuracy, auc, fingerprint), `hqcnn-prediction` (detail: label, className, probs, name;
 * labels where an image may have several),
 * `hqcnn-error` (detail: message), `hqcnn-state` (detail: state).
 *
 * CSS parts: `tabs`, `tab`, `panel`, `error`, `button`. Colours are custom properties: --paper, --panel, --ink,
 * --muted, --faint, --accent, --on-accent, --wrong.
 */
export class HqcnnLab extends HTMLElement {
  static readonly observedAttributes = [
    "view",
    "tabs",
    "hide",
    "large",
    "model",
    ...FIELDS.map(({ key }) => attributeOf(key)),
  ];

  #state: LabState = START;
  #model: string | Uint8Array<ArrayBuffer> | null = null;
  /** What is wrong with a link, an attribute or a property: said in the page. */
  #problems: readonly string[] = [];
  #root = this.attachShadow({ mode: "open" });

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [styleSheet()];
  }

  connectedCallback(): void {
    // What a page set before this program was loaded hides the properties of the class.
    for (const name of ["view", "data", "epochs", "seed", "model", "state"] as const) {
      const own = Object.getOwnPropertyDescriptor(this, name);
      if (!own) continue;
      delete (this as Partial<HqcnnLab>)[name];
      Reflect.set(this, name, own.value);
    }
    this.#render();
  }

  disconnectedCallback(): void {
    // Not when it is only moved: everything in it would be lost.
    queueMicrotask(() => {
      if (!this.isConnected) render(null, this.#root);
    });
  }

  attributeChangedCallback(name: string, _: string | null, text: string | null): void {
    if (name === "model") this.#model = text;
    else if (name === "view") this.#setView(text);
    else if (name === "large") this.#state = { ...this.#state, large: text !== null && text !== "false" };
    else if (name === "hide") {
      const { hide, problem } = parseHide(text ?? "");
      this.#state = { ...this.#state, hide };
      if (problem !== null) this.#problems = [...this.#problems, `hide: ${problem}`];
    } else if (name !== "tabs") {
      const field = FIELDS.find(({ key }) => attributeOf(key) === name);
      if (field) this.#setOption(field.key, text === null ? undefined : parseValue(field, text));
    }
    this.#render();
  }

  get view(): View {
    return this.#state.view;
  }
  set view(view: View | "predict") {
    this.setAttribute("view", view);
  }

  get data(): string {
    return String(this.#option("data"));
  }
  set data(data: string) {
    this.#setOption("data", data);
    this.#render();
  }

  get epochs(): number {
    return Number(this.#option("epochs"));
  }
  set epochs(epochs: number) {
    this.#setOption("epochs", epochs);
    this.#render();
  }

  get seed(): number {
    return Number(this.#option("seed"));
  }
  set seed(seed: number) {
    this.#setOption("seed", seed);
    this.#render();
  }

  get model(): string | Uint8Array<ArrayBuffer> | null {
    return this.#model;
  }
  set model(model: string | Uint8Array<ArrayBuffer> | null) {
    this.#model = model;
    this.#render();
  }

  get state(): string {
    return encodeState(this.#state);
  }
  set state(fragment: string) {
    const { state, problems } = decodeState(fragment);
    this.#state = state;
    this.#problems = [...this.#problems, ...problems];
    this.#render();
    // The address then says what is done.
    if (problems.length > 0) this.#emit("hqcnn-state", { state: this.state });
  }

  #option(key: string): unknown {
    const field = FIELDS.find((candidate) => candidate.key === key);
    return this.#state.options[key as keyof LabState["options"]] ?? field?.standard;
  }

  #setOption(key: string, value: unknown): void {
    const field = FIELDS.find((candidate) => candidate.key === key);
    if (!field) return;
    const problem = value === undefined ? null : problemWith(field, value);
    if (problem === null) this.#state = { ...this.#state, options: withOption(this.#state.options, field, value) };
    else this.#problems = [...this.#problems, `${attributeOf(key)}: ${problem}, got ${value}`];
  }

  #setView(text: string | null): void {
    const view = text === null ? START.view : viewOf(text);
    this.#state = { ...this.#state, view: view ?? START.view };
    if (view === null) {
      const problem = `view: expected one of ${VIEWS.join(", ")}, got ${text}; “${START.view}” is shown`;
      this.#problems = [...this.#problems, problem];
    }
  }

  #emit(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }

  #render(): void {
    if (!this.isConnected) return;
    const change = (next: LabState) => {
      this.#state = next;
      this.#render();
      this.#emit("hqcnn-state", { state: encodeState(next) });
    };
    render(
      <App
        state={this.#state}
        onState={change}
        tabs={!this.hasAttribute("view") || this.hasAttribute("tabs")}
        model={this.#model}
        problems={this.#problems}
        base={import.meta.url}
        emit={(name, detail) => this.#emit(name, detail)}
      />,
      this.#root,
    );
  }
}

/** Makes `<hqcnn-lab>` known to the page, once. */
export function defineLab(): void {
  if (!customElements.get("hqcnn-lab")) customElements.define("hqcnn-lab", HqcnnLab);
}
