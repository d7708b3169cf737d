import { readFileSync } from "node:fs";
import { type Model, type Request, random, requirePrivate } from "./peer.ts";

/** What is used of onnxruntime-web, which may not be installed. */
interface OnnxRuntime {
  env: { wasm: { numThreads?: number }; versions: { web?: string } };
  Tensor: new (type: "float32", data: Float32Array, shape: number[]) => unknown;
  InferenceSession: {
    create(
      model: Uint8Array,
      options: { executionProviders: string[]; graphOptimizationLevel: "all" },
    ): Promise<{ run(feeds: { images: unknown }): Promise<{ logits: { data: Float32Array } }> }>;
  };
}

let started = 0;

/** ONNX Runtime's WebAssembly build with the network that PyTorch wrote (batch norm folded). */
export async function buildOnnxRuntime({ batch, threads, model }: Request): Promise<Model> {
  if (model === undefined) throw new Error('the field "model" is missing: the file that torch_peers.py export wrote');
  const bytes = readFileSync(model);
  const ort: OnnxRuntime = requirePrivate("onnxruntime-web");
  if (started !== 0 && started !== threads) {
    throw new Error(`onnxruntime-web keeps the threads it started with: expected ${started}, got ${threads}`);
  }
  started = threads;
  ort.env.wasm.numThreads = threads;
  const session = await ort.InferenceSession.create(bytes, {
    executionProviders: ["wasm"],
    graphOptimizationLevel: "all",
  });
  const images = new ort.Tensor("float32", random(batch * 3 * 28 * 28, 1), [batch, 3, 28, 28]);
  return {
    version: `onnxruntime-web ${ort.env.versions.web}`,
    step: async () => (await session.run({ images })).logits.data,
  };
}
