import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { HqcnnError } from "../check.ts";
import type { Ptr } from "../engine/kernels.ts";
import type { Instance } from "../engine/load.ts";
import { f32, offset } from "../engine/memory.ts";
import { STREAMS } from "../engine/random.ts";
import { type NetworkLayer, substreamsOf } from "./build.ts";
import { allFinite, sizeOf, type TensorSpec, toFile, toMemory } from "./parameters.ts";
import { blockLength, type Placement, shortName } from "./placement.ts";

/** Tensors by PyTorch name, in PyTorch's layout. */
export type TensorMap = ReadonlyMap<string, { shape: readonly number[]; data: ArrayLike<number> }>;

/** The same, copied out of the engine. */
export type OwnTensors = Map<string, { shape: number[]; data: Float32Array<ArrayBuffer> }>;

/** Blocks that hold one value for each parameter; the first two have one for each running statistic beside it. */
export type TensorBlock = "params" | "average" | "grads" | "m" | "v";

const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/** Blocks that training continues from. */
const KEPT = ["params", "m", "v", "buffers", "average", "averageBuffers"] as const;

/** The tensors of a network in the engine's memory: how they start, enter, leave and are averaged. */
export class Tensors {
  /** Where the blocks lie now. */
  placement: Placement;
  readonly #instance: Instance;
  readonly #layers: readonly NetworkLayer[];

  constructor(instance: Instance, layers: readonly NetworkLayer[], placement: Placement) {
    this.#instance = instance;
    this.#layers = layers;
    this.placement = placement;
  }

  /** Every tensor from (seed, its place in the list), moments at zero. PyTorch's distributions. */
  initialize(seed: number): void {
    const { kernels } = this.#instance;
    for (const name of ["params", "m", "v", "buffers"] as const) this.#values(name).fill(0);
    const substreams = substreamsOf(this.#layers);
    this.#eachTensor((spec, at) => {
      const { init } = spec;
      const n = sizeOf(spec.shape);
      const numbers = [seed, STREAMS.parameters, substreams.get(spec)!] as const;
      switch (init.kind) {
        case "constant":
          f32(this.#instance, at, n).fill(init.value);
          return;
        case "normal":
          // moments are zero then anyway: some of them are scratch
          kernels.normal(at, this.placement.m, n, init.mean, init.deviation, ...numbers);
          f32(this.#instance, this.placement.m, 8).fill(0);
          return;
        default:
          kernels.uniform(at, n, init.low, init.high, ...numbers);
      }
      if (init.kind !== "paired") return;
      const values = f32(this.#instance, at, n);
      const size = n / init.layers;
      for (let layer = 0; layer + 1 < init.layers; layer += 2) {
        values.copyWithin((layer + 1) * size, layer * size, (layer + 1) * size);
      }
    });
    this.#startAverage();
  }

  /** Lets `move` place the blocks anew, and puts into them what training continues from. */
  keepWhile(move: () => Placement): void {
    const kept = KEPT.map((name) => ({ name, values: this.#values(name).slice() }));
    this.placement = move();
    for (const { name, values } of kept) this.#values(name).set(values);
  }

  copyOut(block: TensorBlock): OwnTensors {
    const tensors: OwnTensors = new Map();
    this.#eachTensorOf(block, (spec, at) => {
      const data = toFile(spec, f32(this.#instance, at, sizeOf(spec.shape)));
      tensors.set(spec.name, { shape: spec.shape, data });
    });
    return tensors;
  }

  /** Takes tensors that checkTensors has let through. */
  copyIn(block: TensorBlock, tensors: TensorMap): void {
    this.#eachTensorOf(block, (spec, at) => {
      toMemory(spec, tensors.get(spec.name)!.data, f32(this.#instance, at, sizeOf(spec.shape)));
    });
    if (block === "params") this.#startAverage();
  }

  /** L2 norms of the gradients at hand, those of each layer that is not frozen; of circuits side by side, of each. */
  gradientNorms(): Record<string, number> {
    const shift = this.placement.grads - this.placement.params;
    const squares: Record<string, number> = {};
    this.#layers.forEach((layer, i) => {
      if (layer.frozen) return;
      for (const spec of layer.tensors) {
        if (spec.role !== "param") continue;
        const short = shortName(layer, spec);
        const part = /^\d+(?=\.)/.exec(short);
        const name = layer.part === "head" && part ? `${layer.name}.${part[0]}` : layer.name;
        const at = offset(this.placement.layers[i].params[short], shift);
        let sum = squares[name] ?? 0;
        for (const value of f32(this.#instance, at, sizeOf(spec.shape))) sum += value * value;
        squares[name] = sum;
      }
    });
    return Object.fromEntries(Object.entries(squares).map(([name, sum]) => [name, Math.sqrt(sum)]));
  }

  /** SHA-256 over all tensors in order, as little-endian f32 in PyTorch's layout. */
  fingerprint(): string {
    const hash = sha256.create();
    for (const { data } of this.copyOut("params").values()) hash.update(new Uint8Array(data.buffer));
    return bytesToHex(hash.digest());
  }

  /** Clips the gradients' norm where asked (0: not), then one Adam step of every layer that is not frozen. */
  step(steps: number, { lr, weightDecay, clipNorm }: { lr: number; weightDecay: number; clipNorm: number }): void {
    const { kernels } = this.#instance;
    const { params, grads, m, v } = this.placement;
    if (clipNorm > 0) kernels.clipGradNorm(grads, blockLength(this.#layers, "param"), clipNorm);
    let at = 0;
    for (const layer of this.#layers) {
      const n = blockLength([layer], "param");
      const blocks = [params, m, v, grads].map((block) => offset(block, at)) as [Ptr, Ptr, Ptr, Ptr];
      const { beta1, beta2, epsilon } = ADAM;
      if (!layer.frozen) kernels.adam(...blocks, n, steps, lr, beta1, beta2, epsilon, weightDecay);
      at += 4 * n;
    }
  }

  /** average ← decay · average + (1 − decay) · the tensors, running statistics among them. */
  average(decay: number): void {
    for (const [at, average, count] of this.#averaged()) this.#instance.kernels.ema(average, at, count, decay);
  }

  /** Exchanges all tensors with their moving averages. */
  swapAverage(): void {
    for (const [at, average, count] of this.#averaged()) {
      const averages = f32(this.#instance, average, count).slice();
      f32(this.#instance, average, count).set(f32(this.#instance, at, count));
      f32(this.#instance, at, count).set(averages);
    }
  }

  #startAverage(): void {
    for (const [at, average, count] of this.#averaged()) {
      f32(this.#instance, average, count).set(f32(this.#instance, at, count));
    }
  }

  /** What has moving averages, those, and how many numbers. */
  #averaged(): [Ptr, Ptr, number][] {
    const { params, buffers, average, averageBuffers } = this.placement;
    return [
      [params, average, blockLength(this.#layers, "param")],
      [buffers, averageBuffers, blockLength(this.#layers, "buffer")],
    ];
  }

  /** A view of a whole block: do not keep. */
  #values(name: (typeof KEPT)[number]): Float32Array<ArrayBuffer> {
    const role = name === "buffers" || name === "averageBuffers" ? "buffer" : "param";
    return f32(this.#instance, this.placement[name], blockLength(this.#layers, role));
  }

  /**
   * The tensors of a block; "params" and "average" take the running statistics along, which have no gradients and
   * moments.
   */
  #eachTensorOf(block: TensorBlock, visit: (spec: TensorSpec, at: Ptr) => void): void {
    const { params, buffers, averageBuffers } = this.placement;
    const shift = this.placement[block] - params;
    this.#eachTensor((spec, at) => {
      if (spec.role === "param") visit(spec, offset(at, shift));
      else if (block === "params") visit(spec, at);
      else if (block === "average") visit(spec, offset(at, averageBuffers - buffers));
    });
  }

  #eachTensor(visit: (spec: TensorSpec, at: Ptr) => void): void {
    this.#layers.forEach((layer, i) => {
      for (const spec of layer.tensors) visit(spec, this.placement.layers[i].params[shortName(layer, spec)]);
    });
  }
}

/**
 * @throws HqcnnError when a tensor of the block is missing or of another shape, or holds a number that is not finite
 */
export function checkTensors(layers: readonly NetworkLayer[], block: TensorBlock, tensors: TensorMap): void {
  const withBuffers = block === "params" || block === "average";
  const specs = layers.flatMap((layer) => layer.tensors);
  for (const role of withBuffers ? (["param", "buffer"] as const) : (["param"] as const)) {
    for (const spec of specs) if (spec.role === role) checkTensor(spec, tensors.get(spec.name));
  }
}

function checkTensor(
  spec: TensorSpec,
  tensor: { shape: readonly number[]; data: ArrayLike<number> } | undefined,
): void {
  const expected = spec.shape.join(" × ");
  if (!tensor)
    throw new HqcnnError(`Tensor ${spec.name} (${expected}) is missing: is this a model of another architecture?`);
  if (tensor.shape.join(" × ") !== expected || tensor.data.length !== sizeOf(spec.shape)) {
    throw new HqcnnError(
      `Tensor ${spec.name}: expected shape ${expected}, got ${tensor.shape.join(" × ") || "a scalar"}.`,
    );
  }
  if (tensor.data instanceof Float32Array && allFinite(tensor.data)) return;
  for (let i = 0; i < tensor.data.length; i++) {
    if (!Number.isFinite(tensor.data[i])) {
      throw new HqcnnError(
        `Tensor ${spec.name}: element ${i} is ${tensor.data[i]}; a usable model has finite numbers only.`,
      );
    }
  }
}
