import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ENGINE_VERSION } from "../../../host/engine/version.ts";
import { createNetwork, loadEngine } from "../../../host/index.ts";
import { createNodePlatform } from "../../../host/platform/node.ts";
import { repository } from "../../util/paths.ts";
import { refused } from "../../util/refusal.ts";

const load = suite("engine/load");
const platform = createNodePlatform();
const bytes = new Uint8Array(readFileSync(repository("build/strict.wasm")));

load("what came in the place of a module is named, not the runtime's lack of instructions", async () => {
  const cases: [Uint8Array<ArrayBuffer>, string][] = [
    [new TextEncoder().encode("\n<!DOCTYPE html><title>404</title>"), "got a web page (HTML)"],
    [new TextEncoder().encode('{"error":"not found"}'), "got a text in JSON"],
    [new Uint8Array(), "got an empty file"],
    [new Uint8Array(9), "got 9 bytes of something else"],
    [bytes.slice(0, 5000), "got 5000 bytes that are damaged or cut short"],
  ];
  for (const [wrong, part] of cases) {
    const from = { ...platform, readFile: async () => wrong, packageFile: () => "https://lab.example/strict.wasm" };
    const expected = ["https://lab.example/strict.wasm: expected a WebAssembly module", part];
    await refused(() => loadEngine({ threads: 1, platform: from }), ...expected);
    await refused(() => loadEngine({ bytes: wrong }), "the strict build: expected a WebAssembly module", part);
  }
});

load("a build of other sources is refused by its file, whatever it is called with", async () => {
  const at = bytes.length - 16; // the version stands at the end
  const other = bytes.slice();
  other.set(new TextEncoder().encode("0123456789abcdef"), at);
  const section = bytes.length - 24; // with its head: id, length, and the name with its length
  const unstamped = bytes.slice(0, section);
  for (const [wrong, got] of [
    [other, "got 0123456789abcdef"],
    [unstamped, "got none"],
  ] as const) {
    const from = { ...platform, readFile: async () => wrong, packageFile: () => "build/strict.wasm" };
    const expected = ["build/strict.wasm: built from other sources", got, "npm run build"];
    await refused(() => loadEngine({ threads: 1, platform: from }), ...expected);
    await refused(() => loadEngine({ bytes: wrong }), "the strict build: built from other sources", got);
  }
});

load("every build has the version that the host expects, a checksum of all of them", () => {
  const hash = createHash("sha256");
  for (const build of ["strict", "fast", "debug", "strict-threads", "fast-threads", "debug-threads"]) {
    const file = readFileSync(repository(`build/${build}.wasm`));
    assert.equal(file.subarray(-24), Buffer.from(bytes.subarray(-24)), build);
    hash.update(file.subarray(0, -24));
  }
  const advice = "run npm run build:wasm, and commit host/engine/version.ts";
  assert.is(ENGINE_VERSION, hash.digest("hex").slice(0, 16), advice);
});

load("threads that cannot share memory: one is used, and said", async () => {
  const apart = { ...platform, sharesMemory: false };
  const engine = await loadEngine({ threads: 4, platform: apart });
  assert.is(engine.threads, 1);
  assert.match(engine.note!, "one thread is used instead of 4: the page is not cross-origin isolated");
  const network = createNetwork(engine, { channels: 1, classes: 2, head: { kind: "none", wires: 2 } });
  await network.startThreads();
  assert.is(network.predict(new Uint8Array(28 * 28)).length, 2);
  const wide = await loadEngine({ threads: 4, platform: { ...apart, v8: undefined }, build: "strict+wide" });
  assert.match(wide.note!, /one thread is used instead of 4.*; wide vectors are not used/);
  assert.match((await loadEngine({ threads: 2, bytes })).note!, "one thread is used");
  assert.is((await loadEngine({ threads: 1, platform: apart })).note, undefined);
  await refused(() => loadEngine({ threads: 99, bytes }), "threads: expected a whole number from 1 to 16, got 99");
});

load.run();
