import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadEngine, loadModel } from "../../../host/index.ts";
import { createNodePlatform } from "../../../host/platform/node.ts";
import { findModel, findRun } from "../../../host/training/files.ts";
import { SHIPPED } from "../../../host/web/protocol/state.ts";
import { withShipped } from "../../../host/web/worker/shipped.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const files = suite("training/files");
const platform = createNodePlatform();

files("runs/latest is the run that began last, whatever its name; what has that name itself is taken", async () => {
  const runs = temporaryFolder();
  const latest = join(runs, "latest");
  assert.is(
    await findRun(platform, latest),
    latest,
    "no run: the path stays, and its reader says that nothing is there",
  );
  const began = { b: "2026-01-02T00:00:00Z", a: "2026-01-03T00:00:00Z", c: null };
  for (const [name, started] of Object.entries(began)) {
    mkdirSync(join(runs, name));
    writeFileSync(join(runs, name, "config.json"), started === null ? "{" : JSON.stringify({ started }));
  }
  mkdirSync(join(runs, "no run"));
  assert.is(await findRun(platform, latest), join(runs, "a"));
  assert.is(await findModel(platform, latest), join(runs, "a", "model.safetensors"));
  assert.is(await findRun(platform, join(runs, "b")), join(runs, "b"));
  mkdirSync(latest);
  assert.is(await findRun(platform, latest), latest);
});

files("loadModel takes a run folder as well as its file", async () => {
  const folder = temporaryFolder();
  const removeFolder = async () => {};
  const bytes = await withShipped({ ...platform, removeFolder }).readFile(`${SHIPPED}/model.safetensors`);
  writeFileSync(join(folder, "model.safetensors"), bytes);
  const engine = await loadEngine({ threads: 1 });
  const [byFolder, byFile] = await Promise.all(
    [folder, join(folder, "model.safetensors")].map((path) => loadModel(engine, path)),
  );
  assert.is(byFolder.network.fingerprint(), byFile.network.fingerprint());
});

files.run();
