import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "../../host/engine/load.ts";
import { createNetwork, type NetworkOptions } from "../../host/network/network.ts";
import { encodeSafetensors, type Tensor } from "../../host/network/safetensors.ts";
import { forward, gradients, type Tensors, update } from "../reference/network.ts";
import { integers } from "../util/numbers.ts";
import { fixture } from "../util/paths.ts";

const STEPS = 10;

/**
 * Fills a folder with golden numbers: circuits and metrics from test/fixtures/parity, a network of any shape from the
 * f64 reference.
 */
export function writeGolden(folder: string, engine: Engine, options: NetworkOptions, batch: number): void {
  for (const name of ["circuits.json", "metrics.json"]) cpSync(fixture(`parity/${name}`), join(folder, name));
  const network = createNetwork(engine, { ...options, seed: 11, batchSize: 1 });
  const { height, width, channels, classes } = network.architecture;
  const size = [height, width, channels];
  const pixels = height * width * channels;
  const labels = integers(STEPS * batch, 1, classes);
  const images = integers(STEPS * batch * pixels, 2, 200).map((value, i) => value + 8 * labels[Math.floor(i / pixels)]);
  const file = new Map<string, Tensor>();
  const keep = (name: string, data: Float64Array, shape: readonly number[] = [batch, data.length / batch]) =>
    file.set(name, { dtype: "F64", shape: [...shape], data });

  const tensors: Tensors = new Map();
  for (const [name, { shape, data }] of network.tensors()) {
    file.set(`start.${name}`, { dtype: "F32", shape, data });
    tensors.set(name, { shape, data: Float64Array.from(data) });
  }
  file.set("images", { dtype: "U8", shape: [STEPS * batch, ...size], data: images });
  file.set("labels", { dtype: "U8", shape: [STEPS * batch], data: labels });
  const imagesOf = (step: number) => images.subarray(step * batch * pixels, (step + 1) * batch * pixels);
  keep("eval.logits", forward(tensors, imagesOf(0), size, "evaluation").logits);
  const moments = new Map();
  const losses: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    const stepLabels = labels.subarray(step * batch, (step + 1) * batch);
    const { loss, grads, forward: pass } = gradients(tensors, imagesOf(step), stepLabels, size);
    losses.push(loss);
    if (step === 0) {
      keep("train.logits", pass.logits);
      for (const name of ["fc1", "quantum", "tanh", "fc2"]) {
        if (pass.activations.has(name)) keep(`train.${name}`, pass.activations.get(name)!);
      }
      for (const layer of ["layer1", "layer5"]) {
        const sums = new Float64Array(tensors.get(`${layer}.0.bias`)!.data.length);
        pass.activations.get(layer)!.forEach((value, i) => {
          sums[i % sums.length] += value;
        });
        keep(`train.${layer}.sum_per_channel`, sums, [sums.length]);
      }
      for (const [name, { shape, data }] of grads) keep(`grad.${name}`, data, shape);
      for (const [name, { shape, data }] of tensors) {
        if (name.includes("running")) keep(`after_forward.${name}`, data.slice(), shape);
      }
    }
    update(tensors, grads, moments, step + 1, { lr: 1e-3 });
  }
  keep(`after_${STEPS}_steps.eval.logits`, forward(tensors, imagesOf(0), size, "evaluation").logits);
  writeFileSync(join(folder, "network.safetensors"), encodeSafetensors(file, {}));
  writeFileSync(join(folder, "network.json"), JSON.stringify({ batch, losses_float64: losses }));
}
