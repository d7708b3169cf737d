import { batches, copyBatch } from "../datasets/batches.ts";
import type { Dataset } from "../datasets/types.ts";
import type { Engine } from "../engine/load.ts";
import { createPermutation, STREAMS } from "../engine/random.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { time } from "./timing.ts";

/**
 * What one engine reaches with one number of threads; images a second are those of the best window and of the median
 * one.
 */
export interface EngineFigures {
  train_per_s: number;
  train_median_per_s: number;
  infer_per_s: number;
  infer_median_per_s: number;
  /** Part of a training step on one thread that the circuit takes; null with more threads. */
  quantum_share: number | null;
  /** Seconds from the start of the process to the end of the first step. */
  start_s: number;
}

/**
 * The thesis's network on the images of `data`, as training takes them: copied batch by batch, forward, backward, Adam.
 */
export async function measureEngine(
  engine: Engine,
  data: Dataset,
  batch: number,
  seconds: number,
): Promise<EngineFigures> {
  const train = await data.split("train");
  const network = thesisNetwork(engine, data, batch);
  await network.startThreads();
  const orders = [...batches(train.count, batch, createPermutation(engine, 0, STREAMS.epochOrder), 0)];
  const whole = orders.filter((indices) => indices.length === batch);
  let next = 0;
  const step = () => {
    const indices = whole[next++ % whole.length];
    const block = network.batch(batch);
    copyBatch(train, indices, block.images, block.labels);
    const { loss } = network.gradients(batch);
    if (!Number.isFinite(loss)) throw new Error(`the loss became ${loss}`);
    network.update({ lr: 1e-3 });
  };
  step();
  const start_s = performance.now() / 1000;
  const trained = time(step, seconds);
  // It takes longer than all the rest, so batches of other sizes go without.
  const quantum_share = engine.threads === 1 && batch === 64 ? layerShare(network, "quantum", step) : null;
  const inferred = time(() => void network.predict(train.images), seconds);
  network.close();
  const perSecond = (images: number, milliseconds: number) => (1000 * images) / milliseconds;
  return {
    train_per_s: perSecond(batch, trained.best),
    train_median_per_s: perSecond(batch, trained.median),
    infer_per_s: perSecond(train.count, inferred.best),
    infer_median_per_s: perSecond(train.count, inferred.median),
    quantum_share,
    start_s,
  };
}

/** The thesis's network for a data set. */
export function thesisNetwork(engine: Engine, data: Dataset, batchSize: number): Network {
  const { channels, height, width, classNames } = data;
  const head = { kind: "quantum", wires: 4, layers: 3 } as const;
  return createNetwork(engine, { channels, height, width, classes: classNames.length, head, batchSize });
}

/** Milliseconds of every pass of every layer in the fastest of some steps, "layer4 backward" and so on. */
export function timeLayers(network: Network, step: () => void, steps = 40): Map<string, number> {
  const fastest = new Map<string, number>();
  const undo: (() => void)[] = [];
  for (const layer of network.layers) {
    for (const pass of ["forward", "backward"] as const) {
      const original = layer[pass];
      const name = `${layer.name} ${pass}`;
      layer[pass] = (...args: unknown[]) => {
        const start = performance.now();
        (original as (...args: unknown[]) => void)(...args);
        fastest.set(name, Math.min(fastest.get(name) ?? Number.POSITIVE_INFINITY, performance.now() - start));
      };
      undo.push(() => {
        layer[pass] = original as never;
      });
    }
  }
  for (let i = 0; i < steps; i++) step();
  for (const restore of undo) restore();
  return fastest;
}

function layerShare(network: Network, name: string, step: () => void): number {
  const layers = timeLayers(network, step);
  let total = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 20; i++) {
    const start = performance.now();
    step();
    total = Math.min(total, performance.now() - start);
  }
  return (layers.get(`${name} forward`)! + layers.get(`${name} backward`)!) / total;
}
