import { damaged, HqcnnError, isRecord, parseJson, shown } from "../check.ts";
import type { Engine } from "../engine/load.ts";
import type { Head } from "./heads.ts";
import { type Architecture, createNetwork, type Network } from "./network.ts";
import { OUTPUTS, type OutputKind } from "./output.ts";
import { checkNetwork } from "./outputs.ts";
import { isReliability, type Reliability } from "./reliability.ts";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "./safetensors.ts";
import type { TensorMap } from "./tensors.ts";

/** Raised when a later version writes model files that this one cannot read. */
const FORMAT = 1;

/** A model's header lists some fifty tensors and a page of JSON; bytes. */
const MAX_HEADER = 4_000_000;

/** What a model file says beside its tensors. */
export interface ModelInfo {
  architecture: Architecture;
  classNames: string[];
  /** How uint8 pixels become inputs: (x / 255 − mean) / std. */
  normalization: { mean: number; std: number };
  /** What it was trained on, and how that was split: enough to find the same test images again. */
  data: {
    name: string;
    md5: string | null;
    task: string;
    protocol: string;
    positive: number[] | null;
    splitRatio: number;
    /** How its images were read: what it takes to read others alike. Models of old versions do not tell. */
    reading?: {
      sourceClasses: string[];
      positive: number[] | null;
      fit: "squash" | "crop" | "pad";
      stated: {
        range?: readonly [number, number] | "auto";
        window?: readonly [number, number];
        frame?: number;
      } | null;
      values: { dtype: string; range: readonly [low: number, high: number] } | null;
    };
  };
  /**
   * Epoch of these parameters and their figures on the validation split; a checksum of the run that they are of, if one
   * wrote them.
   */
  training: { epoch: number; seed: number; val: { loss: number; accuracy: number; auc: number | null }; run?: string };
  /** When not to trust an answer; models of old versions, and those of a run that is under way, do not tell. */
  reliability?: Reliability;
}

export const NORMALIZATION = { mean: 0.5, std: 0.5 };

/**
 * A safetensors file of a network's tensors: PyTorch's names and layouts, so `load_state_dict(load_file(path))` takes
 * it.
 */
export function encodeModel(tensors: ReturnType<Network["tensors"]>, info: ModelInfo): Uint8Array<ArrayBuffer> {
  return encodeSafetensors(tensorEntries(tensors), {
    format: "pt",
    hqcnn: JSON.stringify({ version: FORMAT, ...info }),
  });
}

/** Characters; a model's own are some hundred, and the names of classes. */
const MAX_INFO = 500_000;

/** Names that other programs give to the parts of a large model. */
const sharded = /-\d+-of-\d+\.safetensors$/;

/** A network read from a file, and what was done to read it, in sentences: nothing in most cases. */
export interface DecodedModel {
  network: Network;
  info: ModelInfo;
  notes: string[];
}

/**
 * Builds the network of a model file.
 * @param name of the file, for messages
 * @throws HqcnnError when the file is no model of ours, damaged, of another shape, or cannot be right: numbers that are
 *   not finite, negative variances, tensors without a place, outputs that are not finite
 */
export async function decodeModel(
  engine: Engine,
  bytes: Uint8Array,
  name: string,
  batchSize?: number,
): Promise<DecodedModel> {
  const { tensors: stored, metadata } = decodeSafetensors(bytes, name, MAX_HEADER);
  const info = parseInfo(metadata.hqcnn, name, stored.keys());
  const notes: string[] = [];
  const tensors = floats(withoutPrefix(stored, name, notes), name, notes);
  try {
    // What is not the architecture's own is nothing a file decides.
    const own = { seed: undefined, freeze: undefined, dropout: undefined, convolution: undefined };
    const head = await readHead(info.architecture.head);
    const network = createNetwork(engine, { ...info.architecture, ...own, head, batchSize, tensors });
    checkPlaces(network, tensors);
    checkNetwork(network);
    return { network, info: { ...info, architecture: network.architecture }, notes };
  } catch (error) {
    if (!(error instanceof HqcnnError)) throw damaged(name, "a model written by hqcnn train", error);
    const part = sharded.test(name) ? "one part of a model in several files (sharded): " : "";
    throw new HqcnnError(`${name}: ${part}${error.message}`, { cause: error });
  }
}

/** A circuit as data is checked by its schema, which is loaded for it alone. */
async function readHead(head: Head): Promise<Head> {
  if (head.kind !== "quantum") return head;
  if ("circuit" in head && head.circuit !== undefined) {
    const { parseCircuitData } = await import("../circuit/json.ts");
    return { ...head, circuit: parseCircuitData(head.circuit, "head: circuit") };
  }
  if (!("circuits" in head) || !Array.isArray(head.circuits)) return head;
  const { parseCircuitData } = await import("../circuit/json.ts");
  const circuits = (head.circuits as unknown[]).map((one, i) =>
    isRecord(one) && "circuit" in one ? { circuit: parseCircuitData(one.circuit, `head: circuits[${i}]`) } : one,
  );
  return { ...head, circuits } as Head;
}

/** What wrappers of PyTorch put before every name. */
const PREFIXES = ["module.", "_orig_mod."];

function withoutPrefix(stored: Map<string, Tensor>, name: string, notes: string[]): Map<string, Tensor> {
  const prefix = PREFIXES.find((start) => stored.size > 0 && [...stored.keys()].every((key) => key.startsWith(start)));
  if (prefix === undefined) return stored;
  notes.push(`${name}: the prefix ${prefix} was taken off the names of all tensors`);
  return new Map([...stored].map(([key, tensor]) => [key.slice(prefix.length), tensor]));
}

/** The product of two larger numbers is no f32 any more; trained parameters are some hundred at most. */
const MAX_VALUE = 1e18;

/** PyTorch counts batches here; running statistics with a fixed momentum do not need it. */
const isCounter = (name: string) => name.endsWith(".num_batches_tracked");

/** All tensors as F32; counters are left out. */
function floats(stored: Map<string, Tensor>, file: string, notes: string[]): TensorMap {
  const tensors = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  const converted = new Set<string>();
  for (const [name, { dtype, shape, data, storedAs }] of stored) {
    if (isCounter(name)) continue;
    if (dtype !== "F32" && dtype !== "F64") {
      throw new HqcnnError(
        `${file}: tensor ${shown(name)}: expected F32, F64, F16 or BF16, got ${dtype}: quantised models are not read`,
      );
    }
    if (dtype === "F64") converted.add(dtype);
    if (storedAs) converted.add(storedAs);
    const values = dtype === "F64" ? Float32Array.from(data) : data;
    const negative = name.endsWith(".running_var") ? values.find((value) => value < 0) : undefined;
    if (negative !== undefined) {
      throw new HqcnnError(
        `${file}: tensor ${shown(name)}: expected variances of at least 0, got ${negative}: the model is damaged`,
      );
    }
    const large = firstLarge(values as Float32Array);
    if (large !== undefined && Number.isFinite(large)) {
      throw new HqcnnError(
        `${file}: tensor ${shown(name)}: expected numbers up to ${MAX_VALUE}, got ${large}: the model is damaged`,
      );
    }
    tensors.set(name, { shape, data: values });
  }
  if (converted.size > 0) notes.push(`${file}: tensors were converted from ${[...converted].join(" and ")} to F32`);
  return tensors;
}

/** A loop without a callback: a model's numbers are gone through while nothing of the program is compiled yet. */
function firstLarge(values: Float32Array): number | undefined {
  for (let i = 0; i < values.length; i++) if (values[i] > MAX_VALUE || values[i] < -MAX_VALUE) return values[i];
  return undefined;
}

/** Throws if a tensor is none of the network's. */
function checkPlaces(network: Network, tensors: TensorMap): void {
  const own = new Set(network.layers.flatMap((layer) => layer.tensors.map((spec) => spec.name)));
  const others = [...tensors.keys()].filter((name) => !own.has(name));
  if (others.length === 0) return;
  const more = others.length > 1 ? ` and ${others.length - 1} more have` : " has";
  throw new HqcnnError(
    `tensor ${shown(others[0])}${more} no place in the network that the file describes: is it another architecture's?`,
  );
}

/** What a model file says beside its tensors. @throws HqcnnError as decodeModel */
export function readModelInfo(bytes: Uint8Array, name: string): ModelInfo {
  const { tensors, metadata } = decodeSafetensors(bytes, name, MAX_HEADER);
  return parseInfo(metadata.hqcnn, name, tensors.keys());
}

/** The bytes of a model file with `reliability` added to what it says, or, if undefined, taken away. */
export function withReliability(bytes: Uint8Array, name: string, reliability?: Reliability): Uint8Array<ArrayBuffer> {
  const { tensors, metadata } = decodeSafetensors(bytes, name, MAX_HEADER);
  // Last, so that it can be taken away again without a trace.
  const { reliability: _, ...info } = parseJson(metadata.hqcnn) as Partial<ModelInfo>;
  return encodeSafetensors(tensors, { ...metadata, hqcnn: JSON.stringify({ ...info, reliability }) });
}

/** The tensors of a model file by the network's names, of whatever network. @throws HqcnnError as decodeModel */
export function readModelTensors(bytes: Uint8Array, name: string): { tensors: TensorMap; notes: string[] } {
  const notes: string[] = [];
  const { tensors } = decodeSafetensors(bytes, name, MAX_HEADER);
  return { tensors: floats(withoutPrefix(tensors, name, notes), name, notes), notes };
}

/** f32 tensors as safetensors wants them, under names with `prefix` in front. */
export function tensorEntries(
  tensors: ReadonlyMap<string, { shape: number[]; data: Float32Array<ArrayBuffer> }>,
  prefix = "",
): Map<string, Tensor> {
  return new Map([...tensors].map(([name, { shape, data }]) => [prefix + name, { dtype: "F32", shape, data }]));
}

/** Checks everything that others rely on. */
function parseInfo(text: string | undefined, name: string, tensors: Iterable<string>): ModelInfo {
  const foreign = (what: string) =>
    new HqcnnError(`${name}: ${what}; expected a model written by hqcnn train (model.safetensors of a run folder).`);
  const expect = (fits: boolean, what: string, got: unknown) => {
    if (!fits) throw foreign(`metadata: expected ${what}, got ${shown(got)}`);
  };
  if (text === undefined) {
    if (sharded.test(name)) throw foreign("one part of a model in several files (sharded)");
    const [first = "none"] = tensors;
    if (/^(params|m|v|average)\./.test(first)) throw foreign("a checkpoint, or without hqcnn metadata");
    throw foreign(`no hqcnn metadata, its first tensor is ${shown(first)}`);
  }
  if (text.length > MAX_INFO) throw foreign(`expected at most ${MAX_INFO} characters of metadata, got ${text.length}`);
  let info: unknown;
  try {
    info = parseJson(text);
  } catch {
    throw foreign("metadata is not JSON");
  }
  if (!isRecord(info)) throw foreign("metadata is no object");
  if (info.version !== FORMAT) {
    throw new HqcnnError(
      `${name}: model format ${shown(info.version)}, this version reads ${FORMAT}: update hqcnn or train again.`,
    );
  }
  const { architecture, classNames, normalization, data, training } = info;
  if (!isRecord(architecture) || !isRecord(architecture.head)) throw foreign("metadata lacks the architecture");
  if (!Array.isArray(classNames) || classNames.length !== architecture.classes) {
    throw foreign(`expected ${shown(architecture.classes)} class names`);
  }
  expect(
    classNames.every((label) => typeof label === "string" && label !== ""),
    "texts as class names",
    classNames,
  );
  expect(
    isRecord(normalization) && normalization.mean === NORMALIZATION.mean && normalization.std === NORMALIZATION.std,
    `normalization with mean ${NORMALIZATION.mean} and std ${NORMALIZATION.std}`,
    isRecord(normalization) ? [normalization.mean, normalization.std] : normalization,
  );
  if (!isRecord(data)) throw foreign("metadata lacks data");
  for (const key of ["name", "task", "protocol"])
    expect(typeof data[key] === "string", `data.${key} as text`, data[key]);
  const { md5 = null, positive = null, splitRatio } = data;
  expect(md5 === null || typeof md5 === "string", "data.md5 as text", md5);
  expect(positive === null || isWholes(positive), "data.positive as labels", positive);
  expect(
    typeof splitRatio === "number" && splitRatio > 0 && splitRatio < 1,
    "data.splitRatio between 0 and 1",
    splitRatio,
  );
  if (data.reading !== undefined)
    expect(isReading(data.reading), "data.reading as hqcnn train writes it", data.reading);
  if (info.reliability !== undefined) {
    expect(isReliability(info.reliability), "reliability as hqcnn train writes it", info.reliability);
  }
  const { fit = "crop" } = architecture;
  expect(fit === "crop" || fit === "pad", "fit as crop or pad", fit);
  const { output = "softmax" } = architecture;
  expect(OUTPUTS.includes(output as OutputKind), `output as ${OUTPUTS.join(", ")}`, output);
  if (!isRecord(training) || !isRecord(training.val)) throw foreign("metadata lacks training");
  expect(isWholes([training.epoch]), "training.epoch as a whole number", training.epoch);
  expect(isWholes([training.seed]), "training.seed as a whole number", training.seed);
  const { loss, accuracy, auc } = training.val;
  for (const value of [loss, accuracy, auc ?? 0]) {
    expect(typeof value === "number" && Number.isFinite(value), "numbers as training.val", value);
  }
  return info as unknown as ModelInfo;
}

/** How the training data were read; what a model without it was trained on is read by default. */
function isReading(reading: unknown): boolean {
  if (!isRecord(reading)) return false;
  const { sourceClasses, positive, stated, values } = reading;
  const isPair = (pair: unknown) => Array.isArray(pair) && pair.length === 2 && pair.every(Number.isFinite);
  const isText = (text: unknown) => typeof text === "string";
  const isStated = ([key, value]: [string, unknown]) =>
    key === "frame" ? isWholes([value]) : isPair(value) || (key === "range" && value === "auto");
  return (
    Array.isArray(sourceClasses) &&
    sourceClasses.every(isText) &&
    (positive === null || isWholes(positive)) &&
    (stated === null || (isRecord(stated) && Object.entries(stated).every(isStated))) &&
    (values === null || (isRecord(values) && isText(values.dtype) && isPair(values.range)))
  );
}

function isWholes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}
