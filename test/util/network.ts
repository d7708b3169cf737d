// Networks of tests: two architectures, batches for them, short trainings.
import type { Network, NetworkOptions } from "../../host/network/network.ts";
import type { Tensors } from "../reference/network.ts";
import { integers } from "./numbers.ts";

export const THESIS: NetworkOptions = { channels: 3, classes: 2, head: { kind: "quantum", wires: 4, layers: 3 } };
export const SMALL: NetworkOptions = {
  channels: 1,
  classes: 5,
  height: 17,
  width: 16,
  head: { kind: "dense", wires: 3 },
};

/** Images whose brightness tells their class, so that training has something to learn. */
export function createImages(network: Network, N: number, seed: number): { images: Uint8Array; labels: Uint8Array } {
  const { height, width, channels, classes } = network.architecture;
  const size = height * width * channels;
  const labels = integers(N, seed, classes);
  const noise = integers(N * size, seed + 1, 128);
  return {
    images: noise.map((value, i) => value + Math.floor((labels[Math.floor(i / size)] * 127) / (classes - 1))),
    labels,
  };
}

/** Puts N such images into the batch; their ids count from `firstId`. */
export function fill(network: Network, N: number, seed: number, firstId = 0): void {
  const { images, labels } = createImages(network, N, seed);
  const batch = network.batch(N);
  batch.images.set(images);
  batch.labels.set(labels);
  batch.ids.set(Uint32Array.from({ length: N }, (_, i) => firstId + i));
}

/** Steps on batches of N; their losses. */
export function train(network: Network, steps: number, N: number, lr = 1e-3): number[] {
  return Array.from({ length: steps }, (_, step) => {
    fill(network, N, step);
    const { loss } = network.gradients(N);
    network.update({ lr });
    return loss;
  });
}

export function toReference(tensors: ReturnType<Network["tensors"]>): Tensors {
  return new Map([...tensors].map(([name, { shape, data }]) => [name, { shape, data: Float64Array.from(data) }]));
}
