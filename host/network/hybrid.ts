import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { HqcnnError, UsageError } from "../check.ts";
import type { Template } from "../circuit/templates.ts";
import type { Ptr } from "../engine/kernels.ts";
import { type Engine, type Instance, instantiate } from "../engine/load.ts";
import { f32, offset, u8, u32 } from "../engine/memory.ts";
import { reserveBlocks } from "../engine/plan.ts";
import { STREAMS } from "../engine/random.ts";
import { barrier, type Control, command, createControl, fail, type StartedThread } from "../engine/threads.ts";
import { type AugmentOptions, completeAugmentation } from "./augmentation.ts";
import { type Architecture, buildLayers, type LayerOptions, templateOf } from "./build.ts";
import type { Layer } from "./layers.ts";
import { layerOptions, type NetworkOptions, resolve } from "./options.ts";
import { sizeOf, type TensorSpec, toFile, toMemory } from "./parameters.ts";
import { backwardBelow, encodePass, logitsOf, type Pass, runPass, threadsFor } from "./pass.ts";
import { blockLength, blockSizes, type Placement, place, shortName } from "./placement.ts";
import { encodeCommand, type ThreadData } from "./thread.ts";

/** Tensors by PyTorch name, in PyTorch's layout. */
export type TensorMap = ReadonlyMap<string, { shape: readonly number[]; data: ArrayLike<number> }>;

/** How one optimiser step is taken; see assembly/optim/adam.ts. */
export interface UpdateOptions {
  lr: number;
  /** Decoupled weight decay; default 0. */
  weightDecay?: number;
  /** Largest L2 norm of all gradients together; 0 (default) leaves them as they are. */
  clipNorm?: number;
  /** Decay of the moving average of all tensors, below 1, at most (1 + steps) / (10 + steps); 0 (default): not averaged. See swapAverage. */
  ema?: number;
}

export interface GradientOptions {
  /** One weight a class, or none. */
  classWeights?: ArrayLike<number>;
  /** Label smoothing in [0, 1]; default 0. */
  labelSmoothing?: number;
  augment?: AugmentOptions;
  /** Where the random numbers start that say which features drop out, one for every (seed, epoch, image, feature). Without it none do. */
  dropout?: { seed: number; epoch: number };
}

/** Blocks that hold one value for each parameter; the first two have one for each running statistic beside it. */
type Block = "params" | "average" | "grads" | "m" | "v";

const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/**
 * The thesis's network: five convolution blocks, FC1 to the wires, the quantum layer (or tanh), FC2 + ReLU, FC3 to the logits.
 * Tensors enter and leave in PyTorch's names and layouts; everything in between is done by the engine.
 */
export class Network {
  readonly engine: Engine;
  readonly architecture: Architecture;
  readonly layers: readonly Layer[];
  /** The circuit of the quantum layer; null in a dense network. */
  readonly template: Template | null;
  /** Optimiser steps taken so far. */
  steps = 0;
  readonly #layerOptions: LayerOptions;
  readonly #instance: Instance;
  #placement: Placement;
  #batchSize: number;
  /** Whether the filters in memory are those of inference with the present parameters. */
  #folded = false;
  #team: { control: Control; threads: StartedThread[] } | null = null;
  #starting: Promise<void> | undefined;
  /** What ended a pass of several threads. Others may still be writing into the memory, so no pass follows; the tensors are intact. */
  #broken: Error | undefined;

  constructor(engine: Engine, options: NetworkOptions) {
    this.engine = engine;
    this.architecture = resolve(options);
    this.#layerOptions = layerOptions(options);
    this.#instance = instantiate(engine);
    this.template = templateOf(this.architecture);
    this.layers = buildLayers(this.#instance, this.architecture, this.#layerOptions);
    // Refused here, a model of another shape never gets memory.
    if (options.tensors) this.#check("params", options.tensors);
    this.#batchSize = options.batchSize ?? 64;
    this.#placement = this.#place(this.#batchSize);
    if (options.tensors) this.#copyIn("params", options.tensors);
    else this.initialize(options.seed ?? 0);
  }

  /**
   * Starts the engine's other threads; every pass from then on uses as many as its batch can feed (16 images each). Without this call, or with an engine of
   * one thread, everything runs here. The results are the same bits.
   * @throws HqcnnError when a thread does not start
   */
  startThreads(): Promise<void> {
    if (!this.#starting) {
      const current = () => this.#starting === starting;
      const starting = this.#start(current).catch((error) => {
        if (current()) this.#starting = undefined; // another call tries again
        throw error;
      });
      this.#starting = starting;
    }
    return this.#starting;
  }

  /** Stops the threads. The network goes on with one; not so after a pass that failed among several, whose other threads may still be writing. */
  close(): void {
    if (this.#team) fail(this.#team.control, "the network was closed");
    for (const thread of this.#team?.threads ?? []) thread.stop();
    this.#team = null;
    this.#starting = undefined;
  }

  /** Images the memory has room for at once. */
  get batchSize(): number {
    return this.#batchSize;
  }

  /** Number of parameters, frozen ones among them. */
  get numParams(): number {
    return this.#specs("param").reduce((sum, spec) => sum + sizeOf(spec.shape), 0);
  }

  /** Multiply-adds of a forward pass for one image, without those of a circuit. */
  get multiplyAdds(): number {
    return this.layers.reduce((sum, layer) => sum + (layer.multiplyAdds ?? 0), 0);
  }

  /** Bytes of the engine's memory. */
  get memoryBytes(): number {
    return this.#instance.memory.buffer.byteLength;
  }

  /** Starts over: every tensor from (seed, its place in the list), moments and steps at zero. PyTorch's distributions. */
  initialize(seed: number): void {
    const { kernels } = this.#instance;
    const { params, buffers, m, v } = this.#placement;
    for (const [block, count] of [
      [params, blockLength(this.layers, "param")],
      [m, blockLength(this.layers, "param")],
      [v, blockLength(this.layers, "param")],
      [buffers, blockLength(this.layers, "buffer")],
    ] as const) {
      f32(this.#instance, block, count).fill(0);
    }
    const substreams = substreamsOf(this.layers);
    this.#eachTensor((spec, at) => {
      const { init } = spec;
      const n = sizeOf(spec.shape);
      if (init.kind === "constant") f32(this.#instance, at, n).fill(init.value);
      else kernels.uniform(at, n, init.low, init.high, seed, STREAMS.parameters, substreams.get(spec)!);
    });
    this.steps = 0;
    this.#folded = false;
    this.#startAverage();
  }

  /** Makes room for batches of this size; parameters, moments and running statistics stay. */
  reserve(batchSize: number): void {
    if (!Number.isInteger(batchSize) || batchSize < 1) {
      throw new UsageError(`batch size: expected a whole number of at least 1, got ${batchSize}`);
    }
    if (batchSize <= this.#batchSize) return;
    const kept = (["params", "m", "v", "buffers", "average", "averageBuffers"] as const).map((name) => {
      const count = blockLength(this.layers, name === "buffers" || name === "averageBuffers" ? "buffer" : "param");
      return { name, values: f32(this.#instance, this.#placement[name], count).slice() };
    });
    this.#placement = this.#place(batchSize);
    this.#batchSize = batchSize;
    this.#folded = false;
    for (const { name, values } of kept) f32(this.#instance, this.#placement[name], values.length).set(values);
  }

  /** Every tensor, parameters and running statistics (or the moving average of each), by PyTorch name and in PyTorch's layout. */
  tensors(block: "params" | "average" = "params"): Map<string, { shape: number[]; data: Float32Array<ArrayBuffer> }> {
    return this.#copyOut(block);
  }

  /** Gradients of the last batch, or a moment of the optimiser, by PyTorch name and in PyTorch's layout. */
  paramTensors(block: "grads" | "m" | "v"): Map<string, { shape: number[]; data: Float32Array<ArrayBuffer> }> {
    return this.#copyOut(block);
  }

  /**
   * Takes every tensor from `tensors` (PyTorch's names and layouts; others are ignored). Their moving averages start there.
   * @throws HqcnnError when one is missing or of another shape, or holds a number that is not finite; nothing is changed then
   */
  load(tensors: TensorMap): void {
    this.#check("params", tensors);
    this.#copyIn("params", tensors);
  }

  /** Takes a moment of the optimiser or the moving averages, as load does. */
  loadMoment(block: "m" | "v" | "average", tensors: TensorMap): void {
    this.#check(block, tensors);
    this.#copyIn(block, tensors);
  }

  /** SHA-256 over all tensors in order, as little-endian f32 in PyTorch's layout: two runs are the same exactly when these are. */
  fingerprint(): string {
    const hash = sha256.create();
    for (const { data } of this.tensors().values()) hash.update(new Uint8Array(data.buffer));
    return bytesToHex(hash.digest());
  }

  /** The batch block: images (N, height, width, channels) uint8, labels (N), ids (N). Views: write at once, do not keep. */
  batch(N: number): { images: Uint8Array; labels: Uint8Array; ids: Uint32Array } {
    this.reserve(N);
    const { images, labels, ids } = this.#placement;
    return {
      images: u8(this.#instance, images, N * sizeOf(this.layers[0].inShape)),
      labels: u8(this.#instance, labels, N),
      ids: u32(this.#instance, ids, N),
    };
  }

  /** Forward and backward over the first N images of the batch block. Returns the mean loss and how many were classified right. */
  gradients(N: number, options: GradientOptions = {}): { loss: number; correct: number } {
    const { classWeights, labelSmoothing = 0, augment = null, dropout: draw = null } = options;
    const { classes } = this.architecture;
    const at = this.#placement;
    if (classWeights) f32(this.#instance, at.classWeights, classes).set(classWeights);
    const drawn = augment && completeAugmentation(augment);
    const weighted = classWeights !== undefined;
    const loss = this.#run({ kind: "train", N, weighted, labelSmoothing, augment: drawn, draw });
    return { loss, correct: countCorrect(this.logits(N), u8(this.#instance, at.labels, N), classes) };
  }

  /** One Adam step from the gradients at hand. */
  update(options: UpdateOptions): void {
    const { lr, weightDecay = 0, clipNorm = 0, ema = 0 } = options;
    const { kernels } = this.#instance;
    const { params, grads, m, v } = this.#placement;
    if (clipNorm > 0) kernels.clipGradNorm(grads, blockLength(this.layers, "param"), clipNorm);
    this.steps += 1;
    this.#folded = false;
    let at = 0;
    for (const layer of this.layers) {
      const n = blockLength([layer], "param");
      const blocks = [params, m, v, grads].map((block) => offset(block, at)) as [Ptr, Ptr, Ptr, Ptr];
      const { beta1, beta2, epsilon } = ADAM;
      if (!layer.frozen) kernels.adam(...blocks, n, this.steps, lr, beta1, beta2, epsilon, weightDecay);
      at += 4 * n;
    }
    if (ema > 0) this.#average(Math.min(ema, (1 + this.steps) / (10 + this.steps)));
  }

  /**
   * Exchanges all parameters and running statistics with their moving averages; a second call exchanges them back. In between the network predicts, evaluates
   * and is saved as its average; train on only after exchanging back.
   */
  swapAverage(): void {
    for (const [at, average, count] of this.#averaged()) {
      const averages = f32(this.#instance, average, count).slice();
      f32(this.#instance, average, count).set(f32(this.#instance, at, count));
      f32(this.#instance, at, count).set(averages);
    }
    this.#folded = false;
  }

  /** Forward over the first N images of the batch block with running statistics (or batch statistics, which then move). */
  forward(N: number, mode: "evaluation" | "training" = "evaluation"): Float32Array {
    this.#run({ kind: mode === "training" ? "forward" : "infer", N });
    return this.logits(N);
  }

  /**
   * Logits of any number of images.
   * @param images (count, height, width, channels) uint8
   * @returns (count, classes)
   */
  predict(images: Uint8Array): Float32Array<ArrayBuffer> {
    const { classes } = this.architecture;
    const size = sizeOf(this.layers[0].inShape);
    const count = images.length / size;
    if (!Number.isInteger(count)) {
      throw new HqcnnError(
        `Images: expected a multiple of ${this.layers[0].inShape.join(" × ")} bytes, got ${images.length}.`,
      );
    }
    const logits = new Float32Array(count * classes);
    for (let start = 0; start < count; start += this.#batchSize) {
      const N = Math.min(this.#batchSize, count - start);
      this.batch(N).images.set(images.subarray(start * size, (start + N) * size));
      logits.set(this.forward(N), start * classes);
    }
    return logits;
  }

  /** softmax of logits (count, classes), by the engine. */
  softmax(logits: Float32Array): Float32Array<ArrayBuffer> {
    const { classes } = this.architecture;
    const probs = new Float32Array(logits.length);
    const at = this.#placement.dlogits;
    const chunk = this.#batchSize * classes;
    for (let start = 0; start < logits.length; start += chunk) {
      const part = logits.subarray(start, start + chunk);
      f32(this.#instance, at, part.length).set(part);
      this.#instance.kernels.softmax(at, at, part.length / classes, classes);
      probs.set(f32(this.#instance, at, part.length), start);
    }
    return probs;
  }

  /** The logits of the last forward pass, (N, classes). */
  logits(N: number): Float32Array<ArrayBuffer> {
    return f32(this.#instance, this.#output(), N * this.architecture.classes).slice();
  }

  /** The output of one layer in the last forward pass, (N, …outShape). */
  activation(name: string, N: number): Float32Array<ArrayBuffer> {
    const i = this.#indexOf(name);
    return f32(this.#instance, this.#placement.layers[i].saved.out, N * sizeOf(this.layers[i].outShape)).slice();
  }

  /**
   * Logits of `values` in place of what layer `name` gives, by the layers behind it, with running statistics. A layer's own activation gives the
   * network's own logits, bit for bit.
   * @param values (count, …outShape of the layer), any count
   * @returns (count, classes)
   */
  predictFrom(name: string, values: Float32Array): Float32Array<ArrayBuffer> {
    const i = this.#indexOf(name);
    const { outShape } = this.layers[i];
    const size = sizeOf(outShape);
    const count = values.length / size;
    if (!Number.isInteger(count)) {
      throw new UsageError(`${name}: expected a multiple of ${outShape.join(" × ")} values, got ${values.length}`);
    }
    const { classes } = this.architecture;
    const logits = new Float32Array(count * classes);
    for (let start = 0; start < count; start += this.#batchSize) {
      const N = Math.min(this.#batchSize, count - start);
      const { out } = this.#placement.layers[i].saved;
      f32(this.#instance, out, N * size).set(values.subarray(start * size, (start + N) * size));
      this.#run({ kind: "infer", N, from: i + 1 });
      logits.set(this.logits(N), start * classes);
    }
    return logits;
  }

  /**
   * Gradient of Σ dlogits · logits with respect to the output of layer `name`, at the images (or values) of the last forward pass in evaluation mode.
   * Nothing that training goes on from changes.
   * @param name layer5 or one behind it
   * @param dlogits (N, classes), N at most that of the forward pass
   * @returns (N, …outShape)
   * @throws UsageError for an earlier layer, or when the last pass was none in evaluation mode
   */
  gradientAt(name: string, dlogits: ArrayLike<number>): Float32Array<ArrayBuffer> {
    const { layers } = this;
    const i = this.#indexOf(name);
    // A layer that is folded for inference has a backward pass for training alone.
    const first = layers.findLastIndex((layer) => layer.fold !== undefined);
    if (i < first) {
      throw new UsageError(
        `layer: expected ${layers[first].name} or one behind it, got ${name}: further back, gradients need the statistics of a training batch`,
      );
    }
    const { classes } = this.architecture;
    const N = dlogits.length / classes;
    if (!Number.isInteger(N) || N < 1 || N > this.#batchSize) {
      throw new UsageError(`dlogits: expected rows of ${classes}, at most ${this.#batchSize}, got ${dlogits.length}`);
    }
    if (this.#broken) throw this.#broken;
    if (!this.#folded) throw new UsageError("gradientAt: expected a forward pass in evaluation mode just before");
    const placement = this.#placement;
    f32(this.#instance, placement.dlogits, dlogits.length).set(dlogits);
    const { kernels } = this.#instance;
    const at = backwardBelow({ kernels, layers, placement, thread: 0, barrier() {} }, N, i);
    return f32(this.#instance, at, N * sizeOf(layers[i].outShape)).slice();
  }

  /** A table of layers, shapes, parameters and multiply-adds of one image. */
  summary(): string {
    const rows = this.layers.map((layer) => [
      layer.name,
      layer.kind,
      layer.inShape.join("×"),
      layer.outShape.join("×"),
      countParams(layer).toLocaleString("en"),
      layer.multiplyAdds?.toLocaleString("en") ?? "–",
    ]);
    rows.unshift(["layer", "what", "input", "output", "parameters", "multiply-adds"]);
    rows.push(["total", "", "", "", this.numParams.toLocaleString("en"), this.multiplyAdds.toLocaleString("en")]);
    const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
    const cell = (text: string, column: number) =>
      column < 4 ? text.padEnd(widths[column]) : text.padStart(widths[column]);
    return rows.map((row) => row.map(cell).join("  ").trimEnd()).join("\n");
  }

  /** A pass over the first N images of the batch block, by as many threads as there are and it can feed. */
  #run(pass: Pick<Pass, "kind" | "N"> & Partial<Pass>): number {
    const { layers } = this;
    const placement = this.#placement;
    const { kernels } = this.#instance;
    if (this.#broken) throw this.#broken;
    if (pass.N < 1 || pass.N > this.#batchSize) {
      throw new UsageError(`N: expected 1 to ${this.#batchSize} images (see reserve), got ${pass.N}`);
    }
    const fold = !this.#folded;
    this.#folded = false; // whatever becomes of the pass
    const whole: Pass = { fold, from: 0, weighted: false, labelSmoothing: 0, augment: null, draw: null, ...pass };
    const team = this.#team;
    const active = team ? threadsFor(pass, team.threads.length + 1) : 1;
    const together = team && active > 1 ? team.control : null;
    const wait = together ? () => barrier(together) : () => {};
    const worker = { kernels, layers, placement, thread: 0, barrier: wait };
    let loss = 0;
    const execute = () => {
      loss = runPass(worker, whole, active);
    };
    try {
      if (together)
        command(together, active, encodeCommand(placement.params, this.#batchSize, encodePass(whole)), execute);
      else execute();
    } catch (error) {
      if (together) this.#broken = error as Error;
      throw error;
    }
    this.#folded = pass.kind === "infer";
    return loss;
  }

  async #start(current: () => boolean): Promise<void> {
    const { threads, startThread, module, wide } = this.engine;
    if (!startThread) return;
    const control = createControl();
    const others: StartedThread[] = [];
    const fed = threadsFor({ kind: "train", N: this.#batchSize }, threads);
    try {
      for (let thread = 1; thread < fed; thread++) {
        const data: ThreadData = {
          ...{ module, memory: this.#instance.memory, control: control.words.buffer, thread, threads, wide },
          ...{ architecture: this.architecture, options: this.#layerOptions },
        };
        others.push(startThread(data, (reason) => fail(control, `thread ${thread}: ${reason}`)));
      }
      await Promise.all(others.map(({ ready }) => ready));
    } catch (error) {
      for (const thread of others) thread.stop();
      throw error;
    }
    if (current()) this.#team = { control, threads: others };
    else for (const thread of others) thread.stop(); // closed meanwhile
  }

  #place(N: number): Placement {
    const { threads } = this.engine;
    const placement = place(
      this.layers,
      N,
      threads,
      reserveBlocks(this.#instance, blockSizes(this.layers, N, threads)),
    );
    this.layers.forEach((layer, i) => {
      layer.prepare?.(placement.layers[i]);
    });
    return placement;
  }

  /** What has moving averages, those, and how many numbers. */
  #averaged(): [Ptr, Ptr, number][] {
    const { params, buffers, average, averageBuffers } = this.#placement;
    return [
      [params, average, blockLength(this.layers, "param")],
      [buffers, averageBuffers, blockLength(this.layers, "buffer")],
    ];
  }

  #startAverage(): void {
    for (const [at, average, count] of this.#averaged()) {
      f32(this.#instance, average, count).set(f32(this.#instance, at, count));
    }
  }

  #average(decay: number): void {
    for (const [at, average, count] of this.#averaged()) this.#instance.kernels.ema(average, at, count, decay);
  }

  #copyOut(block: Block) {
    const tensors = new Map<string, { shape: number[]; data: Float32Array<ArrayBuffer> }>();
    this.#eachTensorOf(block, (spec, at) => {
      const data = toFile(spec, f32(this.#instance, at, sizeOf(spec.shape)));
      tensors.set(spec.name, { shape: spec.shape, data });
    });
    return tensors;
  }

  #copyIn(block: Block, tensors: TensorMap): void {
    this.#folded = false;
    this.#eachTensorOf(block, (spec, at) => {
      toMemory(spec, tensors.get(spec.name)!.data, f32(this.#instance, at, sizeOf(spec.shape)));
    });
    if (block === "params") this.#startAverage();
  }

  /** Needs no placement. */
  #check(block: Block, tensors: TensorMap): void {
    const buffers = block === "params" || block === "average" ? this.#specs("buffer") : [];
    for (const spec of [...this.#specs("param"), ...buffers]) checkTensor(spec, tensors.get(spec.name));
  }

  /** The tensors of a block; "params" and "average" take the running statistics along, which have no gradients and moments. */
  #eachTensorOf(block: Block, visit: (spec: TensorSpec, at: Ptr) => void): void {
    const { params, buffers, averageBuffers } = this.#placement;
    const shift = this.#placement[block] - params;
    this.#eachTensor((spec, at) => {
      if (spec.role === "param") visit(spec, offset(at, shift));
      else if (block === "params") visit(spec, at);
      else if (block === "average") visit(spec, offset(at, averageBuffers - buffers));
    });
  }

  #indexOf(name: string): number {
    const i = this.layers.findIndex((layer) => layer.name === name);
    if (i >= 0) return i;
    throw new UsageError(`layer: expected ${this.layers.map((layer) => layer.name).join(", ")}, got ${name}`);
  }

  #output(): Ptr {
    return logitsOf(this.#placement);
  }

  #specs(role: TensorSpec["role"]): TensorSpec[] {
    return this.layers.flatMap((layer) => layer.tensors.filter((spec) => spec.role === role));
  }

  #eachTensor(visit: (spec: TensorSpec, at: Ptr) => void): void {
    this.layers.forEach((layer, i) => {
      for (const spec of layer.tensors) visit(spec, this.#placement.layers[i].params[shortName(layer, spec)]);
    });
  }
}

export type { Architecture } from "./build.ts";
export type { Head, NetworkOptions } from "./options.ts";

/** A network with freshly drawn parameters in a memory of its own. @throws UsageError listing what is allowed */
export function createNetwork(engine: Engine, options: NetworkOptions): Network {
  return new Network(engine, options);
}

/**
 * Which random numbers each tensor starts from. Counted in the thesis's network (32 and 33 are its circuit's, 34 to 37 FC2's and FC3's), so that twins with
 * something else in the circuit's place start with the same numbers everywhere else.
 */
function substreamsOf(layers: readonly Layer[]): Map<TensorSpec, number> {
  const known: Record<string, number> = { fc2: 34, fc3: 36 };
  const substreams = new Map<TensorSpec, number>();
  let next = 0;
  for (const { name, tensors } of layers) {
    const start = known[name] ?? next;
    tensors.forEach((spec, i) => {
      const n = start + i;
      substreams.set(spec, name in known || n < 34 ? n : n + 4);
    });
    if (!(name in known)) next += tensors.length;
  }
  return substreams;
}

/** Trainable numbers of a layer. */
export function countParams(layer: Layer): number {
  return layer.tensors.reduce((sum, spec) => sum + (spec.role === "param" ? sizeOf(spec.shape) : 0), 0);
}

/** Rows whose largest logit is the label's; the first of equals counts, as in argmax. */
function countCorrect(logits: Float32Array, labels: Uint8Array, classes: number): number {
  let correct = 0;
  labels.forEach((label, n) => {
    const row = logits.subarray(n * classes, (n + 1) * classes);
    if (row.indexOf(Math.max(...row)) === label) correct += 1;
  });
  return correct;
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
  for (let i = 0; i < tensor.data.length; i++) {
    if (!Number.isFinite(tensor.data[i])) {
      throw new HqcnnError(
        `Tensor ${spec.name}: element ${i} is ${tensor.data[i]}; a usable model has finite numbers only.`,
      );
    }
  }
}
