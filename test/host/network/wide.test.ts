import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createNetwork } from "../../../host/network/network.ts";
import { widen } from "../../../host/network/wide.ts";
import { compileBuild } from "../../util/builds.ts";
import { repository } from "../../util/paths.ts";

// The flag itself is tried where V8 has it (npm run bench); here it is only written down, so that tiles are wide and
// vectors are not.
const test = suite("wide vectors");
const engine = await compileBuild("strict");
const read = (build: string) => new Uint8Array(readFileSync(repository(`build/${build}.wasm`)));
const FLAG = "experimental-wasm-revectorize";

test("are not tried where the runtime cannot know the flag", async () => {
  const flags: string[] = [];
  for (const v8 of [undefined, { major: 11, setFlag: (flag: string) => flags.push(flag) }]) {
    const { note, ...rest } = await widen(engine, read("strict"), v8);
    assert.match(note!, /^wide vectors are not used: they need Node 24/);
    assert.equal(rest, engine);
  }
  assert.equal(flags, []);
});

test("are used only if they are faster, and the bits are the same", async () => {
  const flags: string[] = [];
  const result = await widen(engine, read("strict"), { major: 13, setFlag: (flag) => flags.push(flag) });
  if (result.wide) {
    assert.equal([flags, result.note], [[`--${FLAG}`], undefined]);
  } else {
    assert.equal(flags, [`--${FLAG}`, `--no-${FLAG}`]);
    assert.match(result.note!, "no gain here");
  }
  const loss = (of: typeof engine) => {
    const network = createNetwork(of, { channels: 1, classes: 3, head: { kind: "dense", wires: 4 } });
    network.batch(20).images.fill(100, 2000, 9000);
    return network.gradients(20).loss;
  };
  assert.is(loss({ ...result, wide: true }), loss(engine));
});

test("are not used if the self-check ends in other bits", async () => {
  setFlagsFromString("--experimental-wasm-relaxed-simd"); // Node 20
  const flags: string[] = [];
  // the bytes of another build stand in for a compiler that is wrong
  const result = await widen(engine, read("fast"), { major: 13, setFlag: (flag) => flags.push(flag) });
  assert.match(result.note!, "did not end in the same bits");
  assert.not(result.wide);
  assert.is(result.module, engine.module);
  assert.equal(flags, [`--${FLAG}`, `--no-${FLAG}`]);
});

test.run();
