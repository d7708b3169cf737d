import { Worker } from "node:worker_threads";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { HqcnnError, KernelError } from "../../../host/check.ts";
import type { Engine, EngineBuild } from "../../../host/engine/load.ts";
import {
  barrier,
  type Control,
  command,
  createControl,
  fail,
  type ThreadStarter,
} from "../../../host/engine/threads.ts";
import {
  createNetwork,
  type GradientOptions,
  type Network,
  type NetworkOptions,
} from "../../../host/network/network.ts";
import type { ThreadData } from "../../../host/network/thread.ts";
import { compileBuild, mayLack } from "../../util/builds.ts";
import { integers, relativeError } from "../../util/numbers.ts";
import { repository } from "../../util/paths.ts";
import { execute } from "../../util/process.ts";
import { type Behaviour, count, type ProgramData } from "../../util/threadProgram.ts";

const compiled = import.meta.url.includes("/build/test/");
const program = new URL(`../../util/threadProgram.${compiled ? "js" : "ts"}`, import.meta.url);
const milliseconds = (action: () => void): number => {
  const start = performance.now();
  action();
  return performance.now() - start;
};
const sleep = (duration: number) => new Promise((resolve) => setTimeout(resolve, duration));

/** Starts test/util/threadProgram.ts; resolves once it serves. */
function startProgram(data: ProgramData, onEnd: (reason: string) => void = () => {}) {
  const worker = new Worker(program, { workerData: data });
  worker.on("error", (error) => onEnd(error.message));
  worker.on("exit", (code) => onEnd(`exit code ${code}`));
  const ready = new Promise<void>((resolve, reject) => {
    worker.once("message", () => resolve(worker.unref()));
    worker.once("error", reject);
  });
  return { worker, ready, stop: () => void worker.terminate() };
}

// ── commands and barriers, without a network

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

/** The text of the KernelError that `action` throws. */
function failureOf(action: () => void): string {
  try {
    action();
  } catch (error) {
    assert.instance(error, KernelError);
    return (error as KernelError).message;
  }
  throw new Error("expected a KernelError");
}

commands(
  "nobody passes a barrier before everyone has come, for any number of threads, and what they wrote is seen",
  async () => {
    for (const threads of [2, 3, 8]) {
      const control = createControl();
      const counts = new Int32Array(new SharedArrayBuffer(8 * threads));
      const workers = await team(control, Array(threads - 1).fill("count"), counts);
      for (let number = 1; number <= 600; number++) {
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
  assert.ok(duration < 1000, `${duration} ms`);
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
  await sleep(200);
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
    assert.ok(duration > 499 && duration < 5000, `${duration} ms`);
    assert.is(failureOf(run), text);
    await worker.terminate();
  });
}

commands("a terminated thread is missed too, and one that is only slow is not", async () => {
  if (process.versions.deno) return; // terminates a sleeping thread only once it wakes, and then it has answered
  const control = createControl(undefined, 0.5);
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

// ── networks

const THESIS: NetworkOptions = { channels: 3, classes: 2, head: { kind: "quantum", wires: 4, layers: 3 } };
const SMALL: NetworkOptions = { channels: 1, classes: 5, height: 17, width: 16, head: { kind: "dense", wires: 3 } };

/** Images whose brightness tells their class. */
function fill(network: Network, N: number, seed: number): void {
  const { classes } = network.architecture;
  const { images, labels, ids } = network.batch(N);
  labels.set(integers(N, seed, classes));
  const size = images.length / N;
  integers(images.length, seed + 1, 128).forEach((value, i) => {
    images[i] = value + Math.floor((labels[Math.floor(i / size)] * 127) / (classes - 1));
  });
  ids.forEach((_, i) => {
    ids[i] = 1000 * seed + i;
  });
}

/** What a short training leaves: losses, how many were right, the fingerprint, predictions. */
interface Outcome {
  losses: number[];
  correct: number[];
  fingerprint: string;
  predictions: Float32Array;
  /** Of the moving average. */
  averaged: Float32Array;
}

/** Two steps on each size of batch, with everything that a pass can carry. */
function train(network: Network, sizes: number[]): Outcome {
  const { classes } = network.architecture;
  const weights = Array.from({ length: classes }, (_, i) => 1 + i / 3);
  const outcome: Outcome = {
    losses: [],
    correct: [],
    fingerprint: "",
    predictions: new Float32Array(0),
    averaged: new Float32Array(0),
  };
  sizes.forEach((N, i) => {
    for (let step = 0; step < 2; step++) {
      fill(network, N, 2 * i + step);
      const options: GradientOptions = {
        dropout: { seed: 3, epoch: step },
        augment: {
          ...{ flips: true, degrees: 15, shift: 0.1, scale: 0.2, brightness: 0.1, contrast: 0.3, reflect: step === 1 },
          ...{ seed: 3, epoch: step },
        },
        ...(step === 0 ? { classWeights: weights, labelSmoothing: 0.1 } : {}),
      };
      const { loss, correct } = network.gradients(N, options);
      network.update({ lr: 1e-3, weightDecay: 0.01, clipNorm: 1, ema: 0.9 });
      outcome.losses.push(loss);
      outcome.correct.push(correct);
    }
  });
  fill(network, 75, 99);
  const images = network.batch(75).images.slice();
  outcome.predictions = network.predict(images);
  network.swapAverage();
  outcome.averaged = network.predict(images);
  network.swapAverage();
  outcome.fingerprint = network.fingerprint();
  return outcome;
}

async function trained(engine: Engine, options: NetworkOptions, sizes: number[]): Promise<Outcome> {
  const network = createNetwork(engine, options);
  await network.startThreads();
  const outcome = train(network, sizes);
  network.close();
  return outcome;
}

const bits = suite("threads, the same bits");

bits(
  "losses, fingerprint and predictions of the thesis's network are those of one thread, for 1, 2, 3 and 8",
  async () => {
    const sizes = [64, 50];
    const expected = await trained(await compileBuild("strict"), THESIS, sizes);
    assert.ok(expected.losses.every(Number.isFinite));
    for (const threads of [2, 3, 8]) {
      assert.equal(await trained(await compileBuild("strict", threads), THESIS, sizes), expected, `${threads} threads`);
    }
  },
);

bits("batches of every size, more of them than the memory had room for at first", async () => {
  const sizes = [1, 17, 33, 300, 8];
  const options = { ...SMALL, batchSize: 4 };
  const expected = await trained(await compileBuild("strict"), options, sizes);
  for (const threads of [2, 5]) {
    assert.equal(await trained(await compileBuild("strict", threads), options, sizes), expected, `${threads} threads`);
  }
});

bits("embeddings of products and of amplitudes", async () => {
  for (const embedding of ["iqp", "amplitude"] as const) {
    const options: NetworkOptions = { ...SMALL, head: { kind: "quantum", wires: 3, layers: 1, embedding } };
    const expected = await trained(await compileBuild("strict"), options, [50]);
    assert.ok(expected.losses.every(Number.isFinite));
    assert.equal(await trained(await compileBuild("strict", 2), options, [50]), expected, embedding);
  }
});

bits("dropout gives the same bits for 1 and 3 threads, others than without", async () => {
  const [sizes, options] = [[50, 17], { ...SMALL, dropout: 0.3 }];
  const expected = await trained(await compileBuild("strict"), options, sizes);
  assert.equal(await trained(await compileBuild("strict", 3), options, sizes), expected);
  assert.is.not(expected.fingerprint, (await trained(await compileBuild("strict"), SMALL, sizes)).fingerprint);
});

bits("direct sums give the same bits for 1 and 2 threads, and losses close to Winograd's", async () => {
  const options: NetworkOptions = { ...THESIS, convolution: "direct" };
  const direct = await trained(await compileBuild("strict"), options, [32]);
  assert.equal(await trained(await compileBuild("strict", 2), options, [32]), direct);
  const winograd = await trained(await compileBuild("strict"), THESIS, [32]);
  assert.ok(relativeError(direct.losses, winograd.losses) < 1e-4, `${direct.losses} ${winograd.losses}`);
  assert.not.equal(direct.losses, winograd.losses);
  // two steps of Adam apart: a gradient near zero may have moved a parameter the other way
  assert.ok(relativeError(direct.predictions, winograd.predictions) < 0.05);
});

bits("every build agrees with itself on one thread, and debug with strict", async () => {
  const expected = await trained(await compileBuild("strict"), SMALL, [20]);
  assert.equal(await trained(await compileBuild("debug", 2), SMALL, [20]), expected);
  if (mayLack("fast")) return;
  const fast = await trained(await compileBuild("fast"), SMALL, [20]);
  assert.equal(await trained(await compileBuild("fast", 2), SMALL, [20]), fast);
});

bits("passes over batch statistics, and predictions after them", async () => {
  const run = async (engine: Engine) => {
    const network = createNetwork(engine, SMALL);
    await network.startThreads();
    fill(network, 40, 1);
    const outputs = [
      network.forward(40, "training"),
      network.forward(40),
      network.forward(40, "training"),
      network.forward(7),
    ];
    const outcome = { outputs, fingerprint: network.fingerprint(), layer: network.activation("layer5", 7) };
    network.close();
    return outcome;
  };
  assert.equal(await run(await compileBuild("strict", 3)), await run(await compileBuild("strict")));
});

bits.run();

const life = suite("threads, their life");

life("without startThreads, or without a way to start them, a network works on one thread", async () => {
  const expected = await trained(await compileBuild("strict"), SMALL, [40]);
  const engine = await compileBuild("strict", 4);
  assert.equal(train(createNetwork(engine, SMALL), [40]), expected);
  assert.equal(await trained({ ...engine, startThread: undefined }, SMALL, [40]), expected);
});

life(
  "they start once, whatever calls come; after close the network goes on alone, and can start them again",
  async () => {
    const engine = await compileBuild("strict", 3);
    let started = 0;
    const counted: Engine = {
      ...engine,
      startThread: (data, onEnd) => {
        started += 1;
        return engine.startThread!(data, onEnd);
      },
    };
    const network = createNetwork(counted, SMALL);
    network.close();
    await Promise.all([network.startThreads(), network.startThreads()]);
    await network.startThreads();
    assert.is(started, 2);
    const plain = createNetwork(await compileBuild("strict"), SMALL);
    const step = (of: Network) => {
      fill(of, 40, of.steps);
      const { loss } = of.gradients(40);
      of.update({ lr: 1e-3 });
      return loss;
    };
    assert.is(step(network), step(plain));
    network.close();
    network.close();
    assert.is(step(network), step(plain));
    await network.startThreads();
    assert.is(started, 4);
    assert.is(step(network), step(plain));
    network.close();
    assert.is(network.fingerprint(), plain.fingerprint());
  },
);

life("two networks of one engine have threads and memory of their own", async () => {
  const engine = await compileBuild("strict", 2);
  const [one, other] = [1, 2].map((seed) => createNetwork(engine, { ...SMALL, seed }));
  await Promise.all([one.startThreads(), other.startThreads()]);
  const alone = [1, 2].map((seed) => createNetwork(engine, { ...SMALL, seed }));
  for (let step = 0; step < 3; step++) {
    for (const network of [one, other, ...alone]) {
      fill(network, 40, step);
      network.gradients(40);
      network.update({ lr: 1e-3 });
    }
  }
  assert.is(one.fingerprint(), alone[0].fingerprint());
  assert.is(other.fingerprint(), alone[1].fingerprint());
  one.close();
  other.close();
});

life("they sleep between passes", async () => {
  const network = createNetwork(await compileBuild("strict", 4), SMALL);
  await network.startThreads();
  fill(network, 64, 1);
  network.gradients(64);
  network.predict(network.batch(64).images.slice());
  await sleep(300); // what the passes left behind: collection of garbage, compilation
  const before = process.cpuUsage();
  await sleep(1000);
  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 100_000, `${user + system} µs of processor time in a second of waiting`);
  network.close();
});

/** Runs the text of a module in a process of its own, on the runtime that runs this. */
function runText(text: string): ReturnType<typeof execute> {
  const args = process.versions.deno ? ["eval", "--no-lock", text] : ["--input-type=module", "--eval", text];
  return execute(process.execPath, args, { cwd: repository(""), minutes: 1 });
}

/** Runs `body` in such a process, with a network that has started its threads. */
const run = (body: string) => {
  const entry = new URL(`../../../host/index.${compiled ? "js" : "ts"}`, import.meta.url).href;
  return runText(`import * as hqcnn from ${JSON.stringify(entry)};
    const engine = await hqcnn.loadEngine({ threads: 3 });
    const network = hqcnn.createNetwork(engine, ${JSON.stringify(SMALL)});
    await network.startThreads();
    const pass = () => network.batch(48) && network.gradients(48).loss;
    ${body}
    console.log("end");`);
};

life("a process with threads that are closed, left open, or never used ends by itself", async () => {
  for (const body of ["pass(); network.close(); pass();", "pass();", ""]) {
    const { code, output, seconds } = await run(body);
    assert.is(code, 0, output);
    assert.is(output, "end\n");
    assert.ok(seconds < 20, `${seconds} s`);
  }
  const { code, output } = await run("pass(); throw new Error('enough');");
  assert.is(code, 1, output);
  assert.match(output, "enough");
});

life("a process that is stopped for longer than a thread may take goes on", async () => {
  if (process.platform === "win32") return;
  // a control of its own, whose patience is half a second; stopped for one and a half while this thread waits for the
  // other
  const threads = new URL(`../../../host/engine/threads.${compiled ? "js" : "ts"}`, import.meta.url).href;
  const text = `import { command, createControl } from ${JSON.stringify(threads)};
    import { spawn } from "node:child_process";
    import { once } from "node:events";
    import { Worker } from "node:worker_threads";
    const control = createControl(undefined, 0.5);
    const worker = new Worker(new URL(${JSON.stringify(program.href)}), {
      workerData: { control: control.words.buffer, thread: 1, behaviour: "work" },
      execArgv: [],
    });
    await once(worker, "message");
    const shell = "sleep 0.2; kill -STOP " + process.pid + "; sleep 1.5; kill -CONT " + process.pid;
    spawn("sh", ["-c", shell], { stdio: "ignore", detached: true }).unref();
    const start = performance.now();
    // in pieces shorter than the patience: none of them alone may be taken for a loss
    while (performance.now() - start < 2200) command(control, 2, [200], () => {});
    console.log("end");
    process.exit(0);`;
  const { code, output } = await runText(text);
  assert.is(code, 0, output);
  assert.is(output, "end\n");
});

life.run();

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
  assert.ok(duration < 3000, `${duration} ms`);
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
    await sleep(300);
    assert.is(alive, 2);
    network.close();
    await sleep(300);
    assert.is(alive, 0);
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
  await sleep(300);
  assert.equal(ended, ["it ended with exit code 0"]);
  assert.match(
    failureOf(() => network.gradients(40)),
    "softmaxCrossEntropy",
  );
});

failures("a thread that ends by itself between passes ends the next one", async () => {
  let stop = () => {};
  const engine = await compileBuild("strict", 2);
  const stopped: ThreadStarter = (data, onEnd) => {
    const thread = engine.startThread!(data, onEnd);
    stop = thread.stop;
    return thread;
  };
  const network = createNetwork(await spoiled("strict", 2, stopped), SMALL);
  await network.startThreads();
  fill(network, 48, 1);
  assert.ok(Number.isFinite(network.gradients(48).loss));
  stop();
  await sleep(200);
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
    await sleep(200);
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
