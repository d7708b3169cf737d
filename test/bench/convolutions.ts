// node build/test/bench/convolutions.js [DATA]: does Winograd's rounding cost accuracy? Trains the thesis's recipe with
// Winograd and with direct sums, three seeds each, and prints the test split's figures of the best epoch by AUC on val.

import { table } from "../../host/cli/terminal.ts";
import { evaluate, loadEngine, openDataset, train } from "../../host/index.ts";
import { createNetwork } from "../../host/network/network.ts";
import type { TensorMap } from "../../host/network/tensors.ts";

const SEEDS = [0, 1, 2];
const data = await openDataset(process.argv[2]);
const engine = await loadEngine();
const rows = [["convolution", "seed", "accuracy %", "AUC %", "train loss", "images/s"]];
for (const convolution of ["winograd", "direct"] as const) {
  for (const seed of SEEDS) {
    const { channels, height, width, classNames } = data;
    const head = { kind: "quantum", wires: 4, layers: 3 } as const;
    const network = createNetwork(engine, {
      channels,
      height,
      width,
      classes: classNames.length,
      head,
      seed,
      convolution,
    });
    let best: TensorMap = network.tensors();
    let loss = Number.NaN;
    let speed = 0;
    for await (const epoch of train(network, data, { seed })) {
      if (epoch.best) best = network.tensors();
      loss = epoch.train.loss;
      speed = epoch.imagesPerSecond;
    }
    network.load(best);
    const { metrics } = await evaluate(network, data);
    network.close();
    const percent = (value: number | null) => (100 * value!).toFixed(2);
    rows.push([
      convolution,
      String(seed),
      percent(metrics.accuracy),
      percent(metrics.auc),
      loss.toFixed(4),
      speed.toFixed(0),
    ]);
    console.error(rows.at(-1)!.join("  "));
  }
}
console.log(`${data.name}\n${table(rows)}`);
