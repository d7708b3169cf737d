import type { Kind } from "../kinds.ts";

/** Headings of --help and of the page's form, in this order. */
export const GROUPS = ["Data and task", "Network", "Training", "Augmentation", "Engine"] as const;
export type Group = (typeof GROUPS)[number];

/** The parts of the program that an option is handed to. */
export type Part = "data" | "network" | "training" | "augmentation" | "evaluation" | "engine";

/** One option of training. */
export interface Row {
  kind: Kind<unknown>;
  /** Left out: the option may be absent. */
  default?: unknown;
  /** What it does, as --help says it: other options by their flags, no range and no default. */
  help: string;
  /** In place of a default that cannot be named by one value: "15 with --augment rotations, else 0". */
  defaultText?: string;
  group: Group;
  belongsTo: readonly Part[];
  /**
   * The result of a run does not depend on its value, or knows it otherwise (data by their MD5). "given": --resume
   * takes another value; "ignored": it does not.
   */
  resumed?: "given" | "ignored";
  /** Where the page differs from the command line. */
  page?: {
    /** In place of the flag's words. */
    label?: string;
    /** What its list offers, where the kind has no choices or not all make sense there; "models": runs with a model. */
    choices?: readonly string[] | "models";
    /** A view has a place of its own for it. */
    placed?: true;
  };
}
