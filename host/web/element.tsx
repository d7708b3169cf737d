import { render } from "preact";
import { UsageError } from "../check.ts";
import "../platform/webFiles.ts";
import "../platform/webPrograms.ts";
import { attributeOf, FIELDS, parseValue, problemWith, withOption } from "../training/fields.ts";
import { App } from "./app.tsx";
import type { LabControls } from "./controls.ts";
import { styleSheet } from "./parts/style.ts";
import type { LabEvents, LabPrediction } from "./protocol/events.ts";
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

/** Frameworks also load this module on a server, which has no elements. */
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

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
 * Methods: `start()`, `pause()`, `predict(image)`.
 *
 * Events, which cross shadow roots: see `LabEvents`.
 *
 * CSS parts: `tabs`, `tab`, `panel`, `error`, `button`. Colours are custom properties: --paper, --panel, --ink,
 * --muted, --faint, --accent, --on-accent, --wrong.
 */
export class HqcnnLab extends Base {
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
  #controls: LabControls | null = null;
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

  /**
   * Starts a training with the options of the element, or continues the one that is paused. Resolves when it has ended
   * or is paused; what goes wrong is an event `hqcnn-error`. Does nothing while one runs.
   */
  start(): Promise<void> {
    return this.#asked("start").start();
  }

  /** Pauses the training after the step under way. Does nothing when none runs. */
  pause(): void {
    this.#asked("pause").pause();
  }

  /**
   * Classifies an image with the model of the element, in any view. Waits for a model that is being fetched.
   * @param image a file of any format that the page reads
   * @param name of the image, in the answer and in errors; default: that of a File, else "image"
   * @throws UsageError without a model or when the element is in no page; an Error that names an image which cannot be
   *   read
   */
  async predict(image: Blob, name = image instanceof File ? image.name : "image"): Promise<LabPrediction> {
    const prediction = await this.#asked("predict").predict(image, name);
    this.#emit("hqcnn-prediction", prediction);
    return prediction;
  }

  #asked(method: string): LabControls {
    if (this.isConnected && this.#controls) return this.#controls;
    throw new UsageError(`${method}: put <hqcnn-lab> into the page first`);
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

  #emit<Name extends keyof LabEvents>(name: Name, detail: LabEvents[Name]): void {
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
        emit={(name, detail) => this.#emit(name, detail)}
        onControls={(controls) => {
          this.#controls = controls;
        }}
      />,
      this.#root,
    );
  }
}

/** Makes `<hqcnn-lab>` known to the page, once. Does nothing on a server. */
export function defineLab(): void {
  if (!globalThis.customElements) return;
  if (!customElements.get("hqcnn-lab")) customElements.define("hqcnn-lab", HqcnnLab);
}
