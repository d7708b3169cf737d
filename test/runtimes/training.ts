// What every runtime and browser trains to compare bits: one epoch of the embedded sample (1280 images, 20 steps) with
// everything that draws random numbers or depends on the step. The package comes as an argument, so that a page can
// take this file as it is and pass build/web/hqcnn.js.
import type * as hqcnn from "../../host/index.ts";

export interface Trained {
  /** Of the averaged weights. */
  fingerprint: string;
  /** Of a network whose circuit was trained with shots and noise. */
  measured: string;
  steps: number;
  loss: number;
}

/** Trains with the strict engine. */
export async function trainTwentySteps(
  {
    createNetwork,
    loadEngine,
    openDataset,
    train,
  }: Pick<typeof hqcnn, "createNetwork" | "loadEngine" | "openDataset" | "train">,
  threads: number,
): Promise<Trained> {
  const engine = await loadEngine({ build: "strict", threads });
  const data = await openDataset();
  const common = {
    channels: data.channels,
    classes: data.classNames.length,
    head: { kind: "quantum", wires: 4, layers: 3 },
  } as const;
  const network = createNetwork(engine, { ...common, dropout: 0.2 });
  let loss = Number.NaN;
  const options: hqcnn.TrainLoopOptions = {
    ...({ epochs: 1, schedule: "onecycle", weightDecay: 0.01, clipNorm: 1, ema: 0.9 } as const),
    ...({
      augment: "flips,rotations",
      shift: 0.1,
      scale: 0.1,
      brightness: 0.1,
      contrast: 0.1,
      border: "reflect",
    } as const),
  };
  for await (const epoch of train(network, data, options)) loss = epoch.train.loss;
  network.swapAverage();
  network.close();
  const measure = { shots: 20, noise: "depolarizing:0.01,readout:0.02", gradient: "spsa" } as const;
  const device = createNetwork(engine, { ...common, measure });
  for await (const _ of train(device, data, { epochs: 1 }));
  device.close();
  return { fingerprint: network.fingerprint(), measured: device.fingerprint(), steps: network.steps, loss };
}
