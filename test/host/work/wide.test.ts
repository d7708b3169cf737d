import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Engine } from "../../../host/engine/load.ts";
import { createNodePlatform } from "../../../host/platform/node.ts";
import { wideAdvice } from "../../../host/work/wide.ts";
import { compileBuild } from "../../util/builds.ts";

const test = suite("advice on wide vectors");
const engine = await compileBuild("strict");
const platform = createNodePlatform();
const of = (train: number, side = 28) => ({ counts: { train, val: 1, test: 1 }, height: side, width: side });

test("is not looked for where a training is short, wide already, or could not have them", async () => {
  const untouched = { ...platform, readFile: () => Promise.reject(new Error("read")) };
  assert.equal(await wideAdvice(untouched, engine, of(1000), 9), []);
  for (const other of [
    { wide: true },
    { note: "wide vectors are not used: no gain here" },
  ] satisfies Partial<Engine>[]) {
    assert.equal(await wideAdvice(untouched, { ...engine, ...other }, of(100_000), 20), []);
  }
  assert.equal(await wideAdvice({ ...platform, v8: undefined }, engine, of(100_000), 20), []);
});

test("says the measured gain in one line, and nothing where there is none", async () => {
  const key = { identity: "one processor", major: 13, setFlag: () => {} };
  const written = new Map<string, string>();
  const machine = {
    ...platform,
    v8: key,
    cacheFolder: "cache",
    makeFolder: async () => {},
    writeFile: async (path: string, text: string | Uint8Array) => {
      written.set(path, String(text));
    },
    readFile: async (path: string) => {
      if (!path.startsWith("cache")) return platform.readFile(path);
      const text = written.get(path);
      if (text === undefined) throw new Error("no such file");
      return new TextEncoder().encode(text);
    },
  };
  await wideAdvice(machine, engine, of(1000), 30);
  const [path] = written.keys();
  const verdict = JSON.parse(written.get(path)!) as object;
  written.set(path, JSON.stringify({ ...verdict, gain: 1.37 }));
  const [line, ...more] = await wideAdvice(machine, engine, of(230, 64), 30);
  assert.match(line, "--engine strict+wide trains 1.4 times faster here");
  assert.match(line, "with the same bits");
  assert.is(more.length, 0);
  written.set(path, JSON.stringify({ ...verdict, gain: 1.05 }));
  assert.equal(await wideAdvice(machine, engine, of(1000), 30), []);
});

test.run();
