// Commands and barriers, without a network. test/host/network/threads.slow.test.ts has networks that use them.
import type { Worker } from "node:worker_threads";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { barrier, type Control, command, createControl, fail } from "../../../host/engine/threads.ts";
import { eventually } from "../../util/eventually.ts";
import { inTime } from "../../util/limits.ts";
import { some } from "../../util/thorough.ts";
import { type Behaviour, count } from "../../util/threadProgram.ts";
import { failureOf, milliseconds, startProgram } from "../../util/threads.ts";

const commands = suite("threads, commands");

/** Threads 1 … of a control with these behaviours, serving. */
async function team(
  control: Control,
  behaviours: Behaviour[],
  counts?: Int32Array<SharedArrayBuffer>,
): Promise<Worker[]> {
  const threads = behaviours.map((behaviour, i) =>
    startProgram({ control: control.words.buffer, thread: i + 1, behaviour, counts }),
  );
  await Promise.all(threads.map(({ ready }) => ready));
  return threads.map(({ worker }) => worker);
}

commands(
  "nobody passes a barrier before everyone has come, for any number of threads, and what they wrote is seen",
  async () => {
    for (const threads of some(2, [2, 8, 3])) {
      const control = createControl();
      const counts = new Int32Array(new SharedArrayBuffer(8 * threads));
      const workers = await team(control, Array(threads - 1).fill("count"), counts);
      for (let number = 1; number <= 150; number++) {
        // between one thread and all of them: those left out sleep through some commands
        const active = 1 + (number % threads);
        command(control, active, [number], () => count(counts, 0, active, number, () => barrier(control)));
      }
      for (let thread = 0; thread < threads; thread++)
        assert.is(counts[2 * thread + 1], 0, `thread ${thread} of ${threads}`);
      await Promise.all(workers.map((worker) => worker.terminate()));
    }
  },
);

commands("a command ends when the slowest thread has", async () => {
  const control = createControl();
  const [worker] = await team(control, ["work"]);
  const duration = milliseconds(() => command(control, 2, [150], () => {}));
  assert.ok(duration > 149, `${duration} ms`);
  await worker.terminate();
});

commands("a thread that throws ends the command, and every later one, with its text", async () => {
  const control = createControl();
  const workers = await team(control, ["count", "throw"], new Int32Array(new SharedArrayBuffer(64)));
  // the others wait in a barrier that the failed one never reaches
  const run = () => command(control, 3, [1], () => barrier(control));
  let text = "";
  const duration = milliseconds(() => {
    text = failureOf(run);
  });
  assert.is(text, "thread 2: out of luck");
  inTime("ending a command", duration, 1000, "ms"); // else after ten seconds
  assert.is(failureOf(run), text);
  assert.is(
    failureOf(() => command(control, 1, [1], () => {})),
    text,
  );
  await Promise.all(workers.map((worker) => worker.terminate()));
});

commands("what this thread throws comes out as it is, and ends the others", async () => {
  const control = createControl();
  const ended: string[] = [];
  const thread = startProgram(
    {
      ...{ control: control.words.buffer, thread: 1, behaviour: "count" },
      counts: new Int32Array(new SharedArrayBuffer(64)),
    },
    (reason) => ended.push(reason),
  );
  await thread.ready;
  const broken = new RangeError("mine");
  const run = () =>
    command(control, 2, [1], () => {
      throw broken;
    });
  let caught: unknown;
  try {
    run();
  } catch (error) {
    caught = error;
  }
  assert.is(caught, broken);
  await eventually(
    () => ended.length > 0,
    () => "the other thread ends",
  );
  assert.equal(ended, ["exit code 0"]);
  assert.is(failureOf(run), "mine");
});

commands("of several failures the first counts, and a long text is cut", () => {
  const control = createControl();
  fail(control, "äöü".repeat(1000));
  fail(control, "another");
  const text = failureOf(() => command(control, 1, [], () => {}));
  assert.ok(text.startsWith("äöü") && text.length > 100 && text.length <= 1024, text);
});

for (const behaviour of ["exit", "hang"] as const) {
  commands(`a thread that ${behaviour}s while this one waits is missed after a while`, async () => {
    const control = createControl(undefined, 0.5);
    const [worker] = await team(control, [behaviour]);
    const run = () => command(control, 2, [1], () => barrier(control));
    let text = "";
    const duration = milliseconds(() => {
      text = failureOf(run);
    });
    assert.match(text, "has not answered for 0.5 seconds");
    assert.ok(duration > 499, `${duration} ms`);
    assert.is(failureOf(run), text);
    await worker.terminate();
  });
}

commands("a terminated thread is missed too, and one that is only slow is not", async () => {
  if (process.versions.deno) return; // terminates a sleeping thread only once it wakes, and then it has answered
  const control = createControl(undefined, 2);
  const [, second] = await team(control, ["work", "work"]);
  command(control, 3, [250], () => {});
  await second.terminate();
  assert.match(
    failureOf(() => command(control, 3, [0], () => {})),
    "has not answered",
  );
});

commands(
  "a thread suspended on arrival counts against its own command, not against a smaller one that has begun meanwhile",
  () => {
    const { words, ...rest } = createControl();
    const [active, arrived, phase] = [1, 2, 3];
    words[active] = 3;
    words[arrived] = 1;
    const { add } = Atomics;
    Atomics.add = ((...args: Parameters<typeof add>) => {
      Atomics.add = add;
      const before = add(...args);
      // Suspended here: the third thread arrives and lets all through, and a command for two begins, whose first thread
      // arrives.
      words[arrived] = 1;
      words[phase] += 1;
      words[active] = 2;
      return before;
    }) as typeof add;
    try {
      barrier({ words, ...rest });
    } finally {
      Atomics.add = add;
    }
    assert.is(words[arrived], 1);
    assert.is(words[phase], 1);
  },
);

commands.run();
