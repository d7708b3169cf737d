import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UsageError } from "../../../host/check.ts";
import { parseStudy, type StudySpec, studyDifferences } from "../../../host/study/spec.ts";

const spec = suite("study/spec");
const parse = (text: string): StudySpec => parseStudy(new TextEncoder().encode(text), "s.yaml");

/** Every line of the refusal names the file; returns them without it. */
function refusal(text: string): string[] {
  try {
    parse(text);
  } catch (error) {
    assert.instance(error, UsageError);
    const lines = (error as Error).message.split("\n");
    for (const line of lines) assert.ok(line.startsWith("s.yaml: "), line);
    return lines.map((line) => line.slice("s.yaml: ".length));
  }
  throw new Error(`was taken: ${text}`);
}

spec("JSON and YAML say the same", () => {
  const json = '{"base": {"epochs": 2}, "grid": {"lr": [0.1, 1e-3], "head": ["none"]}, "seeds": [1, 5]}';
  assert.equal(parse(json), parse("base: {epochs: 2}\ngrid:\n  lr: [0.1, 1e-3]\n  head: [none]\nseeds: [1, 5] # two"));
  assert.equal(parse("{}"), {});
  const merged = parse("base: &b {epochs: 2}\nlist: [{<<: *b, lr: 0.1}]");
  assert.equal(merged.list, [{ epochs: 2, lr: 0.1 }]);
});

for (const [text, ...expected] of [
  ["grid: {lr: [0.1, -1]}", "grid.lr[1]: expected a number above 0, got -1"],
  ["grid: {lr: []}", "grid.lr: expected at least one value, got []"],
  ["grid: {lr: 3}", "grid.lr: expected a list of values, got 3"],
  ["base: {epoch: 2}", "base.epoch: no such option; epochs?"],
  ["base: {batch-size: 2}", "base.batch-size: no such option; batchSize?"],
  ["grids: {}", "grids: no such key; grid?"],
  ["list: [{head: none}, {haed: none}]", "list[1].haed: no such option; head?"],
  ["base: {threads: 1}", "base.threads: a study divides the processors itself: leave it out, and see --parallel"],
  ["random: {runs: 2, options: {lr: {low: 1, hgh: 2}}}", "random.options.lr.high: expected a number, got nothing"],
  ["random: {runs: 2, options: {lr: {low: 2, high: 1}}}", "random.options.lr: expected low below high, got 2 and 1"],
  ["random: {runs: 2, options: {lr: [x]}}", "random.options.lr[0]: expected a number above 0, got x"],
  ["random: {runs: 2, options: {lr: x}}", "random.options.lr: expected a list of values, or low and high, got x"],
  ["random: {runs: 2, options: {}}", "random.options: expected at least one option"],
  ["random: {runs: 2, options: {epochs: {low: 0.5, high: 2}}}", "random.options.epochs.low: expected a whole number"],
  ["random: {options: {lr: [1]}}", "random.runs: expected a whole number from 1 to 10000, got nothing"],
  ["seeds: 0", "seeds: expected a whole number from 1 to 10000, got 0"],
  ["seeds: x", "seeds: expected a number of seeds, or a list of them, got x"],
  ["seeds: [1, -1]", "seeds[1]: expected a whole number from 0 to 4294967295, got -1"],
  ["data: bloodmnist", "data: expected a list of data sets, got bloodmnist"],
  ["grid: {lr: [1]}\nlist: [{}]", "expected one of grid, list, random, got grid, list"],
  ["base: {data: a}\ndata: [b]", "base.data and data both name data sets: leave out one"],
  ["base: {seed: 1}\nseeds: [2]", "base.seed and seeds both name seeds: leave out one"],
  ["base: {lr: 1}\ngrid: {lr: [2]}", "grid.lr and base.lr: leave out one"],
  ["[]", "the file: expected an object with base"],
  ["", "the file: expected an object with base"],
  ["a: 1\na: 2", "expected JSON or YAML: line 2, column 1: a key stands there twice"],
  ['{"a": ', "expected JSON or YAML: line 1"],
  ["base: !!js/function x", "expected JSON or YAML without tags of its own"],
  ["base: *x", "expected JSON or YAML"],
] as [string, ...string[]][]) {
  spec(`refuses ${JSON.stringify(text)}`, () => {
    const lines = refusal(text);
    for (const part of expected)
      assert.ok(
        lines.some((line) => line.startsWith(part)),
        lines.join("\n"),
      );
  });
}

spec("an alias that repeats too much, bytes that are no text, and a file that is too large are refused", () => {
  const bomb = ["a: &a [x, x, x, x, x, x, x, x, x]"];
  for (const [name, above] of ["ba", "cb", "dc", "ed", "fe"]) {
    bomb.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${above}`).join(", ")}]`);
  }
  assert.match(refusal(bomb.join("\n"))[0], "aliases repeat too much");
  assert.throws(() => parseStudy(Uint8Array.of(0xff, 0xfe, 0), "s.yaml"), /UTF-8/);
  assert.throws(() => parseStudy(new Uint8Array(2 ** 20 + 1), "s.yaml"), /at most 1 MiB/);
});

spec("nesting that would overflow the stack, and thousands of unknown keys, are refused in a few lines", () => {
  assert.equal(refusal("[".repeat(200_000)), ["expected JSON or YAML: more than 100 levels of brackets"]);
  assert.equal(refusal("{a: ".repeat(200)), ["expected JSON or YAML: more than 100 levels of brackets"]);
  const lines = refusal(Array.from({ length: 2000 }, (_, i) => `k${i}: 1`).join("\n"));
  assert.is(lines.length, 6);
  assert.is(lines[5], "and 1995 more");
  assert.ok(refusal(`${"x".repeat(5000)}: 1`)[0].length < 300);
});

spec("differences between two studies are named by their paths", () => {
  const before = { base: { lr: 1 }, seeds: [1, 2] };
  assert.equal(studyDifferences(before, before), []);
  assert.equal(studyDifferences(before, { base: { lr: 2, head: "none" }, seeds: [1] }), [
    "base.lr: was 1, is 2",
    "base.head: was not there, is none",
    "seeds[1]: was 2, is not there",
  ]);
});

spec.run();
