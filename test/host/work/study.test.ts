import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createNodePlatform } from "../../../host/platform/node.ts";
import type { ExecuteRun } from "../../../host/study/executor.ts";
import { failuresOf } from "../../../host/study/file.ts";
import { RUN_FILES } from "../../../host/training/files.ts";
import { parseTrainOptions } from "../../../host/training/parse.ts";
import { carryOut } from "../../../host/work/study.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const platform = createNodePlatform();
const study = suite("work/study");

study("at a rung, what failed for good is in the folder, and what a second try has mended is not", async () => {
  const folder = temporaryFolder();
  const tries: Record<string, number> = {};
  const execute: ExecuteRun = async (options, own, { until }) => {
    const id = platform.basename(own);
    tries[id] = (tries[id] ?? 0) + 1;
    if (id === "broken" || (id === "mended" && tries[id] === 1)) throw new Error(`${id} fails`);
    if (until !== undefined) return false;
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, RUN_FILES.config), JSON.stringify({ options }));
    writeFileSync(join(own, RUN_FILES.metrics), "{}");
    return true;
  };
  const runs = ["mended", "broken", "well"].map((id) => ({ id, options: parseTrainOptions({ epochs: 4 }) }));
  const atRung: unknown[] = [];
  const stopped = async () => {
    atRung.push(await failuresOf(platform, folder, "study"));
    return new Set(["well"]);
  };
  const executor = { execute, parallel: 1, options: {} };
  const error = await carryOut(
    { platform } as Parameters<typeof carryOut>[0],
    folder,
    { command: "study", options: {}, runs },
    executor,
    {},
    { rungs: { epochs: [1], stopped } },
  ).catch((error: Error) => error);
  assert.match(String(error), /1 of 3 runs failed/);
  assert.equal(atRung, [{ broken: "broken fails" }, { broken: "broken fails" }]);
  assert.equal(tries, { mended: 3, broken: 2, well: 1 });
});

study.run();
