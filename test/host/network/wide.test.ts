import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createNetwork } from "../../../host/network/network.ts";
import { parseVerdict, wideGain, widen } from "../../../host/network/wide.ts";
import { compileBuild } from "../../util/builds.ts";
import { repository } from "../../util/paths.ts";

// The flag itself is tried where V8 has it (npm run bench); here it is only written down, so that tiles are wide and
// vectors are not.
const test = suite("wide vectors");
const engine = await compileBuild("strict");
const read = (build: string) => new Uint8Array(readFileSync(repository(`build/${build}.wasm`)));
const FLAG = "experimental-wasm-revectorize";
const [ON, OFF] = [`--${FLAG}`, `--no-${FLAG}`];

/** A V8 that notes its flags, and a notebook in memory. */
function machine(identity?: string) {
  const flags: string[] = [];
  const pages = new Map<string, string>();
  const v8 = { major: 13, setFlag: (flag: string) => void flags.push(flag), identity };
  const notebook = {
    read: async (name: string) => pages.get(name) ?? null,
    write: async (name: string, text: string) => void pages.set(name, text),
  };
  return { flags, pages, v8, notebook };
}

test("are not tried where the runtime cannot know the flag", async () => {
  const { flags, v8 } = machine();
  for (const old of [undefined, { ...v8, major: 11 }]) {
    const { note, ...rest } = await widen(engine, read("strict"), old);
    assert.match(note!, /^wide vectors are not used: they need Node 24/);
    assert.equal(rest, engine);
    assert.is(await wideGain(engine, read("strict"), old), undefined);
  }
  assert.equal(flags, []);
});

test("are used only if they are faster and the bits are the same, and are checked once", async () => {
  const bytes = read("strict");
  const { flags, pages, v8, notebook } = machine("one processor");
  const result = await widen(engine, bytes, v8, notebook);
  if (result.wide) {
    assert.equal([flags.splice(0), result.note], [[ON, OFF, ON], undefined]);
  } else {
    assert.equal(flags.splice(0), [ON, OFF]);
    assert.match(result.note!, "no gain here");
  }
  const loss = (of: typeof engine) => {
    const network = createNetwork(of, { channels: 1, classes: 3, head: { kind: "dense", wires: 4 } });
    network.batch(20).images.fill(100, 2000, 9000);
    return network.gradients(20).loss;
  };
  assert.is(loss({ ...result, wide: true }), loss(engine));

  assert.is(pages.size, 1);
  const [name] = pages.keys();
  const verdict = JSON.parse(pages.get(name)!) as { key: string; same: boolean; gain: number };
  assert.is(verdict.same, true);
  pages.set(name, JSON.stringify({ ...verdict, gain: 1.5 }));
  assert.is(await wideGain(engine, bytes, v8, notebook), 1.5);
  assert.equal(flags, [], "nothing is measured again");
  const wide = await widen(engine, bytes, v8, notebook);
  assert.equal([wide.wide, wide.note, flags.splice(0)], [true, undefined, [ON]]);
  assert.is(await wideGain(wide, bytes, v8, notebook), undefined, "used already");
  pages.set(name, JSON.stringify({ ...verdict, gain: 1 }));
  assert.is(await wideGain(engine, bytes, v8, notebook), undefined, "no gain, no line");
  assert.equal(flags, []);

  pages.set(name, JSON.stringify({ ...verdict, gain: 1, at: Date.now() - 25 * 60 * 60 * 1000 }));
  await wideGain(engine, bytes, v8, notebook);
  assert.equal(flags.splice(0), [ON, OFF], "after a day, that there is no gain is measured again");

  // Another processor with the same file name, as if the names had met: the key inside decides.
  const other = { read: async () => JSON.stringify({ ...verdict, gain: 1.5 }), write: notebook.write };
  await wideGain(engine, bytes, { ...v8, identity: "another processor" }, other);
  assert.equal([flags, pages.size], [[ON, OFF], 2]);
});

test("are checked again where what was written down is another's or damaged", () => {
  const good = { key: "this", same: true, gain: 1.5, at: 1 };
  assert.equal(parseVerdict(JSON.stringify(good), "this"), { same: true, gain: 1.5, at: 1 });
  const text = JSON.stringify(good);
  const wrong = [{ ...good, gain: null }, { ...good, gain: 0 }, { ...good, same: 1 }, { ...good, key: "other" }, null];
  for (const value of [...wrong.map((value) => JSON.stringify(value)), "", "{}", text.slice(0, 20)]) {
    assert.is(parseVerdict(value, "this"), null, value);
  }
});

test("are not used if the self-check ends in other bits", async () => {
  setFlagsFromString("--experimental-wasm-relaxed-simd"); // Node 20
  const bytes = read("strict");
  let current = read("strict");
  Object.defineProperty(bytes, Symbol.iterator, { value: () => current.values() });
  const { flags, v8 } = machine();
  const setFlag = (flag: string) => {
    current = read("fast"); // the bytes of another build stand in for a compiler that is wrong
    v8.setFlag(flag);
  };
  const result = await widen(engine, bytes, { ...v8, setFlag });
  assert.match(result.note!, "did not end in the same bits");
  assert.not(result.wide);
  assert.is(result.module, engine.module);
  assert.equal(flags, [ON, OFF]);
});

test.run();
