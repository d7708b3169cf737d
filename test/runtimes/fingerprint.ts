// Trains 20 steps on the embedded sample (one epoch of 1280 images, with augmentation) with the strict engine and prints one line of JSON.
// Run by test/runtimes/run.ts on every runtime: equal fingerprints are equal bits.
import { openDataset } from "../../host/datasets/open.ts";
import { compileEngine } from "../../host/engine/load.ts";
import { createNetwork } from "../../host/network/hybrid.ts";
import { createNodePlatform } from "../../host/platform/node.ts";
import { trainLoop } from "../../host/training/loop.ts";
import { parseTrainOptions } from "../../host/training/options.ts";

const platform = createNodePlatform();
const bytes = await platform.readFile(platform.packageFile("build/strict.wasm"));
const engine = await compileEngine("strict", new Uint8Array(bytes));
const data = await openDataset(undefined, { platform });
const options = parseTrainOptions({ epochs: 1, augment: "flips,rotations", weightDecay: 0.01, clipNorm: 1 });
const network = createNetwork(engine, {
  channels: data.channels,
  classes: data.classNames.length,
  head: { kind: "quantum", wires: options.qubits, layers: options.layers },
});
for await (const epoch of trainLoop(network, data, options)) {
  console.log(
    JSON.stringify({
      runtime: platform.runtime,
      fingerprint: network.fingerprint(),
      steps: network.steps,
      loss: epoch.train.loss,
    }),
  );
}
