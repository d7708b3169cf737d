// What a page's own program and its JSX know of <hqcnn-lab>.
import type { HTMLAttributes } from "preact";
import type { TrainOptions } from "../training/options.ts";
import type { HqcnnLab } from "./element.tsx";
import type { LabEvents } from "./protocol/events.ts";
import type { View } from "./protocol/state.ts";

/** "batchSize" → "batch-size" */
type Kebab<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `-${Lowercase<First>}`}${Kebab<Rest>}`
  : Name;

/** The options of training as attributes. */
type OptionAttributes = { [Name in keyof TrainOptions as Kebab<Name>]?: string | number | boolean };

/** The element's attributes. */
export interface LabAttributes extends OptionAttributes {
  /** Fixes a view and hides the tabs; with `tabs` it is where they start. */
  view?: View | "predict";
  /** Shows the tabs in spite of `view`. */
  tabs?: boolean | "";
  /** Parts that are left out, as in "options,data": tabs, share, network, curves, options, data, runs. */
  hide?: string;
  /** Everything larger, for a lecture. */
  large?: boolean | "";
  /** Address of a model.safetensors. */
  model?: string;
}

declare global {
  interface HTMLElementTagNameMap {
    "hqcnn-lab": HqcnnLab;
  }
  interface HTMLElementEventMap extends LabCustomEvents {}
}

type LabCustomEvents = { [Name in keyof LabEvents]: CustomEvent<LabEvents[Name]> };

declare module "preact" {
  namespace JSX {
    interface IntrinsicElements {
      "hqcnn-lab": LabAttributes & Omit<HTMLAttributes<HqcnnLab>, keyof LabAttributes>;
    }
  }
}
