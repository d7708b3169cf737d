import { HqcnnError, UsageError } from "./check.ts";
import { fitImage } from "./datasets/fit.ts";
import { decodeImage } from "./datasets/formats/image.ts";
import type { DecodedImage } from "./datasets/formats/pixels.ts";
import type { OpenOptions } from "./datasets/open.ts";
import type { Dataset, Split, SplitName } from "./datasets/types.ts";
import {
  canRun,
  compileEngine,
  type Engine,
  type EngineBuild,
  type EngineName,
  MOST_THREADS,
  wasmFile,
} from "./engine/load.ts";
import { createPermutation, STREAMS } from "./engine/random.ts";
import type { Evaluation } from "./evaluation/evaluate.ts";
import type { MeasuredPrediction, PredictionSettings } from "./evaluation/measuredPredictions.ts";
import type { Doubt } from "./evaluation/reliability.ts";
import type { Tta } from "./evaluation/tta.ts";
import type { ExplainOptions, Explanation } from "./explain/explain.ts";
import type { Surrogate } from "./export/surrogate.ts";
import { type DecodedModel, decodeModel, encodeModel, type ModelInfo, NORMALIZATION } from "./network/model.ts";
import type { Architecture, Network } from "./network/network.ts";
import { checkOutput } from "./network/output.ts";
import { type Prediction, predictionsOf } from "./network/outputs.ts";
import type { Reliability } from "./network/reliability.ts";
import { defaultPlatform } from "./platform/default.ts";
import type { EngineSource, Platform } from "./platform/platform.ts";
import { findModel } from "./training/files.ts";
import type { EpochRecord, LoopControl, LoopOptions } from "./training/loop.ts";

export interface LoadEngineOptions {
  /**
   * Default "strict": the same bits on every runtime. "+wide" also joins vectors in pairs where the runtime can, and
   * says so in `note` where not.
   */
  build?: EngineName;
  /**
   * Threads a network may use, 1 to 16; default: the processors, or 1 in a page that is not cross-origin isolated. The
   * results do not depend on it.
   */
  threads?: number;
  /** Where builds are read from and threads started; default: the package's own files. */
  platform?: EngineSource;
  /** The bytes of a build for one thread, in place of a file. */
  bytes?: Uint8Array<ArrayBuffer>;
}

/**
 * Compiles an engine. @throws UsageError when the runtime lacks the instructions of the build, or on an impossible
 * number of threads
 */
export async function loadEngine(options: LoadEngineOptions = {}): Promise<Engine> {
  const [build, wide] = (options.build ?? "strict").split("+") as [EngineBuild, string?];
  const { threads } = options;
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS)) {
    throw new UsageError(`threads: expected a whole number from 1 to ${MOST_THREADS}, got ${threads}`);
  }
  if (options.bytes) {
    const engine = await compileEngine(build, options.bytes);
    const notes = wide ? ["wide vectors are not used: they need the package's own files"] : [];
    if (threads !== undefined && threads > 1) notes.push("one thread is used: the bytes of a build are for one");
    return noted(engine, notes);
  }
  const source = options.platform ?? (await defaultPlatform());
  const wanted = threads ?? Math.min(source.cpuCount, MOST_THREADS);
  const alone = wanted > 1 && source.sharesMemory === false;
  const count = alone ? 1 : wanted;
  const notes = alone
    ? [`one thread is used instead of ${wanted}: the page is not cross-origin isolated, so threads cannot share memory`]
    : [];
  const file = source.packageFile(wasmFile(build, count));
  const bytes = (await source.readFile(file)) as Uint8Array<ArrayBuffer>;
  // Node 20 has what the fast build needs, behind a flag: asked for by name, it is switched on.
  if (build === "fast" && !canRun(bytes)) source.v8?.setFlag("--experimental-wasm-relaxed-simd");
  const engine = await compileEngine(build, bytes, { count, start: count > 1 ? source.startThread : undefined }, file);
  if (!wide) return noted(engine, notes);
  const [{ widen }, { notebookOf }] = await Promise.all([
    import("./network/wide.ts"),
    import("./platform/notebook.ts"),
  ]);
  return noted(await widen(engine, bytes, source.v8, notebookOf(source)), notes);
}

/** The engine, saying these things too. */
function noted(engine: Engine, notes: string[]): Engine {
  const all = [...notes, ...(engine.note ? [engine.note] : [])];
  return all.length > 0 ? { ...engine, note: all.join("; ") } : engine;
}

export interface OpenDatasetOptions extends OpenOptions {
  /** Of the seeded split of folders and of the pooled protocol, u32; default 0. */
  seed?: number;
  /**
   * Puts the labels of train and val in a seeded random order: what is then learnt is chance, and test results should
   * say so. Default false.
   */
  shuffleLabels?: boolean;
  /** Part of the training images that is used, above 0; default 1. See trainSubset in datasets/subset.ts. */
  fraction?: number;
}

/**
 * Opens a data set: "bloodmnist-sample" (the default), a MedMNIST name that `hqcnn data fetch` has brought, the path of
 * an npz or of a folder with one subfolder a class, a URL, a File, a Blob, or the bytes of an npz.
 * @throws HqcnnError about the source, UsageError about the options
 */
export async function openDataset(
  source?: string | URL | Blob | Uint8Array,
  options: OpenDatasetOptions = {},
): Promise<Dataset> {
  const [{ openDataset }, { shuffleLabels }] = await Promise.all([
    import("./datasets/open.ts"),
    import("./datasets/shuffle.ts"),
  ]);
  const platform = options.platform ?? (await defaultPlatform());
  const permutation =
    options.permutation ??
    createPermutation(await loadEngine({ platform, threads: 1 }), options.seed ?? 0, STREAMS.split);
  let data = await openDataset(source, { ...options, platform, permutation });
  if (options.fraction !== undefined && options.fraction !== 1) {
    data = await (await import("./datasets/subset.ts")).trainSubset(data, options.fraction, permutation);
  }
  if (!options.shuffleLabels) return data;
  return shuffleLabels(data, permutation);
}

export type { Prediction } from "./network/outputs.ts";

/** Options of the training loop, each with its default of `hqcnn train`, and how to follow and stop it. */
export type TrainLoopOptions = Partial<LoopOptions> & LoopControl;

/**
 * Trains `network` on data's train split; yields loss and accuracy on train and val after every epoch. Aborting
 * `signal` ends it after the step under way; with the `progress` object of that call (and the same network) another
 * call continues from there.
 * @throws UsageError on impossible options, HqcnnError when network and data do not fit or the loss is not finite
 */
export async function* train(
  network: Network,
  data: Dataset,
  options: TrainLoopOptions = {},
): AsyncGenerator<EpochRecord, void, undefined> {
  const { signal, onProgress, progress, ...given } = options;
  checkFit(network.architecture, data);
  const { parseTrainOptions } = await import("./training/parse.ts");
  const { trainLoop } = await import("./training/loop.ts");
  yield* trainLoop(network, data, parseTrainOptions(given), { signal, onProgress, progress });
}

/** Images below which starting threads takes longer than they save. */
const FEWEST_FOR_THREADS = 256;

export interface EvaluateOptions {
  /**
   * Test-time augmentation: probabilities are means over so many views of each image; default "none". See predictViews
   * in evaluation/tta.ts.
   */
  tta?: Tta;
}

/** Every metric, the probabilities and the predicted classes on a split of a data set, or on images of your own. */
export async function evaluate(
  network: Network,
  data: Dataset | Split,
  split: SplitName = "test",
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  if (!("images" in data)) checkFit(network.architecture, data);
  const images = "images" in data ? data : await data.split(split);
  if (images.count >= FEWEST_FOR_THREADS) await network.startThreads();
  return (await import("./evaluation/evaluate.ts")).evaluateSplit(network, images, options.tta);
}

export interface PredictOptions {
  /** `info.reliability` of loadModel: predictions then say whether to doubt them. */
  reliability?: Reliability;
  /** Shots and noise: predictions are then means over repetitions, as a device would give them. */
  measure?: PredictionSettings;
}

/**
 * Classifies images of any size: bytes or Blobs of files that decodeFile reads, or decoded pixels. They are resized
 * to the network's size. With `reliability` each prediction has `unlike` (the image is unlike the training images),
 * `undecided` (none or several classes are possible at 95 %) and `distance`. With `measure` each prediction is the mean
 * over repetitions of a measurement, with its spread; `undecided` is then null, as it is about exact probabilities.
 * @throws HqcnnError on the first image that cannot be read, or with `measure` when the network has no circuit
 */
export async function predict(
  network: Network,
  images: readonly (Uint8Array | Blob | DecodedImage)[],
  { reliability, measure }: PredictOptions = {},
): Promise<(Prediction & Partial<Doubt> & Partial<MeasuredPrediction>)[]> {
  const { channels, height, width, fit } = network.architecture;
  const size = { channels: channels as 1 | 3, height, width, fit };
  const inputs = new Uint8Array(images.length * height * width * channels);
  for (const [i, image] of images.entries()) {
    inputs.set(await fitImage(await decoded(image, `image ${i}`), size), i * height * width * channels);
  }
  if (images.length >= FEWEST_FOR_THREADS) await network.startThreads();
  if (!reliability && !measure) return predictionsOf(network, network.predict(inputs), inputs);
  const doubts =
    reliability && (await import("./evaluation/reliability.ts")).predictReliably(network, inputs, reliability);
  if (!measure) return doubts!;
  const { measurePredictions } = await import("./evaluation/measuredPredictions.ts");
  const measured = await measurePredictions(network, inputs, measure);
  return measured.map((answer, n) => ({ ...doubts?.[n], ...answer, ...(doubts && { undecided: null }) }));
}

/**
 * Explains what the network takes an image for: Grad-CAM, occlusion, the quantum layer's wires, and what is left
 * without it. The image may be of any size: bytes or a Blob of a file that decodeFile reads, or decoded pixels; maps
 * have the network's size. The parts alone: gradCam, occlusion, inspectWires, layerOutputs, quantumOff. Not for
 * clinical use.
 * @throws HqcnnError when the image cannot be read, UsageError on a class that is not there or an impossible patch
 */
export async function explain(
  network: Network,
  image: Uint8Array | Blob | DecodedImage,
  options?: ExplainOptions,
): Promise<Explanation> {
  const { channels, height, width, fit } = network.architecture;
  const input = await fitImage(await decoded(image, "image"), { channels: channels as 1 | 3, height, width, fit });
  return (await import("./explain/explain.ts")).explainInput(network, input, options);
}

/**
 * Reads a model (path of its file or run folder, bytes or Blob) and builds its network.
 * @throws HqcnnError when it is none, or damaged
 */
export async function loadModel(
  engine: Engine,
  source: string | Uint8Array | Blob,
  platform?: Platform,
): Promise<DecodedModel> {
  if (typeof source !== "string") return decodeModel(engine, await bytesOf(source), "model");
  const files = platform ?? (await defaultPlatform());
  // An address is fetched at once: asking what is there would fetch it twice.
  const path = /^[a-z][a-z\d+.-]+:/i.test(source) ? source : await findModel(files, source);
  return decodeModel(engine, await files.readFile(path), path);
}

/** The bytes of a model file (safetensors, PyTorch's names and layouts): what `loadModel` takes. */
export function saveModel(
  network: Network,
  info: Pick<ModelInfo, "classNames" | "data" | "training">,
): Uint8Array<ArrayBuffer> {
  return encodeModel(network.tensors(), { architecture: network.architecture, normalization: NORMALIZATION, ...info });
}

/**
 * The network as an .onnx file (opset 17) for any runtime that reads it: input `images` uint8 (N, H, W, C), outputs
 * `logits` and `probabilities` float (N, classes), class names in the metadata if `info` is given.
 * @throws HqcnnError when a layer has no form in ONNX
 */
export async function exportOnnx(
  network: Network,
  info?: Pick<ModelInfo, "classNames" | "data">,
): Promise<Uint8Array<ArrayBuffer>> {
  return (await import("./export/onnx.ts")).exportOnnx(network, info);
}

/**
 * The trained quantum layer as the trigonometric polynomial that it is, with the largest difference to the circuit at
 * points between.
 * @throws HqcnnError when there is no quantum layer, or its circuit is no such polynomial: inputs in more than one
 * gate, more than 10 of them
 */
export async function exportSurrogate(network: Network, info?: Pick<ModelInfo, "data">): Promise<Surrogate> {
  return (await import("./export/surrogate.ts")).exportSurrogate(network, info);
}

/** Throws unless the data's images, classes and task are the network's. */
export function checkFit(architecture: Architecture, data: Dataset): void {
  checkOutput(architecture, data);
  const describe = (channels: number, height: number, width: number, classes: number) =>
    `${height}×${width}×${channels} images of ${classes} classes`;
  const { channels, height, width, classes } = architecture;
  const expected = describe(channels, height, width, classes);
  const got = describe(data.channels, data.height, data.width, data.classNames.length);
  if (got !== expected) throw new HqcnnError(`${data.name}: the network takes ${expected}, these are ${got}`);
}

async function decoded(image: Uint8Array | Blob | DecodedImage, name: string): Promise<DecodedImage> {
  return "pixels" in image ? image : decodeImage(await bytesOf(image), name);
}

async function bytesOf(source: Uint8Array | Blob): Promise<Uint8Array> {
  return source instanceof Uint8Array ? source : new Uint8Array(await source.arrayBuffer());
}
