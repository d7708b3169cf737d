// What Node and a page both run to compare speed. The package comes as an argument, so that a page can take this file
// as it is.
import type * as hqcnn from "../../host/index.ts";

const BATCH = 64;

/** Trains the thesis's network with the strict engine on one thread; images a second of the fastest step. */
export async function fastestStep(
  { createNetwork, loadEngine }: Pick<typeof hqcnn, "createNetwork" | "loadEngine">,
  steps: number,
): Promise<number> {
  const engine = await loadEngine({ build: "strict", threads: 1 });
  const head = { kind: "quantum", wires: 4, layers: 3 } as const;
  const network = createNetwork(engine, { channels: 3, classes: 2, head, seed: 7 });
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
  return (1000 * BATCH) / fastest;
}
