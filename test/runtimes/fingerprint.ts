// Trains 20 steps on the embedded sample (one epoch of 1280 images, with everything that draws random numbers or depends on the step) with the strict
// engine, on one thread and on three, and prints the fingerprint of the averaged weights in one line of JSON. Run by test/runtimes/run.ts on every
// runtime: equal fingerprints are equal bits.
import { openDataset } from "../../host/datasets/open.ts";
import { compileEngine, wasmFile } from "../../host/engine/load.ts";
import { createNetwork, type Network } from "../../host/network/hybrid.ts";
import { createNodePlatform } from "../../host/platform/node.ts";
import { trainLoop } from "../../host/training/loop.ts";
import { parseTrainOptions } from "../../host/training/options.ts";

const platform = createNodePlatform();
const data = await openDataset(undefined, { platform });
const options = parseTrainOptions({
  ...{ epochs: 1, schedule: "onecycle", weightDecay: 0.01, clipNorm: 1, dropout: 0.2, ema: 0.9 },
  ...{ augment: "flips,rotations", shift: 0.1, scale: 0.1, brightness: 0.1, contrast: 0.1, border: "reflect" },
});

async function train(threads: number): Promise<{ network: Network; loss: number }> {
  const bytes = await platform.readFile(platform.packageFile(wasmFile("strict", threads)));
  const start = threads > 1 ? platform.startThread : undefined;
  const engine = await compileEngine("strict", new Uint8Array(bytes), { count: threads, start });
  const network = createNetwork(engine, {
    channels: data.channels,
    classes: data.classNames.length,
    head: { kind: "quantum", wires: options.qubits, layers: options.layers },
    dropout: options.dropout,
  });
  let loss = Number.NaN;
  for await (const epoch of trainLoop(network, data, options)) loss = epoch.train.loss;
  network.swapAverage();
  network.close();
  return { network, loss };
}

const [{ network, loss }, onThree] = [await train(1), await train(3)];
const fingerprint = network.fingerprint();
if (onThree.network.fingerprint() !== fingerprint) throw new Error("three threads did not end in the bits of one");
console.log(JSON.stringify({ runtime: platform.runtime, fingerprint, steps: network.steps, loss }));
