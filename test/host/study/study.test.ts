import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as z from "zod";
import { createNodePlatform } from "../../../host/platform/node.ts";
import type { ExecuteRun } from "../../../host/study/executor.ts";
import { readStudy } from "../../../host/study/file.ts";
import { isFinished, runStudy, type StudyProgress, type StudyRun } from "../../../host/study/study.ts";
import { RUN_FILES } from "../../../host/training/files.ts";
import type { TrainOptions } from "../../../host/training/options.ts";
import { parseTrainOptions } from "../../../host/training/parse.ts";
import { eventually } from "../../util/eventually.ts";
import { refused } from "../../util/refusal.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const platform = createNodePlatform();
const study = suite("comparison/study");

const run = (id: string, after?: string, options: object = {}): StudyRun => ({
  id,
  options: parseTrainOptions({ epochs: 3, ...options }),
  ...(after && { after }),
});

/** Leaves what a finished run leaves. */
function finish(folder: string, options: TrainOptions): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, RUN_FILES.config), JSON.stringify({ options }));
  writeFileSync(join(folder, RUN_FILES.metrics), "{}");
}

/** An `execute` that takes as many turns of the event loop as a run has epochs and notes what happened. */
function fake(failing: Record<string, string> = {}) {
  const seen = { events: [] as string[], running: 0, most: 0, starts: {} as Record<string, string | undefined> };
  const execute: ExecuteRun = async (options, folder, { signal, onEpoch }) => {
    const id = platform.basename(folder);
    seen.events.push(`start ${id}`);
    seen.starts[id] = options.start;
    seen.most = Math.max(seen.most, ++seen.running);
    try {
      for (let epoch = 1; epoch <= options.epochs; epoch++) {
        await new Promise((resolve) => setImmediate(resolve));
        if (signal?.aborted) return false;
        if (failing[id]) throw new Error(failing[id]);
        onEpoch(epoch);
      }
      finish(folder, options);
      seen.events.push(`end ${id}`);
      return true;
    } finally {
      seen.running--;
    }
  };
  return { execute, seen };
}

study("runs one after the other in the order of the list", async () => {
  const { execute, seen } = fake();
  const folder = join(temporaryFolder(), "new");
  assert.is(
    await runStudy(
      ["c", "a", "b"].map((id) => run(id)),
      folder,
      platform,
      execute,
      { parallel: 1 },
    ),
    true,
  );
  assert.equal(seen.events, ["start c", "end c", "start a", "end a", "start b", "end b"]);
});

study("runs `parallel` at a time, never more, also those that waited for one", async () => {
  const { execute, seen } = fake();
  const runs = [run("a"), run("b", "a"), run("c", "a"), run("d", "a")];
  await runStudy(runs, temporaryFolder(), platform, execute, { parallel: 2 });
  assert.is(seen.most, 2);
  assert.equal(seen.events.slice(0, 4), ["start a", "end a", "start b", "start c"]);
  const wide = fake();
  await runStudy(
    ["a", "b", "c", "d", "e"].map((id) => run(id)),
    temporaryFolder(),
    platform,
    wide.execute,
    { parallel: 3 },
  );
  assert.is(wide.seen.most, 3);
});

study(
  "a run that starts from another waits for it and takes its model's path; a later one goes before it",
  async () => {
    const { execute, seen } = fake();
    const folder = temporaryFolder();
    await runStudy([run("b", "a"), run("a"), run("c")], folder, platform, execute, { parallel: 2 });
    assert.equal(seen.events.slice(0, 2), ["start a", "start c"]);
    assert.ok(seen.events.indexOf("start b") > seen.events.indexOf("end a"), `${seen.events}`);
    assert.equal(seen.starts, { a: undefined, b: join(folder, "a", "model.safetensors"), c: undefined });
  },
);

study("finished runs are not trained again, also as a start", async () => {
  const folder = temporaryFolder();
  const runs = [run("a"), run("b", "a"), run("c")];
  finish(join(folder, "a"), runs[0].options);
  // c was begun: its figures are missing.
  mkdirSync(join(folder, "c"));
  writeFileSync(join(folder, "c", RUN_FILES.config), JSON.stringify({ options: runs[2].options }));
  const { execute, seen } = fake();
  assert.is(await runStudy(runs, folder, platform, execute, { parallel: 1 }), true);
  assert.equal(seen.events, ["start b", "end b", "start c", "end c"]);
  assert.is(seen.starts.b, join(folder, "a", "model.safetensors"));
  const again = fake();
  assert.is(await runStudy(runs, folder, platform, again.execute, { parallel: 1 }), true);
  assert.equal(again.seen.events, []);
});

study("whether a run is finished does not depend on threads, wide vectors and where its start lies", async () => {
  const folder = temporaryFolder();
  const own = run("a", undefined, { threads: 1, engine: "strict" });
  finish(join(folder, "a"), {
    ...own.options,
    threads: 2,
    start: "/elsewhere/model.safetensors",
    engine: "strict+wide",
  });
  assert.is(await isFinished(platform, folder, own), true);
  const wide = run("a", undefined, { engine: "strict+wide" });
  finish(join(folder, "a"), own.options);
  assert.is(await isFinished(platform, folder, wide), true);
  assert.is(await isFinished(platform, folder, run("b")), false);
});

study("a folder with a run of other options is refused, naming the option, before anything is trained", async () => {
  const folder = temporaryFolder();
  const { execute, seen } = fake();
  for (const [there, wanted, ...parts] of [
    [{ epochs: 2 }, {}, "--epochs 3, found 2"],
    [{ batchSize: 32 }, {}, "--batch-size 64, found 32"],
    [{ engine: "fast+wide" }, {}, '--engine "strict", found "fast"'],
    [{ rotate: 10 }, {}, "--rotate none, found 10"],
    [{}, { positive: [1, 2] }, "--positive [1,2], found none"],
  ] as [object, object, string][]) {
    finish(join(folder, "b"), run("b", undefined, there).options);
    const runs = [run("a"), run("b", undefined, wanted)];
    await refused(
      () => runStudy(runs, folder, platform, execute, { parallel: 1 }),
      join(folder, "b"),
      "choose another --out",
      ...parts,
    );
  }
  assert.equal(seen.events, []);
});

study(
  "a failing run does not stop the others; it is named at the end, and so are those that start from it",
  async () => {
    const { execute, seen } = fake({ a: "the loss became NaN" });
    const ended: string[] = [];
    const runs = [run("a"), run("b", "a"), run("c", "b"), run("d")];
    let message = "";
    try {
      await runStudy(runs, temporaryFolder(), platform, execute, {
        parallel: 1,
        onRun: (id, error) => ended.push(`${id} ${error?.message ?? "ok"}`),
      });
    } catch (error) {
      message = (error as Error).message;
    }
    assert.equal(message.split("\n"), [
      "3 of 4 runs failed; the others are kept",
      "a: the loss became NaN",
      "b: it starts from a, which failed",
      "c: it starts from b, which failed",
    ]);
    assert.equal(ended, ["a the loss became NaN", "d ok"]);
    assert.equal(seen.events, ["start a", "start d", "end d"]);
  },
);

study("an abort starts nothing more and returns false; the next call continues", async () => {
  const folder = temporaryFolder();
  const runs = ["a", "b", "c"].map((id) => run(id));
  const { execute, seen } = fake();
  const stop = new AbortController();
  const ended: string[] = [];
  const finished = await runStudy(runs, folder, platform, execute, {
    parallel: 1,
    signal: stop.signal,
    onProgress: ({ finished, running }) => finished === 1 && running[0]?.epoch === 1 && stop.abort(),
    onRun: (id) => ended.push(id),
  });
  assert.is(finished, false);
  assert.equal(ended, ["a"]);
  assert.equal(seen.events, ["start a", "end a", "start b"]);
  assert.is(await runStudy(runs, folder, platform, execute, { parallel: 1, signal: stop.signal }), false);
  assert.is(await runStudy(runs, folder, platform, execute, { parallel: 1 }), true);
  assert.equal(seen.events.slice(3), ["start b", "end b", "start c", "end c"]);
});

study("a run that an abort ends with an error has not failed", async () => {
  const stop = new AbortController();
  const ended: string[] = [];
  const finished = await runStudy(
    [run("a"), run("b")],
    temporaryFolder(),
    platform,
    async () => {
      stop.abort();
      throw new Error("aborted while the data were read");
    },
    { parallel: 1, signal: stop.signal, onRun: (id) => ended.push(id) },
  );
  assert.is(finished, false);
  assert.equal(ended, []);
});

study("progress counts finished runs and the epochs of those under way", async () => {
  const folder = temporaryFolder();
  const runs = [run("a"), run("b", undefined, { epochs: 2 })];
  finish(join(folder, "a"), runs[0].options);
  const told: StudyProgress[] = [];
  const { execute } = fake();
  const onProgress = (progress: StudyProgress) => told.push(structuredClone(progress));
  await runStudy(runs, folder, platform, execute, { parallel: 4, onProgress });
  const at = (epoch: number) => ({ finished: 1, total: 2, running: [{ id: "b", epoch, epochs: 2 }] });
  assert.equal(told, [at(0), at(1), at(2), { finished: 2, total: 2, running: [] }]);
});

study("a second study in a folder is refused while the first is under way; a killed one's folder is free", async () => {
  const folder = temporaryFolder();
  const { execute } = fake();
  // The one that runs does not end before the others have been refused.
  let refusedNow = 0;
  const held: ExecuteRun = async (...of) => {
    await eventually(
      () => refusedNow === 2,
      () => "two refusals",
    );
    return execute(...of);
  };
  const start = async (id: string, by = held) => {
    try {
      return await runStudy([run(id)], folder, platform, by, { parallel: 1 });
    } catch (error) {
      refusedNow++;
      throw error;
    }
  };
  const tries = await Promise.allSettled([start("a"), start("b"), start("c")]);
  const refusals = tries.flatMap((result) => (result.status === "rejected" ? [String(result.reason.message)] : []));
  assert.is(refusals.length, 2);
  for (const message of refusals) assert.match(message, `${folder} is in use: this process on`);
  assert.is(await start("d", execute), true);
  assert.equal(
    readdirSync(folder).filter((name) => name.startsWith(".")),
    [],
  );
});

study("a study file is checked: foreign values are named, an address is not fetched unasked", async () => {
  const folder = temporaryFolder();
  const write = (options: unknown) =>
    writeFileSync(join(folder, "compare.study.json"), JSON.stringify({ command: "compare", options }));
  const schema = z.looseObject({ seeds: z.int("a whole number") });
  const read = () => readStudy(platform, folder, "compare", schema);
  write({ seeds: "many" });
  await refused(read, "compare.study.json", "seeds: expected a whole number", '"many"');
  write({ seeds: 2, train: { data: "https://example.invalid/a.npz" } });
  await refused(read, "https://example.invalid/a.npz, which are not fetched unasked", "--data", `--out ${folder}`);
  write({ seeds: 2, train: { data: "mine.npz" } });
  assert.is((await read()).seeds, 2);
});

study.run();
