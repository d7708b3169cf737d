// node build/test/util/run.js SUITE [WORD…]: the test command. Each uvu file runs in a process of its own; as-pect runs its specs twice, as debug and
// as release build. With words only the files whose path holds one of them run, and the committed minimum does not count.
import { globSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { repository } from "./paths.ts";
import { type Counts, execute, type Finished, inParallel } from "./process.ts";
import { report } from "./report.ts";
