import { classCounts as countsOf } from "../datasets/inspect.ts";
import type { Dataset } from "../datasets/types.ts";
import type { Engine } from "../engine/load.ts";
import { type ModelInfo, NORMALIZATION } from "../network/model.ts";
import type { Network } from "../network/network.ts";
import type { Platform } from "../platform/platform.ts";
import type { EpochRecord } from "./loop.ts";
import type { TrainOptions } from "./options.ts";
import type { RunConfig } from "./record.ts";

// What a run writes about itself.

export interface RunContext {
  platform: Platform;
  engine: Engine;
  data: Dataset;
  /** Of this package. */
  version: string;
}

/** What config.json says. */
export async function describeRun(
  { platform, engine, data, version }: RunContext,
  options: TrainOptions,
  network: Network,
): Promise<RunConfig> {
  return {
    options,
    network: { parameters: network.numParams, multiplyAdds: network.multiplyAdds, trunk: network.architecture.trunk },
    data: {
      name: data.name,
      path: data.source.path,
      md5: data.source.md5,
      license: data.source.license,
      citation: data.source.citation,
      protocol: data.protocol,
      task: data.task,
      classNames: data.classNames,
      size: [data.height, data.width, data.channels],
      steps: data.steps,
      skipped: data.skipped,
      reading: data.reading,
      classCounts: await countsOf(data),
    },
    engine: engine.wide ? `${engine.build}+wide` : engine.build,
    runtime: platform.runtime,
    cpuCount: platform.cpuCount,
    version,
    started: new Date().toISOString(),
  };
}

/** What a model says of the data that it is trained on. */
export function dataOf(data: Dataset, options: TrainOptions): ModelInfo["data"] {
  return {
    name: data.name,
    md5: data.source.md5,
    task: data.task,
    protocol: data.protocol,
    positive: options.positive ?? null,
    splitRatio: options.splitRatio,
    reading: data.reading,
  };
}

/** What model.safetensors says beside the tensors of an epoch. */
export function describeModel(
  network: Network,
  data: Dataset,
  options: TrainOptions,
  record: EpochRecord,
  run: string,
): ModelInfo {
  return {
    architecture: network.architecture,
    classNames: data.classNames,
    normalization: NORMALIZATION,
    data: dataOf(data, options),
    training: { epoch: record.epoch, seed: options.seed, val: record.val, run },
  };
}
