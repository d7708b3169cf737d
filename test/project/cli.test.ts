// build/cli, the command line as users start it, does what build/host/cli/main.js does, and loads few files.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encode } from "fast-png";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadEngine, openDataset, saveModel } from "../../host/api.ts";
import { createNetwork } from "../../host/network/network.ts";
import { hqcnn } from "../util/cli.ts";
import { hqcnnLoading } from "../util/loaded.ts";
import { repository } from "../util/paths.ts";
import { temporaryFolder } from "../util/temporary.ts";

const program = repository("build/cli/bin/hqcnn.js");
const folder = temporaryFolder();
const path = (name: string) => join(folder, name);
const cli = suite("build/cli");

cli.before(async () => {
  assert.ok(existsSync(program), "npm run build makes it");
  const head = { kind: "quantum", wires: 2, layers: 1 } as const;
  const { classNames, task, protocol } = await openDataset();
  const network = createNetwork(await loadEngine(), { channels: 3, classes: classNames.length, seed: 5, head });
  const data = { name: "bloodmnist-sample", md5: null, task, protocol, positive: null, splitRatio: 0.8 };
  const training = { epoch: 1, seed: 5, val: { loss: 1, accuracy: 0.5, auc: 0.5 } };
  writeFileSync(path("model.safetensors"), saveModel(network, { classNames, data, training }));
  const pixels = Uint8Array.from({ length: 40 * 30 * 3 }, (_, i) => (i * 37) & 255);
  writeFileSync(path("a.png"), encode({ width: 40, height: 30, channels: 3, depth: 8, data: pixels }));
  mkdirSync(path("empty"));
});

cli("a prediction is the same and loads at most twelve files, none of a package", async () => {
  const args = ["predict", path("model.safetensors"), path("a.png"), "--json"];
  const ended = await hqcnnLoading(args, { program });
  assert.is(ended.code, 0, ended.stderr);
  assert.is(ended.stdout, (await hqcnn(args)).stdout);
  const loaded = ended.loaded.filter((url) => url.startsWith("file:") && !url.endsWith("/hook.mjs"));
  assert.ok(loaded.length > 2 && loaded.length <= 12, loaded.join("\n"));
  assert.equal(
    loaded.filter((url) => url.includes("/node_modules/")),
    [],
  );
});

cli("errors of every part keep their words and exit codes", async () => {
  for (const args of [
    ["predict", path("model.safetensors"), path("empty")],
    ["train", "--lr", "-1", "--out", path("run")],
    ["report", path("empty")],
  ]) {
    const [ended, expected] = [await hqcnn(args, { program }), await hqcnn(args)];
    assert.equal(ended, expected, args.join(" "));
    assert.ok(ended.code === 1 || ended.code === 2);
  }
});

cli("threads start from it, and give the same bits", async () => {
  const [one, two] = await Promise.all(
    ["1", "2"].map((threads) =>
      hqcnn(["evaluate", path("model.safetensors"), "--split", "val", "--threads", threads, "--json"], { program }),
    ),
  );
  assert.is(two.code, 0, two.stderr);
  assert.is(two.stdout, one.stdout);
});

cli.run();
