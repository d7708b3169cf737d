import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { decode } from "fast-png";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fails, hqcnn, json } from "../../util/cli.ts";
import { medmnistArrays, npz } from "../../util/npz.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const folder = temporaryFolder();
const path = (name: string) => join(folder, name);
const env = { HQCNN_DATA: path("cache") };

const data = suite("hqcnn data");

data("list shows the sample and the twelve sets", async () => {
  const text = (await hqcnn(["data", "list"], { env })).stdout;
  assert.match(text, /^bloodmnist-sample +multiclass +3 +8 +1280 +128 +512 +CC BY 4\.0 +embedded$/m);
  const { sets, folder: cache } = json(await hqcnn(["data", "list", "--json"], { env })) as {
    sets: { name: string }[];
    folder: string;
  };
  assert.is(sets.length, 13);
  assert.is(cache, env.HQCNN_DATA);
});

data("inspect counts classes and draws samples", async () => {
  const out = path("samples.png");
  const answer = json(await hqcnn(["data", "inspect", "--out", out, "--json"]));
  const classes = answer.classes as { train: number; val: number; test: number }[];
  assert.equal(classes[1], { label: 1, name: "eosinophil", train: 234, val: 23, test: 93 });
  const picture = decode(readFileSync(out));
  assert.is(picture.height, 4 * 242, "twice the size it is drawn at, that is twice the size of the images");
  assert.ok(picture.width > 4 * 302, "names of classes beside the images");
  const table = (await hqcnn(["data", "inspect", "--task", "binary"])).stdout;
  assert.match(table, /^1 +eosinophil or erythroblast +350 +35 +140$/m);
});

data("verify tells known from unknown files and finds leaks", async () => {
  const arrays = medmnistArrays();
  (arrays.test_images.data as Uint8Array).set((arrays.train_images.data as Uint8Array).subarray(0, 784));
  writeFileSync(path("leak.npz"), await npz(arrays));
  const ended = await hqcnn(["data", "verify", path("leak.npz"), "--json"]);
  assert.is(ended.code, 0, ended.stderr);
  const answer = json(ended);
  assert.is(answer.name, null);
  assert.ok((answer.warnings as string[])[0].includes("train image 0 is test image 0"));
  assert.ok(ended.stderr.startsWith("warning: "));
  writeFileSync(path("bloodmnist.npz"), await npz(arrays));
  await fails(1, ["data", "verify", path("bloodmnist.npz")], ["expected MD5 7053d0359d879ad8a5505303e11de1dc"]);
  await fails(1, ["data", "verify", path("no.npz")], ["no such file"]);
  const byName = json(await hqcnn(["data", "verify", "bloodmnist-sample", "--json"]));
  assert.equal([byName.name, byName.warnings], ["bloodmnist-sample", []]);
  await fails(
    1,
    ["data", "verify", "breastmnist"],
    ["breastmnist is not on this machine", "hqcnn data fetch breastmnist"],
  );
});

data("fetch refuses other bytes than the published and unknown names", async () => {
  const server = createServer((_, response) => response.end("not the data"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  await fails(1, ["data", "fetch", "breastmnist", "--base-url", url], ["expected an npz file", "got something else"], {
    env,
  });
  server.close();
  assert.not(existsSync(path("cache/breastmnist.npz")));
  await fails(2, ["data", "fetch", "nomnist"], ["nomnist", "breastmnist"], { env });
  await fails(1, ["train", "--data", "breastmnist"], ["hqcnn data fetch breastmnist"], { env, cwd: folder });
});

data.run();
