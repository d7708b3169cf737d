// Slow: trains some fifty networks. Networks on several threads: the same bits as on one, and threads that start,
// sleep and end.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Engine } from "../../../host/engine/load.ts";
import {
  createNetwork,
  type GradientOptions,
  type Network,
  type NetworkOptions,
} from "../../../host/network/network.ts";
import { compileBuild, mayLack } from "../../util/builds.ts";
import { inTime } from "../../util/limits.ts";
import { fill, SMALL, THESIS } from "../../util/network.ts";
import { relativeError } from "../../util/numbers.ts";
import { repository } from "../../util/paths.ts";
import { execute } from "../../util/process.ts";
import { compiled, program, sleep } from "../../util/threads.ts";

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
function train(network: Network, sizes: readonly number[]): Outcome {
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
      fill(network, N, 2 * i + step, 1000 * (2 * i + step));
      const options: GradientOptions = {
        dropout: { seed: 3, epoch: step },
        augment: {
          ...{ flips: true, rotate: 15, shift: 0.1, scale: 0.2, brightness: 0.1, contrast: 0.3, reflect: step === 1 },
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
  fill(network, 75, 99, 99_000);
  const images = network.batch(75).images.slice();
  outcome.predictions = network.predict(images);
  network.swapAverage();
  outcome.averaged = network.predict(images);
  network.swapAverage();
  outcome.fingerprint = network.fingerprint();
  return outcome;
}

async function trained(engine: Engine, options: NetworkOptions, sizes: readonly number[]): Promise<Outcome> {
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
  const sizes = [1, 17, 70, 300, 8];
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

bits("circuits side by side with features around them", async () => {
  const circuits = [
    { wires: 2, layers: 1 },
    { wires: 3, layers: 1, embedding: "iqp" },
  ] as const;
  const options: NetworkOptions = { ...SMALL, head: { kind: "quantum", circuits, bypass: 2 } };
  const expected = await trained(await compileBuild("strict"), options, [50]);
  assert.ok(expected.losses.every(Number.isFinite));
  assert.equal(await trained(await compileBuild("strict", 3), options, [50]), expected);
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
  "they start once, whatever calls come; after close the network continues alone, and can start them again",
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
  // The passes leave work behind: collection of garbage, compilation. A thread that looks for work takes all of every
  // second.
  let least = Number.POSITIVE_INFINITY;
  for (let second = 0; second < 8 && least > 0.1; second++) {
    const before = process.cpuUsage();
    await sleep(1000);
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1e6);
  }
  inTime("processor time in a second of waiting", least, 0.1);
  network.close();
});

/** Runs the text of a module in a process of its own, on the runtime that runs this. */
function runText(text: string): ReturnType<typeof execute> {
  const args = process.versions.deno ? ["eval", "--no-lock", text] : ["--input-type=module", "--eval", text];
  return execute(process.execPath, args, { cwd: repository(""), minutes: 5 });
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
    inTime("a process with threads", seconds, 10);
  }
  const { code, output } = await run("pass(); throw new Error('enough');");
  assert.is(code, 1, output);
  assert.match(output, "enough");
});

life("a process that is stopped for longer than a thread may take continues", async () => {
  if (process.platform === "win32") return;
  // a control of its own, whose patience is two seconds; stopped for three while this thread waits for the other
  const threads = new URL(`../../../host/engine/threads.${compiled ? "js" : "ts"}`, import.meta.url).href;
  const text = `import { command, createControl } from ${JSON.stringify(threads)};
    import { spawn } from "node:child_process";
    import { once } from "node:events";
    import { Worker } from "node:worker_threads";
    const control = createControl(undefined, 2);
    const worker = new Worker(new URL(${JSON.stringify(program.href)}), {
      workerData: { control: control.words.buffer, thread: 1, behaviour: "work" },
      execArgv: [],
    });
    await once(worker, "message");
    const shell = "sleep 0.2; kill -STOP " + process.pid + "; sleep 3; kill -CONT " + process.pid;
    spawn("sh", ["-c", shell], { stdio: "ignore", detached: true }).unref();
    const start = performance.now();
    // in pieces shorter than the patience: none of them alone may be taken for a loss
    while (performance.now() - start < 3700) command(control, 2, [200], () => {});
    console.log("end");
    process.exit(0);`;
  const { code, output } = await runText(text);
  assert.is(code, 0, output);
  assert.is(output, "end\n");
});

life.run();
