import { ENGINE_NAMES, MOST_THREADS } from "../../engine/load.ts";
import * as kind from "../kinds.ts";
import type { Row } from "./row.ts";

/** Options: what computes, and from which random numbers; no result depends on the number of threads. */
export const ENGINE_OPTIONS = {
  // Here, not among its group: links and command lines name options in the order of the table, the seed near the end.
  seed: {
    kind: kind.whole(0, 2 ** 32 - 1),
    default: 0,
    help: "seed of every random number: splits, initial weights, order of images, augmentation",
    group: "Training",
    belongsTo: ["data", "network", "training"],
  },
  engine: {
    kind: kind.choice(ENGINE_NAMES),
    default: "strict",
    help: "strict: the same bits on every machine; fast: fused multiply-add; +wide: 256-bit vectors behind a V8 flag, after a self-check",
    group: "Engine",
    belongsTo: ["engine"],
    // The wide ones need a flag of V8, which no page can set.
    page: { choices: ["strict", "fast"] },
  },
  threads: {
    kind: kind.whole(0, MOST_THREADS),
    default: 0,
    help: "number of threads; 0: one per processor; the result does not depend on it",
    group: "Engine",
    belongsTo: ["engine"],
    resumed: "given",
  },
} as const satisfies Record<string, Row>;
