import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeSafetensors } from "../../host/network/safetensors.ts";
import { relativeError } from "../util/numbers.ts";
import { needsShared } from "../util/paths.ts";
import { forward, gradients, type Tensors } from "./network.ts";

const test = suite("the reference network");

needsShared(test, "parity/network.safetensors")(
  "equals PyTorch and PennyLane in float64: logits, loss, gradients, running statistics",
  (path) => {
    const golden = decodeSafetensors(new Uint8Array(readFileSync(path)), path).tensors;
    const numbers = (name: string) => Float64Array.from(golden.get(name)!.data as ArrayLike<number>);
    const { batch, losses_float64: losses } = JSON.parse(readFileSync(path.replace(".safetensors", ".json"), "utf8"));
    const tensors: Tensors = new Map();
    for (const [name, { shape }] of golden) {
      if (name.startsWith("start.")) tensors.set(name.slice(6), { shape, data: numbers(name) });
    }
    const size = golden.get("images")!.shape.slice(1);
    const images = numbers("images").subarray(0, batch * size.reduce((a, b) => a * b));
    const logits = forward(tensors, images, size, "evaluation").logits;
    assert.ok(relativeError(logits, numbers("eval.logits")) < 1e-12);
    const { loss, grads, forward: pass } = gradients(tensors, images, numbers("labels").subarray(0, batch), size);
    assert.ok(Math.abs(loss - losses[0]) < 1e-13);
    for (const name of ["fc1", "quantum", "fc2"]) {
      assert.ok(relativeError(pass.activations.get(name)!, numbers(`train.${name}`)) < 1e-11, name);
    }
    for (const [name, { data }] of grads) {
      const expected = numbers(`grad.${name}`);
      if (/^layer.\.0\.bias$/.test(name)) assert.ok(Math.max(...data.map(Math.abs)) < 1e-13, name);
      else assert.ok(relativeError(data, expected) < 1e-9, `${name}: ${relativeError(data, expected)}`);
    }
    for (const [name, { data }] of tensors) {
      if (name.includes("running")) assert.ok(relativeError(data, numbers(`after_forward.${name}`)) < 1e-12, name);
    }
  },
);

test.run();
