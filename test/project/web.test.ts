// What a browser must load before the page is there, and that it is a page for browsers.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { repository } from "../util/paths.ts";

/** Bytes, compressed, of what the first paint waits for. */
const FIRST_PAINT = 120_000;
/** Of what a worker or an embedding page loads before it runs. */
const MOST_BYTES = 300_000;

const web = suite("build/web");
const read = (name: string) => readFileSync(repository(`build/web/${name}`), "utf8");

/** A program and all it imports before it runs. */
function eager(name: string, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found;
  found.add(name);
  // Of the minified text: from"./chunk.js" and import"./chunk.js", but not import("./chunk.js").
  for (const [, other] of read(name).matchAll(/(?:from|import)\s*"\.\/([\w.-]+\.js)"/g)) eager(other, found);
  return found;
}

web("the page is less than 120 kB, compressed, before anybody asks for anything", () => {
  const files = ["index.html", "page.css", ...eager("page.js")];
  const [, preloaded] = /rel="modulepreload" href="([^"]+)"/.exec(read("index.html")) ?? [];
  assert.ok(files.includes(preloaded), `index.html preloads ${preloaded}`);
  const sizes = files.map((name) => gzipSync(read(name)).length);
  const total = sizes.reduce((a, b) => a + b);
  console.log(`first paint: ${files.length} files, ${total} bytes compressed`);
  assert.ok(
    files.length > 3 && total < FIRST_PAINT,
    `${total} bytes: ${files.map((name, i) => `${name} ${sizes[i]}`).join(", ")}`,
  );
});

web("workers and embedding pages stay below it too", () => {
  for (const name of ["lab.js", "session.js", "hqcnn.js", "worker.js"]) {
    const total = [...eager(name)].reduce((sum, file) => sum + gzipSync(read(file)).length, 0);
    assert.ok(total < MOST_BYTES, `${name}: ${total} bytes`);
  }
});

web("nothing of Node is in it, and the service worker imports nothing", () => {
  const programs = readdirSync(repository("build/web")).filter((name) => name.endsWith(".js"));
  assert.ok(programs.length > 5);
  for (const name of programs) assert.not.match(read(name), /(from|import|require) ?\(?["']node:/, name);
  assert.not.match(read("service.js"), /\bimport\b/);
});

web.run();
