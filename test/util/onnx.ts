import * as ort from "onnxruntime-web";

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
