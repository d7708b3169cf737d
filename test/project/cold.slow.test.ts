// How long and with how much memory the first prediction takes, as users start it: slow, as a process is started for
// each of several tries, of which the best counts.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { encode } from "fast-png";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadEngine, saveModel } from "../../host/api.ts";
import { decodeFile } from "../../host/datasets/formats/decode.ts";
import { createNetwork } from "../../host/network/network.ts";
import { hqcnn, json } from "../util/cli.ts";
import { inMemory, inTime } from "../util/limits.ts";
import { fixture, repository } from "../util/paths.ts";
import { temporaryFolder } from "../util/temporary.ts";

const folder = temporaryFolder();
const path = (name: string) => join(folder, name);
const cold = suite("a cold prediction");

/** A JPEG of any size from the two intervals between restart markers of a small one, over and over. */
function largeJpeg(width: number, height: number): Uint8Array {
  const small = new Uint8Array(readFileSync(fixture("formats/restart.jpg")));
  const after = (marker: number) => small.findIndex((byte, i) => byte === 0xff && small[i + 1] === marker) + 2;
  const header = small.slice(0, after(0xda) + 12);
  new DataView(header.buffer).setUint16(after(0xc0) + 3, height);
  new DataView(header.buffer).setUint16(after(0xc0) + 5, width);
  const intervals = [small.subarray(header.length, after(0xd0) - 2), small.subarray(after(0xd0), after(0xd9) - 2)];
  const count = (Math.ceil(width / 16) * Math.ceil(height / 16)) / 2; // of two blocks of 16 × 16 each
  const parts: Uint8Array[] = [header];
  for (let i = 0; i < count; i++) parts.push(intervals[i % 2], Uint8Array.of(0xff, 0xd0 + (i % 8)));
  parts[parts.length - 1] = Uint8Array.of(0xff, 0xd9);
  return new Uint8Array(Buffer.concat(parts));
}

/** Seconds of processor time and bytes of memory of `hqcnn predict`: the least of several tries. */
async function usage(image: string, tries: number): Promise<{ seconds: number; memory: number }> {
  const report = path("usage.json");
  const program = `import { writeFileSync } from "node:fs";
    process.on("exit", () => writeFileSync(${JSON.stringify(report)}, JSON.stringify(process.resourceUsage())));`;
  writeFileSync(path("usage.mjs"), program);
  const env = { NODE_OPTIONS: `--import=${pathToFileURL(path("usage.mjs"))}` };
  const found: { seconds: number; memory: number }[] = [];
  for (let i = 0; i < tries; i++) {
    const args = ["predict", path("model.safetensors"), image, "--json"];
    const ended = await hqcnn(args, { program: repository("build/cli/bin/hqcnn.js"), env });
    assert.is(ended.code, 0, ended.stderr);
    assert.is((json(ended).results as unknown[]).length, 1);
    const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(readFileSync(report, "utf8"));
    found.push({ seconds: (userCPUTime + systemCPUTime) / 1e6, memory: maxRSS * 1024 });
  }
  return {
    seconds: Math.min(...found.map(({ seconds }) => seconds)),
    memory: Math.min(...found.map(({ memory }) => memory)),
  };
}

cold.before(async () => {
  const head = { kind: "quantum", wires: 4, layers: 2 } as const;
  const network = createNetwork(await loadEngine(), { channels: 3, classes: 2, seed: 5, head });
  const data = { name: "cells", md5: null, task: "binary", protocol: "official", positive: null, splitRatio: 0.8 };
  const training = { epoch: 1, seed: 5, val: { loss: 1, accuracy: 0.5, auc: 0.5 } };
  writeFileSync(path("model.safetensors"), saveModel(network, { classNames: ["a", "b"], data, training }));
});

cold("of one PNG takes 0.3 s", async () => {
  const data = Uint8Array.from({ length: 28 * 28 * 3 }, (_, i) => (i * 37) & 255);
  writeFileSync(path("a.png"), encode({ width: 28, height: 28, channels: 3, depth: 8, data }));
  const { seconds } = await usage(path("a.png"), 5);
  console.log(`  one PNG: ${seconds.toFixed(2)} s of processor time`);
  inTime("hqcnn predict of one PNG", seconds, 0.3);
});

cold("of a JPEG of 12 megapixels takes 1 s and 250 MiB", async () => {
  const bytes = largeJpeg(4000, 3000);
  const [{ width, height }] = (await decodeFile(bytes, "large.jpg")).frames;
  assert.equal([width, height], [4000, 3000]);
  writeFileSync(path("large.jpg"), bytes);
  const { seconds, memory } = await usage(path("large.jpg"), 3);
  console.log(`  12 megapixels: ${seconds.toFixed(2)} s of processor time, ${(memory / 2 ** 20).toFixed()} MiB`);
  inTime("hqcnn predict of 12 megapixels", seconds, 1);
  inMemory("hqcnn predict of 12 megapixels", memory, 250 * 2 ** 20);
});

cold.run();
