import * as ort from "onnxruntime-web";
import * as assert from "uvu/assert";
import { exportOnnx } from "../../host/export/onnx.ts";
import type { Network } from "../../host/network/network.ts";
import { probabilitiesOf } from "../../host/network/outputs.ts";

ort.env.wasm.numThreads = 1;

/** Runs a model on ONNX Runtime's WebAssembly build; returns its outputs by name. */
export async function runOnnx(
  model: Uint8Array,
  name: string,
  data: Float32Array | Uint8Array,
  shape: number[],
): Promise<Record<string, { dims: readonly number[]; data: Float32Array }>> {
  const session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
  const input =
    data instanceof Float32Array ? new ort.Tensor("float32", data, shape) : new ort.Tensor("uint8", data, shape);
  const outputs = await session.run({ [name]: input });
  await session.release();
  return outputs as never;
}

/**
 * Asserts that ONNX Runtime gives the engine's logits and probabilities for these images, the network being first made
 * to tell them apart.
 */
export async function agreesWithOnnx(network: Network, images: Uint8Array): Promise<void> {
  liven(network, images);
  const { channels, height, width } = network.architecture;
  const { outputs } = network;
  const count = images.length / (height * width * channels);
  const shape = [count, height, width, channels];
  const { logits, probabilities } = await runOnnx(exportOnnx(network), "images", images, shape);
  assert.equal([...logits.dims], [count, outputs]);
  const expected = network.predict(images);
  const spread = largestDifference(expected.subarray(outputs), expected.subarray(0, -outputs));
  assert.ok(spread > 0.05, `the images must not look all the same: ${spread}`);
  const differences = [
    largestDifference(logits.data, expected),
    largestDifference(probabilities.data, probabilitiesOf(network, expected)),
  ];
  assert.ok(differences[0] < 1e-4 && differences[1] < 1e-5, differences.join());
}

/**
 * Makes the outputs depend on the images: running statistics as of training, linear layers that do not shrink what
 * comes in.
 */
function liven(network: Network, images: Uint8Array): void {
  const batch = network.batch(64).images;
  batch.set(images.subarray(0, batch.length));
  for (let step = 0; step < 3; step++) network.forward(64, "training");
  const tensors = network.tensors();
  for (const [name, { data }] of tensors) {
    if (name.startsWith("fc")) data.set(data.map((value) => 10 * value));
  }
  network.load(tensors);
}

function largestDifference(got: Float32Array, expected: Float32Array): number {
  assert.is(got.length, expected.length);
  return got.reduce((largest, value, i) => Math.max(largest, Math.abs(value - expected[i])), 0);
}
