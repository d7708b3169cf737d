import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { damaged, parseJson } from "../../host/check.ts";
import { parseCircuitFiles } from "../../host/circuit/file.ts";
import { parseNoiseFile } from "../../host/circuit/noise/file.ts";
import { repository } from "../util/paths.ts";
import { sourceFiles } from "../util/sources.ts";

const check = suite("check");

const deep = "[".repeat(200_000) + "]".repeat(200_000);

check("JSON that nests deeper than any file of ours is refused, before a reader overflows the stack", () => {
  assert.equal(Array.isArray(parseJson(`${"[".repeat(100)}${"]".repeat(100)}`)), true);
  for (const read of [parseJson, parseCircuitFiles, parseNoiseFile] as ((text: string, name: string) => unknown)[]) {
    assert.throws(() => read(deep, "f.json"), /more than 100 levels of brackets/);
  }
});

check("a parser that cannot be loaded is not called a damaged file", async () => {
  const missing = await import(`./${"nothing"}.ts`).then(
    () => null,
    (error: unknown) => error,
  );
  const said = [missing, new TypeError("Failed to fetch dynamically imported module: https://a.org/dicom.js")];
  for (const error of said) {
    const { message } = damaged("scan.dcm", "an image", error);
    assert.match(message, /^a part of the program cannot be loaded: /);
    assert.not.match(message, "scan.dcm");
  }
  assert.match(
    damaged("scan.dcm", "an image", new TypeError("x is undefined")).message,
    /^scan\.dcm: expected an image/,
  );
});

check("JSON out of files is read there and nowhere else", () => {
  // These read what they wrote themselves, or look at the nesting before.
  const own = ["host/check.ts", "host/network/safetensors.ts", "host/network/wide.ts", "host/platform/lock.ts"];
  const readers = sourceFiles("host").filter(
    (path) => !path.startsWith("host/web/") && /\bJSON\.parse\(/.test(readFileSync(repository(path), "utf8")),
  );
  assert.equal(
    readers.filter((path) => !own.includes(path)),
    ["host/cli/bench.ts", "host/cli/run.ts", "host/training/checkpoint.ts"],
  );
});

check.run();
