import { HqcnnError, isRecord } from "../check.ts";
import type { Engine } from "../engine/load.ts";
import { type Architecture, createNetwork, type Network, type TensorMap } from "./hybrid.ts";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "./safetensors.ts";

/** Raised when a later version writes model files that this one cannot read. */
const FORMAT = 1;

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
      values: { dtype: string; range: readonly [low: number, high: number] } | null;
    };
  };
  /** Epoch of these parameters and their figures on the validation split. */
  training: { epoch: number; seed: number; val: { loss: number; accuracy: number; auc: number | null } };
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

/**
 * Builds the network of a model file.
 * @param name of the file, for messages
 * @throws HqcnnError when the file is no model of ours, damaged, of another shape, or holds numbers that are not finite
 */
export function decodeModel(
  engine: Engine,
  bytes: Uint8Array,
  name: string,
  batchSize?: number,
): { network: Network; info: ModelInfo } {
  const { tensors, metadata } = decodeSafetensors(bytes, name);
  const info = parseInfo(metadata.hqcnn, name);
  return { network: createNetwork(engine, { ...info.architecture, batchSize, tensors: tensors as TensorMap }), info };
}

/** f32 tensors as safetensors wants them, under names with `prefix` in front. */
export function tensorEntries(
  tensors: ReadonlyMap<string, { shape: number[]; data: Float32Array<ArrayBuffer> }>,
  prefix = "",
): Map<string, Tensor> {
  return new Map([...tensors].map(([name, { shape, data }]) => [prefix + name, { dtype: "F32", shape, data }]));
}

function parseInfo(text: string | undefined, name: string): ModelInfo {
  const foreign = (what: string) =>
    new HqcnnError(`${name}: ${what}; expected a model written by hqcnn train (model.safetensors of a run folder).`);
  if (text === undefined) throw foreign("no hqcnn metadata");
  let info: unknown;
  try {
    info = JSON.parse(text);
  } catch {
    throw foreign("metadata is not JSON");
  }
  if (!isRecord(info) || !isRecord(info.architecture) || !isRecord(info.architecture.head))
    throw foreign("metadata lacks the architecture");
  if (info.version !== FORMAT) {
    throw new HqcnnError(
      `${name}: model format ${info.version}, this version reads ${FORMAT}: update hqcnn or train again.`,
    );
  }
  const { classNames } = info;
  if (!Array.isArray(classNames) || classNames.length !== info.architecture.classes) {
    throw foreign(`expected ${info.architecture.classes} class names`);
  }
  return info as unknown as ModelInfo;
}
