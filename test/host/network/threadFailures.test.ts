// Threads of a network that fail: the pass ends quickly, with a text that says why.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { HqcnnError } from "../../../host/check.ts";
import type { Engine, EngineBuild } from "../../../host/engine/load.ts";
import type { ThreadStarter } from "../../../host/engine/threads.ts";
import { createNetwork, type Network } from "../../../host/network/network.ts";
import type { ThreadData } from "../../../host/network/thread.ts";
import { compileBuild } from "../../util/builds.ts";
import { eventually } from "../../util/eventually.ts";
import { inTime } from "../../util/limits.ts";
import { fill, SMALL } from "../../util/network.ts";
import type { Behaviour } from "../../util/threadProgram.ts";
import { failureOf, milliseconds, startProgram } from "../../util/threads.ts";

const failures = suite("threads, failures");

/** An engine whose thread 1 is started by `start`, the others as usual. */
async function spoiled(build: EngineBuild, threads: number, start: ThreadStarter): Promise<Engine> {
  const engine = await compileBuild(build, threads);
  return {
    ...engine,
    startThread: (data, onEnd) => ((data as ThreadData).thread === 1 ? start : engine.startThread!)(data, onEnd),
  };
}

/** The error of a promise that rejects, whose message holds `text`. */
async function rejects(promise: Promise<unknown>, text: string): Promise<Error> {
  const error = await promise.then(
    () => undefined,
    (reason: Error) => reason,
  );
  assert.instance(error, Error, "expected it to reject");
  assert.match(error!.message, text);
  return error!;
}

/** Starts a thread of test/util/threadProgram.ts in the place of a network's. */
const misbehaving =
  (behaviour: Behaviour): ThreadStarter =>
  (data, onEnd) => {
    const { control, thread } = data as ThreadData;
    return startProgram({ control, thread, behaviour }, onEnd);
  };

/**
 * Asserts that a training pass fails quickly with `text`, that every later pass does, closed or not, and that the
 * tensors make another network.
 */
function failsFor(network: Network, text: string): void {
  let message = "";
  fill(network, 48, 1);
  const duration = milliseconds(() => {
    message = failureOf(() => network.gradients(48));
  });
  assert.match(message, text);
  inTime("ending a pass", duration, 1000, "ms"); // else after ten seconds
  assert.is(
    failureOf(() => network.gradients(48)),
    message,
  );
  assert.is(
    failureOf(() => network.predict(network.batch(48).images.slice())),
    message,
  );
  assert.is(
    failureOf(() => network.forward(48, "training")),
    message,
  );
  network.close();
  assert.is(
    failureOf(() => network.gradients(48)),
    message,
  );
  const other = createNetwork({ ...network.engine, threads: 2 }, { ...SMALL, tensors: network.tensors() });
  fill(other, 48, 1);
  assert.ok(Number.isFinite(other.gradients(48).loss));
}

failures(
  "closed and started again while threads start, it keeps the last ones only; a start that throws is tried again",
  async () => {
    const engine = await compileBuild("strict", 3);
    let alive = 0;
    let lucky = false;
    const counted: Engine = {
      ...engine,
      startThread: (data, onEnd) => {
        if (!lucky) throw new Error("no worker here");
        alive += 1;
        return engine.startThread!(data, (reason) => {
          alive -= 1;
          onEnd(reason);
        });
      },
    };
    const network = createNetwork(counted, SMALL);
    for (let attempt = 0; attempt < 2; attempt++) {
      let message = "";
      await network.startThreads().catch((error: Error) => {
        message = error.message;
      });
      assert.is(message, "no worker here");
    }
    lucky = true;
    const first = network.startThreads();
    network.close();
    await Promise.all([first, network.startThreads()]);
    const areAlive = (count: number) =>
      eventually(
        () => alive === count,
        () => `${count} threads alive, got ${alive}`,
      );
    await areAlive(2);
    network.close();
    await areAlive(0);
  },
);

failures("a thread that throws ends a pass with its text", async () => {
  const network = createNetwork(await spoiled("strict", 3, misbehaving("throw")), SMALL);
  await network.startThreads();
  failsFor(network, "thread 1: out of luck");
});

failures("a broken precondition in a thread ends a pass with the op's name", async () => {
  // a thread that takes the images for smaller than the filter; it fails before it writes anything beyond its part
  const engine = await compileBuild("debug", 2);
  const small: ThreadStarter = (data, onEnd) => {
    const { architecture } = data as ThreadData;
    return engine.startThread!({ ...(data as ThreadData), architecture: { ...architecture, height: 2 } }, onEnd);
  };
  const network = createNetwork(await spoiled("debug", 2, small), SMALL);
  await network.startThreads();
  failsFor(network, "thread 1: conv2d: image smaller than the filter");
});

failures("a broken precondition in this thread ends the others too", async () => {
  const engine = await compileBuild("debug", 2);
  const ended: string[] = [];
  const network = createNetwork(
    {
      ...engine,
      startThread: (data, onEnd) =>
        engine.startThread!(data, (reason) => {
          ended.push(reason);
          onEnd(reason);
        }),
    },
    SMALL,
  );
  await network.startThreads();
  fill(network, 40, 1);
  network.batch(40).labels[7] = 250;
  assert.match(
    failureOf(() => network.gradients(40)),
    "softmaxCrossEntropy",
  );
  await eventually(
    () => ended.length > 0,
    () => "the other thread ends",
  );
  assert.equal(ended, ["it ended with exit code 0"]);
  assert.match(
    failureOf(() => network.gradients(40)),
    "softmaxCrossEntropy",
  );
});

failures("a thread that ends by itself between passes ends the next one", async () => {
  let stop = () => {};
  let isOver = false;
  const engine = await compileBuild("strict", 2);
  const stopped: ThreadStarter = (data, onEnd) => {
    const thread = engine.startThread!(data, (reason) => {
      isOver = true;
      onEnd(reason);
    });
    stop = thread.stop;
    return thread;
  };
  const network = createNetwork(await spoiled("strict", 2, stopped), SMALL);
  await network.startThreads();
  fill(network, 48, 1);
  assert.ok(Number.isFinite(network.gradients(48).loss));
  stop();
  await eventually(
    () => isOver,
    () => "the thread ends",
  );
  failsFor(network, "thread 1: it ended with exit code 1");
});

failures(
  "a thread that does not start is an error; the others stop, the network works alone, and a later call tries again",
  async () => {
    const engine = await compileBuild("strict", 3);
    const ended: string[] = [];
    let lucky = false;
    const unlucky: Engine = {
      ...engine,
      startThread: (data, onEnd) => {
        const told = (reason: string) => {
          ended.push(`${(data as ThreadData).thread}: ${reason}`);
          onEnd(reason);
        };
        const bad = !lucky && (data as ThreadData).thread === 1;
        return (bad ? misbehaving("die at start") : engine.startThread!)(data, told);
      },
    };
    const network = createNetwork(unlucky, SMALL);
    await rejects(network.startThreads(), "no room for another thread");
    await eventually(
      () => ["1", "2"].every((thread) => ended.some((end) => end.startsWith(thread))),
      () => `two threads end: ${ended}`,
    );
    assert.ok(
      // Stopped before it runs anything, a worker ends with 0 as well as with 1.
      ended.includes("1: no room for another thread") &&
        ended.some((end) => /^2: it ended with exit code [01]$/.test(end)),
      `${ended}`,
    );
    fill(network, 48, 1);
    const { loss } = network.gradients(48);
    assert.ok(Number.isFinite(loss));
    lucky = true;
    await network.startThreads();
    network.initialize(0);
    assert.is(network.gradients(48).loss, loss);
    network.close();
  },
);

failures("the platform says in one line why a thread did not start", async () => {
  const engine = await compileBuild("strict", 2);
  const { ready } = engine.startThread!({ nothing: "that a thread needs" }, () => {});
  const error = await rejects(ready, "A thread did not start: ");
  assert.instance(error, HqcnnError);
  assert.is(error.message.split("\n").length, 1);
});

failures.run();
