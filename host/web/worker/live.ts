import type { Engine } from "../../engine/load.ts";
import { type LayerOutput, layerOutputs } from "../../explain/layers.ts";
import { decodeModel } from "../../network/model.ts";
import { createNetwork, type Network } from "../../network/network.ts";
import { predictionsOf } from "../../network/outputs.ts";
import type { BlockMaps, Glance, LiveApi, Snapshot, Wiring } from "../protocol/messages.ts";

/** Blocks shown, and feature maps of each. */
const BLOCKS = 5;
const MAPS = 4;

/** A network to watch: what it makes of some images, while its tensors change. */
export class LiveSession implements LiveApi {
  readonly #network: Network;
  /** By block; chosen when the first image is seen, and kept, so that a map stays in its place. */
  readonly #channels = new Map<string, number[]>();

  constructor(network: Network) {
    this.#network = network;
  }

  circuit(): Wiring | null {
    const { template } = this.#network;
    return template && { numWires: template.circuit.numWires, operations: template.circuit.operations };
  }

  update(tensors: Snapshot["tensors"]): void {
    this.#network.load(tensors);
  }

  glance(images: Uint8Array[], at: number): Glance {
    const network = this.#network;
    const all = new Uint8Array(images.reduce((sum, { length }) => sum + length, 0));
    images.reduce((offset, image) => {
      all.set(image, offset);
      return offset + image.length;
    }, 0);
    const answers = predictionsOf(network, network.predict(all), all);
    const outputs = layerOutputs(network, images[at]);
    const flat = outputs.filter(({ shape }) => shape.length === 1);
    const fc1 = flat.findIndex(({ name }) => name === "fc1");
    const head = flat.slice(fc1 + 1).find(({ name }) => !/^fc\d/.test(name));
    return {
      answers: answers.map(({ label, labels }) => (labels ? null : label)),
      probs: Array.from(answers[at].probs),
      blocks: spread(
        outputs.filter(({ shape }) => shape.length === 3),
        BLOCKS,
      ).map((block) => this.#mapsOf(block)),
      features: fc1 === -1 ? [] : Array.from(flat[fc1].values),
      head: head ? { name: head.name, values: Array.from(head.values) } : null,
    };
  }

  #mapsOf({ name, shape, values }: LayerOutput): BlockMaps {
    const size = shape[1] * shape[2];
    const map = (channel: number) => values.subarray(channel * size, (channel + 1) * size);
    const channels = this.#channels.get(name) ?? liveliest(shape[0], map);
    this.#channels.set(name, channels);
    const maps = new Float32Array(channels.length * size);
    channels.forEach((channel, i) => {
      maps.set(map(channel), i * size);
    });
    return { name, shape, channels, maps };
  }

  close(): void {
    this.#network.close();
  }
}

/** The channels whose values differ most, in their order: maps of zeros show nothing. */
function liveliest(count: number, map: (channel: number) => Float32Array): number[] {
  const variance = (values: Float32Array) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  };
  const ranked = Array.from({ length: count }, (_, channel) => ({ channel, variance: variance(map(channel)) }));
  ranked.sort((a, b) => b.variance - a.variance);
  return ranked
    .slice(0, MAPS)
    .map(({ channel }) => channel)
    .sort((a, b) => a - b);
}

/** At most `most` of a list, from its beginning to its end. */
function spread<T>(list: readonly T[], most: number): T[] {
  if (list.length <= most) return [...list];
  return Array.from({ length: most }, (_, i) => list[Math.round((i * (list.length - 1)) / (most - 1))]);
}

/** Images that are classified at once. */
const BATCH = 16;

/** Opens a network to watch: a model file, or one under training. */
export async function openLive(
  engine: Engine,
  from: { bytes: Uint8Array; name: string } | Snapshot,
): Promise<LiveSession> {
  if ("bytes" in from) return new LiveSession((await decodeModel(engine, from.bytes, from.name, BATCH)).network);
  const own = { seed: undefined, freeze: undefined, dropout: undefined, batchSize: BATCH };
  return new LiveSession(createNetwork(engine, { ...from.architecture, ...own, tensors: from.tensors }));
}
