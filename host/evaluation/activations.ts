import { eachImages } from "../datasets/images.ts";
import type { Split } from "../datasets/types.ts";
import type { Network } from "../network/network.ts";
import { sizeOf } from "../network/parameters.ts";

/** What a layer makes of the images of a split: (count, the layer's outputs), as in inference. */
export async function activationsOf(network: Network, split: Split, layer: string): Promise<Float32Array<ArrayBuffer>> {
  const { outShape } = network.layers.find(({ name }) => name === layer)!;
  const width = sizeOf(outShape);
  const all = new Float32Array(split.count * width);
  for await (const { first, count, images } of eachImages(split, 16 * network.batchSize)) {
    const size = images.length / count;
    for (let at = 0; at < count; at += network.batchSize) {
      const N = Math.min(network.batchSize, count - at);
      network.batch(N).images.set(images.subarray(at * size, (at + N) * size));
      network.forward(N);
      all.set(network.activation(layer, N), (first + at) * width);
    }
  }
  return all;
}
