import { loadEngine } from "../../host/api.ts";
import { createNodePlatform } from "../../host/platform/node.ts";
import { parseTrainOptions } from "../../host/training/parse.ts";
import { trainInto } from "../../host/training/run.ts";
import { openTrainingData } from "../../host/work/data.ts";

/** The training that is killed at every file event: two epochs of two steps, a checkpoint after every step. */
export async function trainForKills(data: string, folder: string) {
  const platform = createNodePlatform();
  const engine = await loadEngine({ platform, threads: 1 });
  const options = parseTrainOptions({ data, epochs: 2, batchSize: 16, checkpointEvery: 0, ema: 0.9, threads: 1 });
  const opened = await openTrainingData(platform, options);
  return trainInto({ platform, engine, data: opened, version: "0" }, options, folder);
}
