// What Node and a page both run: some training steps on images that anyone can make, with one network.
import type { Engine } from "../../host/engine/load.ts";
import { createNetwork } from "../../host/network/hybrid.ts";

const BATCH = 64;

/** The fingerprint after some steps, and the images a second of the fastest one. */
export async function trainHere(engine: Engine, steps: number): Promise<{ fingerprint: string; perSecond: number }> {
  const head = { kind: "quantum", wires: 4, layers: 3 } as const;
  const network = createNetwork(engine, { channels: 3, classes: 2, head, seed: 7 });
  await network.startThreads();
  const { images, labels } = network.batch(BATCH);
  for (let i = 0; i < images.length; i++) images[i] = (i * 7919 + ((i * i) >> 3)) & 255;
  for (let i = 0; i < BATCH; i++) labels[i] = i & 1;
  let fastest = Number.POSITIVE_INFINITY;
  for (let step = 0; step < steps; step++) {
    const start = performance.now();
    network.gradients(BATCH);
    network.update({ lr: 1e-3 });
    fastest = Math.min(fastest, performance.now() - start);
  }
  network.close();
  return { fingerprint: network.fingerprint(), perSecond: (1000 * BATCH) / fastest };
}
