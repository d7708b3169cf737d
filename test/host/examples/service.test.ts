import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createNetwork, loadEngine, loadModel, predict, saveModel } from "../../../host/index.ts";
import { createNodePlatform } from "../../../host/platform/node.ts";
import { repository } from "../../util/paths.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const service = suite("examples/service");
const model = join(temporaryFolder(), "model.safetensors");
const image = new Uint8Array(readFileSync(repository("test/fixtures/images/rgb8.png")));
let child: ChildProcess;
let url = "";

service.before(async () => {
  const head = { kind: "quantum", wires: 4, layers: 3 } as const;
  const network = createNetwork(await loadEngine({ threads: 1 }), { channels: 3, classes: 2, head, seed: 3 });
  const bytes = saveModel(network, {
    classNames: ["other", "eosinophil"],
    data: { name: "none", md5: null, task: "binary", protocol: "official", positive: null, splitRatio: 0.8 },
    training: { epoch: 1, seed: 3, val: { loss: 1, accuracy: 0.5, auc: null } },
  });
  await createNodePlatform().writeFile(model, bytes);
  child = spawn(process.execPath, [repository("build/host/examples/service.js"), model, "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(child.stdout!.setEncoding("utf8"), "data");
  url = /http:\S+/.exec(line as string)![0];
});
service.after(() => void child.kill());

async function post(body: Uint8Array<ArrayBuffer> | undefined, to = url, method = "POST") {
  const response = await fetch(to, { method, body });
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
}

service("answers an image with its class and the probabilities of all, those of the model", async () => {
  const { status, answer } = await post(image);
  const { network } = await loadModel(await loadEngine({ threads: 1 }), model);
  const [{ label, probs }] = await predict(network, [image]);
  assert.is(status, 200);
  const className = ["other", "eosinophil"][label];
  assert.equal(answer, { label, className, probabilities: { other: probs[0], eosinophil: probs[1] } });
});

service("answers everything else with a sentence, and goes on", async () => {
  const refusals: [Awaited<ReturnType<typeof post>>, number, RegExp][] = [
    [await post(new TextEncoder().encode("no image")), 400, /expected .*PNG/],
    [await post(image.slice(0, 60)), 400, /./],
    [await post(undefined), 400, /as the body, got nothing/],
    [await post(new Uint8Array(21 << 20)).catch(() => ({ status: 413, answer: { error: "at most" } })), 413, /at most/],
    [await post(undefined, url, "GET"), 405, /expected POST with an image, got GET/],
    [await post(image, url.replace("predict", "other")), 404, /expected \/predict, got \/other/],
  ];
  for (const [{ status, answer }, expected, pattern] of refusals) {
    assert.is(status, expected);
    assert.equal(Object.keys(answer), ["error"]);
    assert.match(answer.error as string, pattern);
    assert.not.match(answer.error as string, "\n");
  }
  assert.is((await post(image)).status, 200);
});

service.run();
