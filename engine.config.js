// npm run build:wasm: compiles the engines, one on each processor at a time, and writes into each, as a section
// "hqcnn", which code it is of, and into host/engine/version.ts which one the host is made for. A build that is older or
// newer than the host would give wrong numbers without a word; like this it is refused when it is loaded. The number is
// a checksum of all six modules, so comments in assembly/ do not change it.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";

const builds = ["strict", "fast", "debug", "strict-threads", "fast-threads", "debug-threads"];
const path = (build) => `build/${build}.wasm`;
const SECTION = Buffer.from("hqcnn");

function compile(build) {
  const args = ["node_modules/assemblyscript/bin/asc.js", "assembly/index.ts", "--target", build];
  return new Promise((resolve, reject) => {
    spawn(process.execPath, args, { stdio: "inherit" }).on("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`asc --target ${build}: exit code ${code}`));
    });
  });
}

const waiting = builds.values();
const work = async () => {
  for (const build of waiting) await compile(build);
};
await Promise.all(Array.from({ length: availableParallelism() }, work));

/** The module without a section of ours at its end. */
function bare(bytes) {
  const at = bytes.lastIndexOf(Buffer.concat([Buffer.from([SECTION.length]), SECTION])) - 2;
  return at > 0 && bytes[at] === 0 && at + 2 + bytes[at + 1] === bytes.length ? bytes.subarray(0, at) : bytes;
}

const modules = builds.map((build) => bare(readFileSync(path(build))));
const version = createHash("sha256").update(Buffer.concat(modules)).digest("hex").slice(0, 16);
const content = Buffer.concat([Buffer.from([SECTION.length]), SECTION, Buffer.from(version)]);
const section = Buffer.concat([Buffer.from([0, content.length]), content]);
for (const [i, build] of builds.entries()) writeFileSync(path(build), Buffer.concat([modules[i], section]));

const file = "host/engine/version.ts";
const text = `/** The code of the engines that the host is made for: written by engine.config.js. */
export const ENGINE_VERSION = "${version}";
`;
let old = "";
try {
  old = readFileSync(file, "utf8");
} catch {}
if (old !== text) writeFileSync(file, text);
