import { ENGINE_NAMES, MOST_THREADS } from "../../engine/load.ts";
import * as kind from "../kinds.ts";
import type { Row } from "./row.ts";

/** Options: what computes; no result depends on the number of threads. */
export const ENGINE_OPTIONS = {
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
