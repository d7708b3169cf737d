import type { Network, NetworkOptions } from "../../host/network/network.ts";
import type { Tensors } from "../reference/network.ts";
import { integers } from "./numbers.ts";

const QUANTUM = { kind: "quantum", wires: 4, layers: 3 } as const;
const SMALL = { channels: 1, classes: 5, height: 17, width: 16 } as const;

/** Networks with each kind of head. */
export const HEADS: readonly NetworkOptions[] = [
  { channels: 3, classes: 2, head: QUANTUM },
  { ...SMALL, head: { kind: "quantum", wires: 3, layers: 2, embedding: "iqp" } },
  { ...SMALL, head: { kind: "quantum", wires: 3, layers: 2, embedding: "amplitude" } },
  { ...SMALL, head: { kind: "dense", wires: 3 } },
  { ...SMALL, head: { kind: "dense", wires: 3, width: 5 }, dropout: 0.4 },
  { ...SMALL, head: { kind: "series", wires: 3 } },
  { ...SMALL, head: { kind: "none", wires: 3 } },
  { ...SMALL, head: { kind: "logistic" }, convolution: "direct" },
];

/** N random images of the network's size. */
export function randomImages(network: Network, N: number, seed: number): Uint8Array<ArrayBuffer> {
  const { height, width, channels } = network.architecture;
  return integers(N * height * width * channels, seed, 256);
}

/** One step of training on random images, so that running statistics are other than 0 and 1. */
export function step(network: Network, N: number, seed: number): number {
  const batch = network.batch(N);
  batch.images.set(randomImages(network, N, seed));
  batch.labels.set(integers(N, seed + 1, network.architecture.classes));
  batch.ids.set(Uint32Array.from({ length: N }, (_, i) => i));
  const { loss } = network.gradients(N, { dropout: { seed, epoch: 0 } });
  network.update({ lr: 1e-2, ema: 0.9 });
  return loss;
}

/** Tensors for the reference network, and its layers behind the blocks. */
export function toReference(network: Network): { tensors: Tensors; behind: string[] } {
  return {
    tensors: new Map(
      [...network.tensors()].map(([name, { shape, data }]) => [name, { shape, data: Float64Array.from(data) }]),
    ),
    behind: network.layers.flatMap(({ name, part }) => (part === "trunk" || name === "dropout" ? [] : [name])),
  };
}
