import { HqcnnError, UsageError } from "../check.ts";
import type { Template } from "../circuit/templates.ts";
import { type Engine, type Instance, instantiate } from "../engine/load.ts";
import { f32, u8, u32 } from "../engine/memory.ts";
import { completeAugmentation } from "./augmentation.ts";
import { type Architecture, buildLayers, type NetworkLayer } from "./build.ts";
import { circuitsOf, type PlacedCircuit, templateOf } from "./heads.ts";
import { countParams } from "./layers/layer.ts";
import { MAX_BATCH, whole } from "./limits.ts";
import { type GradientOptions, layerOptions, type NetworkOptions, resolve, type UpdateOptions } from "./options.ts";
import { countCorrect, logitsOfImage, squashed, targetsOfImage } from "./output.ts";
import { sizeOf } from "./parameters.ts";
import { mostAtOnce, partsOf, placeNetwork, roomFor } from "./parts.ts";
import { backwardBelow, logitsOf, type Pass } from "./pass.ts";
import type { Placement } from "./placement.ts";
import { summarize } from "./summary.ts";
import { Team } from "./team.ts";
import { checkTensors, type OwnTensors, type TensorMap, Tensors } from "./tensors.ts";
import type { Room } from "./thread.ts";

/**
 * A trunk of convolutions (the thesis's: five blocks), FC1 to the wires, the quantum layer (or another head), FC2 +
 * ReLU, FC3 to the logits.
 * Tensors enter and leave in PyTorch's names and layouts; everything in between is done by the engine.
 */
export class Network {
  readonly engine: Engine;
  readonly architecture: Architecture;
  /** Logits of an image: as many as classes, or one fewer where those are in an order. */
  readonly outputs: number;
  readonly layers: readonly NetworkLayer[];
  /** The circuits of the quantum layer; none in a dense network. */
  readonly circuits: readonly PlacedCircuit[];
  /** The same as one circuit, see sideBySide; null where there is none, or they cannot be one. */
  readonly template: Template | null;
  /** Optimiser steps taken so far. */
  steps = 0;
  readonly #instance: Instance;
  readonly #tensors: Tensors;
  readonly #team: Team;
  /** Images that run at once at most, images that there is room for at once, and for a whole batch of. */
  readonly #most: number;
  #room: Room;
  /** What the last pass has left, with the present parameters: folded filters, or all that gradients need. */
  #kept: "nothing" | "folded" | "trace" = "nothing";

  constructor(engine: Engine, options: NetworkOptions) {
    this.engine = engine;
    this.architecture = resolve(options);
    this.outputs = logitsOfImage(this.architecture);
    const built = layerOptions(options);
    this.#instance = instantiate(engine);
    this.circuits = circuitsOf(this.architecture.head);
    this.template = templateOf(this.architecture);
    this.layers = buildLayers(this.#instance, this.architecture, built);
    // Refused here, a model of another shape never gets memory.
    if (options.tensors) checkTensors(this.layers, "params", options.tensors);
    this.#most = mostAtOnce(this.layers, options.memory);
    this.#room = roomFor(options.batchSize ?? 64, this.#most);
    const placement = placeNetwork(this.#instance, this.layers, engine.threads, this.#room);
    this.#tensors = new Tensors(this.#instance, this.layers, placement);
    this.#team = new Team(engine, this.#instance.memory, this.architecture, built);
    if (options.tensors) this.#tensors.copyIn("params", options.tensors);
    else this.initialize(options.seed ?? 0);
  }

  /**
   * Starts the engine's other threads; every pass from then on uses as many as its batch has groups (share.ts).
   * Without this call, or with an engine of one thread, everything runs here. The results are the same bits.
   * @throws HqcnnError when a thread does not start
   */
  startThreads(): Promise<void> {
    return this.#team.start(this.#room.room, this.layers[0].inShape);
  }

  /** Stops the threads. The network continues with one; not after a pass that failed: others may still be writing. */
  close(): void {
    this.#team.close();
  }

  /** Images the memory has room for at once. */
  get batchSize(): number {
    return this.#room.room;
  }

  /** Parts that a batch of N is run in: 1, unless it needs more memory than there may be (NetworkOptions.memory). */
  parts(N: number): number {
    return Math.ceil(N / this.#most);
  }

  /** Number of parameters, frozen ones among them. */
  get numParams(): number {
    return this.layers.reduce((sum, layer) => sum + countParams(layer), 0);
  }

  /** Multiply-adds of a forward pass for one image, without those of a circuit. */
  get multiplyAdds(): number {
    return this.layers.reduce((sum, layer) => sum + (layer.multiplyAdds ?? 0), 0);
  }

  /** Bytes of the engine's memory. */
  get memoryBytes(): number {
    return this.#instance.memory.buffer.byteLength;
  }

  /** Starts over: every tensor from (seed, its place in the list), moments and steps at zero. */
  initialize(seed: number): void {
    this.#tensors.initialize(seed);
    this.steps = 0;
    this.#kept = "nothing";
  }

  /** Makes room for batches of this size; parameters, moments and running statistics stay. */
  reserve(batchSize: number): void {
    whole("batch size", batchSize, 1, MAX_BATCH);
    if (batchSize <= this.#room.batch) return;
    const room = roomFor(batchSize, this.#most);
    this.#tensors.keepWhile(() => placeNetwork(this.#instance, this.layers, this.engine.threads, room));
    this.#room = room;
    this.#kept = "nothing";
  }

  /**
   * Every tensor, parameters and running statistics (or the moving average of each), by PyTorch name and in PyTorch's
   * layout.
   */
  tensors(block: "params" | "average" = "params"): OwnTensors {
    return this.#tensors.copyOut(block);
  }

  /** Gradients of the last batch, or a moment of the optimiser, by PyTorch name and in PyTorch's layout. */
  paramTensors(block: "grads" | "m" | "v"): OwnTensors {
    return this.#tensors.copyOut(block);
  }

  /** L2 norms of the last batch's gradients: see Tensors. */
  gradientNorms(): Record<string, number> {
    return this.#tensors.gradientNorms();
  }

  /**
   * Takes every tensor from `tensors` (PyTorch's names and layouts; others are ignored). Their moving averages start
   * there.
   * @throws HqcnnError when one is missing or of another shape, or holds a number that is not finite; nothing is
   * changed then
   */
  load(tensors: TensorMap): void {
    checkTensors(this.layers, "params", tensors);
    this.#tensors.copyIn("params", tensors);
    this.#kept = "nothing";
  }

  /** Takes a moment of the optimiser or the moving averages, as load does. */
  loadMoment(block: "m" | "v" | "average", tensors: TensorMap): void {
    checkTensors(this.layers, block, tensors);
    this.#tensors.copyIn(block, tensors);
    this.#kept = "nothing";
  }

  /** SHA-256 over all tensors in order, as little-endian f32 in PyTorch's layout. */
  fingerprint(): string {
    return this.#tensors.fingerprint();
  }

  /**
   * The batch block: images (N, height, width, channels) uint8, labels (N), ids (N). Views: write at once, do not keep.
   * Of outputs by themselves labels are (N, outputs), 0 or 1.
   */
  batch(N: number): { images: Uint8Array; labels: Uint8Array; ids: Uint32Array } {
    this.reserve(N);
    const { images, labels, ids } = this.#placement;
    return {
      images: u8(this.#instance, images, N * sizeOf(this.layers[0].inShape)),
      labels: u8(this.#instance, labels, N * targetsOfImage(this.architecture)),
      ids: u32(this.#instance, ids, N),
    };
  }

  /**
   * Forward and backward over the first N images of the batch block. Returns the mean loss and how many were classified
   * right.
   */
  gradients(N: number, options: GradientOptions = {}): { loss: number; correct: number } {
    const { classWeights, labelSmoothing = 0, augment = null, dropout: draw = null } = options;
    const { architecture, outputs } = this;
    const at = this.#placement;
    if (classWeights) f32(this.#instance, at.classWeights, outputs).set(classWeights);
    const drawn = augment && completeAugmentation(augment);
    const weighted = classWeights !== undefined;
    const pass = { kind: "train", weighted, labelSmoothing, augment: drawn, draw } as const;
    const width = targetsOfImage(architecture);
    const labels = this.batch(N).labels.slice();
    const counted = architecture.output ? undefined : classWeights;
    let [loss, correct] = [0, 0];
    for (const { first, count, weight } of partsOf(labels.subarray(0, N), this.#most, counted)) {
      loss += weight * this.#run({ ...pass, N: count, first, weight, add: first > 0 });
      correct += countCorrect(
        this.logits(count),
        labels.subarray(width * first, width * (first + count)),
        architecture,
      );
    }
    return { loss, correct };
  }

  /** One Adam step from the gradients at hand. */
  update(options: UpdateOptions): void {
    const { lr, weightDecay = 0, clipNorm = 0, ema = 0 } = options;
    this.steps += 1;
    this.#kept = "nothing";
    this.#tensors.step(this.steps, { lr, weightDecay, clipNorm });
    if (ema > 0) this.#tensors.average(Math.min(ema, (1 + this.steps) / (10 + this.steps)));
  }

  /**
   * Exchanges all parameters and running statistics with their moving averages; a second call exchanges them back. In
   * between the network predicts, evaluates and is saved as its average; train on only after exchanging back.
   */
  swapAverage(): void {
    this.#tensors.swapAverage();
    this.#kept = "nothing";
  }

  /**
   * Forward over the first N images of the batch block with running statistics (or batch statistics, which then move).
   */
  forward(N: number, mode: "evaluation" | "training" = "evaluation"): Float32Array {
    this.#run({ kind: mode === "training" ? "forward" : "infer", N });
    return this.logits(N);
  }

  /**
   * Logits of any number of images.
   * @param images (count, height, width, channels) uint8
   * @returns (count, outputs)
   */
  predict(images: Uint8Array): Float32Array<ArrayBuffer> {
    const size = sizeOf(this.layers[0].inShape);
    const count = images.length / size;
    if (!Number.isInteger(count)) {
      throw new HqcnnError(
        `Images: expected a multiple of ${this.layers[0].inShape.join(" × ")} bytes, got ${images.length}.`,
      );
    }
    return this.#inChunks(count, (start, N) => {
      this.batch(N).images.set(images.subarray(start * size, (start + N) * size));
      this.batch(N).ids.set(Uint32Array.from({ length: N }, (_, i) => start + i)); // for measured circuits
      this.forward(N);
    });
  }

  /** softmax of logits (count, classes), or the sigmoid of each where outputs stand alone; by the engine. */
  softmax(logits: Float32Array): Float32Array<ArrayBuffer> {
    return squashed(this.#instance, this.#placement.dlogits, logits, this.architecture, this.batchSize);
  }

  /** The logits of the last forward pass, (N, outputs). */
  logits(N: number): Float32Array<ArrayBuffer> {
    return f32(this.#instance, logitsOf(this.#placement), N * this.outputs).slice();
  }

  /** The output of one layer in the last forward pass, (N, …outShape). */
  activation(name: string, N: number): Float32Array<ArrayBuffer> {
    const i = this.#indexOf(name);
    return f32(this.#instance, this.#placement.layers[i].saved.out, N * sizeOf(this.layers[i].outShape)).slice();
  }

  /**
   * Logits of `values` in place of what layer `name` gives, by the layers behind it, with running statistics. A layer's
   * own activation gives the network's own logits, bit for bit.
   * @param values (count, …outShape of the layer), any count
   * @returns (count, outputs)
   */
  predictFrom(name: string, values: Float32Array): Float32Array<ArrayBuffer> {
    const i = this.#indexOf(name);
    const { outShape } = this.layers[i];
    const size = sizeOf(outShape);
    const count = values.length / size;
    if (!Number.isInteger(count)) {
      throw new UsageError(`${name}: expected a multiple of ${outShape.join(" × ")} values, got ${values.length}`);
    }
    return this.#inChunks(count, (start, N) => {
      const { out } = this.#placement.layers[i].saved;
      f32(this.#instance, out, N * size).set(values.subarray(start * size, (start + N) * size));
      this.#run({ kind: "infer", N, from: i + 1 });
    });
  }

  /** Images (N, height, width, channels) uint8, N at most batchSize, as the first layer sees them. */
  normalized(images: Uint8Array): Float32Array<ArrayBuffer> {
    const at = this.#placement;
    u8(this.#instance, at.images, images.length).set(images);
    this.#instance.kernels.normalize(at.x, at.images, images.length);
    return f32(this.#instance, at.x, images.length).slice();
  }

  /**
   * Forward in evaluation mode that keeps what gradientAt reads of every layer. Logits are those of `forward` up to
   * rounding: nothing is folded.
   * @param x (N, height, width, channels) as `normalized` gives them, or anything between; N at most batchSize
   * @returns (N, outputs)
   */
  trace(x: Float32Array): Float32Array<ArrayBuffer> {
    const size = sizeOf(this.layers[0].inShape);
    const N = x.length / size;
    if (!Number.isInteger(N)) throw new UsageError(`trace: expected a multiple of ${size} values, got ${x.length}`);
    this.reserve(N);
    f32(this.#instance, this.#placement.x, x.length).set(x);
    this.#run({ kind: "trace", N });
    return this.logits(N);
  }

  /**
   * Gradient of Σ dlogits · logits with respect to the output of layer `name`, at the images (or values) of the last
   * forward pass. Nothing that training continues from changes.
   * @param name after `trace`, any layer, or "input"; after `forward` in evaluation mode or `predictFrom`, the last
   * layer with a batch norm or one behind it
   * @param dlogits (N, outputs), N at most that of the forward pass
   * @returns (N, …outShape)
   * @throws UsageError for an earlier layer, or when the last pass was none of these
   */
  gradientAt(name: string, dlogits: ArrayLike<number>): Float32Array<ArrayBuffer> {
    const { layers } = this;
    const i = name === "input" ? -1 : this.#indexOf(name);
    // A layer that is folded for inference has no backward pass then.
    const first = this.#kept === "trace" ? -1 : layers.findLastIndex((layer) => layer.fold !== undefined);
    if (i < first) {
      throw new UsageError(
        `layer: expected ${layers[first].name} or one behind it, got ${name}: gradients further back need a pass by trace`,
      );
    }
    const { outputs } = this;
    const N = dlogits.length / outputs;
    if (!Number.isInteger(N) || N < 1 || N > this.batchSize) {
      throw new UsageError(`dlogits: expected rows of ${outputs}, at most ${this.batchSize}, got ${dlogits.length}`);
    }
    this.#team.check();
    if (this.#kept === "nothing") {
      throw new UsageError("gradientAt: expected trace or a forward pass in evaluation mode just before");
    }
    const placement = this.#placement;
    f32(this.#instance, placement.dlogits, dlogits.length).set(dlogits);
    const { kernels } = this.#instance;
    const at = backwardBelow({ kernels, layers, placement, thread: 0, barrier() {} }, N, i);
    return f32(this.#instance, at, N * sizeOf(i < 0 ? layers[0].inShape : layers[i].outShape)).slice();
  }

  /** A table of layers. */
  summary(): string {
    return summarize(this.layers);
  }

  /** Logits (count, outputs) of inputs that `run` takes as many of as there is room for at once. */
  #inChunks(count: number, run: (start: number, N: number) => void): Float32Array<ArrayBuffer> {
    const { outputs } = this;
    const logits = new Float32Array(count * outputs);
    for (let start = 0; start < count; start += this.batchSize) {
      const N = Math.min(this.batchSize, count - start);
      run(start, N);
      logits.set(this.logits(N), start * outputs);
    }
    return logits;
  }

  get #placement(): Placement {
    return this.#tensors.placement;
  }

  /** A pass over the first N images of the batch block, by as many threads as there are and it can feed. */
  #run(pass: Pick<Pass, "kind" | "N"> & Partial<Pass>): number {
    this.#team.check();
    if (pass.N < 1 || pass.N > this.batchSize) {
      throw new UsageError(`N: expected 1 to ${this.batchSize} images (see reserve), got ${pass.N}`);
    }
    const fold = this.#kept !== "folded";
    this.#kept = "nothing"; // whatever becomes of the pass
    const plain = { from: 0, first: 0, weight: 1, add: false, weighted: false, labelSmoothing: 0 };
    const complete: Pass = { ...plain, fold, augment: null, draw: null, ...pass };
    const { kernels } = this.#instance;
    const loss = this.#team.run({ kernels, layers: this.layers, placement: this.#placement }, complete, this.#room);
    if (pass.kind === "infer") this.#kept = "folded";
    else if (pass.kind === "trace") this.#kept = "trace";
    return loss;
  }

  #indexOf(name: string): number {
    const i = this.layers.findIndex((layer) => layer.name === name);
    if (i >= 0) return i;
    throw new UsageError(`layer: expected ${this.layers.map((layer) => layer.name).join(", ")}, got ${name}`);
  }
}

export type { Architecture } from "./build.ts";
export type { Head } from "./heads.ts";
export type { GradientOptions, NetworkOptions, UpdateOptions } from "./options.ts";

/** A network with freshly drawn parameters in a memory of its own. @throws UsageError listing what is allowed */
export function createNetwork(engine: Engine, options: NetworkOptions): Network {
  return new Network(engine, options);
}
