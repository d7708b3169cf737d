import { rm } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createNodePlatform } from "../../../../host/platform/node.ts";
import { dataTitle, runName } from "../../../../host/web/protocol/runName.ts";
import { importRun, renameRun } from "../../../../host/web/worker/runs.ts";
import { temporaryFolder } from "../../../util/temporary.ts";

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

runs("a run is called by data, date, seed and test accuracy, and says when it is not finished", () => {
  const run = {
    ...{ folder: "runs/x", shipped: false, name: null, data: "bloodmnist-sample", started: "2026-11-28T13:16:00" },
    ...{ seed: 3, accuracy: 0.9469, finished: true, epochs: 20, epochsDone: 20 },
  };
  assert.is(runName(run), "BloodMNIST sample, 28 Nov 2026 13:16, seed 3, 94.7 %, finished");
  assert.is(runName({ ...run, name: "for Monday" }), "for Monday, 94.7 %, finished");
  assert.is(runName({ ...run, shipped: true }), "BloodMNIST sample, seed 3, 94.7 %, ships with the page");
  const early = { ...run, accuracy: null, finished: false, epochsDone: 2 };
  assert.ok(runName(early).endsWith("seed 3, not finished: 2 of 20 epochs"));
  assert.is(runName({ ...early, data: null }), "x");
  const titles = ["bloodmnist", "organamnist", "octmnist_64", "my-scans"].map(dataTitle);
  assert.equal(titles, ["BloodMNIST", "OrganAMNIST", "OCTMNIST 64", "my-scans"]);
});

runs("a name is kept in the run's folder, short and on one line; an empty one goes", async () => {
  const folder = await temporaryFolder();
  const read = async () => new TextDecoder().decode(await platform.readFile(join(folder, "name.txt")));
  await renameRun(platform, folder, `  for\nMonday ${"x".repeat(200)}`);
  assert.is(await read(), `for Monday ${"x".repeat(69)}`);
  await renameRun(platform, folder, " ");
  assert.is(await platform.stat(join(folder, "name.txt")), null);
  await renameRun(platform, folder, "");
});

runs.run();
