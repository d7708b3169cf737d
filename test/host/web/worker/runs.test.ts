import { rm } from "node:fs/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createNodePlatform } from "../../../../host/platform/node.ts";
import { importRun } from "../../../../host/web/worker/runs.ts";

const runs = suite("web/runs");
const platform = {
  ...createNodePlatform(),
  removeFolder: (path: string) => rm(path, { recursive: true, force: true }),
};
const given = (path: string) =>
  Object.assign(new File(["{}"], path.split("/").at(-1)!), { webkitRelativePath: path }) as File;

runs("a folder of several runs is no run: their files would be mixed", async () => {
  const files = ["runs/one/config.json", "runs/one/checkpoint.safetensors", "runs/two/model.safetensors"].map(given);
  try {
    await importRun(platform, "runs", files);
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, "runs: expected a run folder with config.json and");
  }
});

runs.run();
