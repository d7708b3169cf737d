import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs-core";
import { CONVS, LINEARS, type Model, type Request, random } from "./peer.ts";

/** TensorFlow.js on its WebAssembly backend. Batch norm is folded into the filters, as TensorFlow's converter does. */
export async function buildTfjs({ batch, threads }: Request): Promise<Model> {
  // Switched on by hand, its threads fail: they start from a blob: URL, which Node's workers refuse.
  if (threads !== 1) throw new Error(`tfjs-wasm has no threads in Node: expected 1, got ${threads}`);
  const tf = await import("@tensorflow/tfjs-core");
  const { version_wasm: version } = await import("@tensorflow/tfjs-backend-wasm");
  if (!(await tf.setBackend("wasm"))) throw new Error("the backend wasm of tfjs did not start");
  if (!tf.env().getBool("WASM_HAS_SIMD_SUPPORT")) throw new Error("tfjs finds no SIMD here");

  const weight = <T extends Tensor>(shape: number[], fanIn: number) =>
    tf.tensor(random(tf.util.sizeFromShape(shape), fanIn ** -0.5), shape) as T;
  const convs = CONVS.map(({ from, to, padding, pool }) => ({
    conv: {
      filter: weight<Tensor4D>([3, 3, from, to], 9 * from),
      bias: weight<Tensor1D>([to], 9 * from),
      pad: padding === 1 ? ("same" as const) : ("valid" as const),
    },
    pool,
  }));
  const [fc1, fc2, fc3] = LINEARS.map(({ from, to }) => ({
    b: weight<Tensor2D>([from, to], from),
    bias: weight<Tensor1D>([to], from),
  }));
  const images = weight<Tensor4D>([batch, 28, 28, 3], 1);

  const logits = () => {
    let x = images;
    for (const { conv, pool } of convs) {
      x = tf.fused.conv2d({ x, ...conv, strides: 1, activation: "relu" });
      if (pool) x = tf.maxPool(x, 2, 2, "valid");
    }
    const features = tf.tanh(tf.fused.matMul({ a: tf.reshape(x, [batch, fc1.b.shape[0]]), ...fc1 }));
    return tf.fused.matMul({ a: tf.fused.matMul({ a: features, ...fc2, activation: "relu" }), ...fc3 });
  };
  const step = () => {
    const out = tf.tidy(logits);
    const values = out.dataSync();
    out.dispose();
    return values;
  };
  return { version: `tfjs-backend-wasm ${version}`, step };
}
