import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as hqcnn from "../../host/index.ts";
import { medmnistArrays, npz } from "../util/npz.ts";
import { repository } from "../util/paths.ts";
import { refused } from "../util/refusal.ts";

const { createNetwork, evaluate, loadEngine, loadModel, openDataset, predict, saveModel, train } = hqcnn;
const engine = await loadEngine();
const bytes = await npz(medmnistArrays({ train: 33, val: 8, test: 8 }, { channels: 3, classes: 2 }));
const options = { channels: 3, classes: 2, head: { kind: "quantum", wires: 4, layers: 3 } } as const;

const api = suite("api");

api("README's example runs as it stands", async () => {
  const blocks = [
    ...readFileSync(repository("README.md"), "utf8").matchAll(/^```(?:js|ts|javascript|typescript)\n([\s\S]*?)^```/gm),
  ];
  const example = blocks.map(([, code]) => code).find((code) => /from "hqcnn"/.test(code));
  assert.ok(example, "README.md has a block that imports from hqcnn");
  // The example's long training is cut short, its output is kept.
  const printed: unknown[] = [];
  const body = example
    .replace(/^import \{([^}]*)\} from "hqcnn";$/gm, "const {$1} = hqcnn;")
    .replace(/\bepochs: \d+/g, "epochs: 1");
  const AsyncFunction = (async () => {}).constructor as new (
    ...args: string[]
  ) => (...args: unknown[]) => Promise<void>;
  await new AsyncFunction("hqcnn", "signal", "console", body)(hqcnn, undefined, {
    log: (...values: unknown[]) => printed.push(...values),
  });
  assert.ok(printed.length > 0);
});

api("interface.md's names are there", () => {
  for (const name of ["loadEngine", "openDataset", "createNetwork", "train", "evaluate", "predict", "Circuit"]) {
    assert.type((hqcnn as Record<string, unknown>)[name], "function");
  }
});

api("loadEngine: as many threads as processors, at most 16, or as many as asked for", async () => {
  const { createNodePlatform } = await import("../../host/platform/node.ts");
  const platform = createNodePlatform();
  const threads = async (cpuCount: number, wanted?: number) => {
    const { threads, startThread } = await loadEngine({ platform: { ...platform, cpuCount }, threads: wanted });
    assert.is(startThread !== undefined, threads > 1);
    return threads;
  };
  assert.equal(
    await Promise.all([threads(1), threads(2), threads(64), threads(1, 4), threads(8, 1)]),
    [1, 2, 16, 4, 1],
  );
  for (const count of [0, 17, 1.5]) await refused(() => loadEngine({ threads: count }), "1 to 16", `${count}`);
  const file = new Uint8Array(readFileSync(repository("build/strict.wasm")));
  assert.is((await loadEngine({ bytes: file })).threads, 1);
});

api("loadEngine: the fast build runs wherever this test does, and an engine that cannot be wide says why", async () => {
  const fast = await loadEngine({ build: "fast", threads: 2 });
  assert.equal([fast.build, fast.threads, fast.wide], ["fast", 2, false]);
  const wide = await loadEngine({ build: "strict+wide", threads: 1 });
  assert.is(wide.build, "strict");
  assert.is(wide.wide, wide.note === undefined);
});

api("train yields after every epoch and ends when aborted; progress continues from there", async () => {
  const data = await openDataset(bytes);
  const recipe = { epochs: 2, batchSize: 8, seed: 3 };
  const whole = createNetwork(engine, { ...options, seed: 3 });
  const losses: number[] = [];
  for await (const epoch of train(whole, data, recipe)) losses.push(epoch.train.loss);
  assert.is(losses.length, 2);
  assert.ok(losses.every((loss) => loss > 0 && Number.isFinite(loss)));

  const stopped = createNetwork(engine, { ...options, seed: 3 });
  const controller = new AbortController();
  const progress: hqcnn.Progress = hqcnn.startProgress();
  const onProgress = ({ done }: { done: number }) => done >= 16 && controller.abort();
  for await (const epoch of train(stopped, data, { ...recipe, signal: controller.signal, progress, onProgress })) {
    assert.unreachable(`epoch ${epoch.epoch} was to be stopped`);
  }
  assert.ok(progress.batch >= 2 && progress.epoch === 0);
  for await (const epoch of train(stopped, data, { ...recipe, progress })) assert.ok(epoch.epoch <= 2);
  assert.is(stopped.fingerprint(), whole.fingerprint());
});

api("evaluate and predict agree, saveModel and loadModel keep the network", async () => {
  const data = await openDataset(bytes);
  const network = createNetwork(engine, { ...options, seed: 1 });
  const { predicted, probs } = await evaluate(network, data);
  const { images } = await data.split("test");
  const pictures = Array.from({ length: 8 }, (_, i) => ({
    width: 28,
    height: 28,
    channels: 3 as const,
    pixels: images.subarray(i * 2352, (i + 1) * 2352),
  }));
  const predictions = await predict(network, pictures);
  assert.equal(
    predictions.map(({ label }) => label),
    [...predicted],
  );
  assert.equal(
    predictions.flatMap((prediction) => [...prediction.probs]),
    [...probs],
  );

  const file = saveModel(network, {
    classNames: data.classNames,
    data: { name: data.name, md5: null, task: "binary", protocol: "official", positive: null, splitRatio: 0.8 },
    training: { epoch: 0, seed: 1, val: { loss: 0, accuracy: 0, auc: null } },
  });
  const loaded = await loadModel(engine, new Blob([file]));
  assert.is(loaded.network.fingerprint(), network.fingerprint());
  assert.equal(loaded.info.classNames, data.classNames);
});

api("refuses data that do not fit and options that are impossible", async () => {
  const data = await openDataset(bytes);
  const grey = createNetwork(engine, { ...options, channels: 1 });
  await refused(() => train(grey, data, { epochs: 1 }).next(), "28×28×1", "28×28×3");
  await refused(() => evaluate(grey, data), "28×28×1", "28×28×3");
  const network = createNetwork(engine, options);
  await refused(() => train(network, data, { epochs: 0 }).next(), "epochs");
  await refused(() => loadModel(engine, new Uint8Array(16)), "model");
  await refused(() => predict(network, [new Uint8Array([1, 2, 3])]), "image 0");
});

api("splits by the seed", async () => {
  const pooled = async (seed: number) => (await openDataset(bytes, { protocol: "pooled", seed })).split("test");
  const [a, again, b] = [await pooled(1), await pooled(1), await pooled(2)];
  assert.equal(a.images, again.images);
  assert.not.equal(a.images, b.images);
});

api.run();
