import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createNodePlatform } from "../../../host/platform/node.ts";
import { notebookOf } from "../../../host/platform/notebook.ts";

const test = suite("notebook");
const platform = createNodePlatform();

test("keeps texts in the cache folder, and never fails", async () => {
  const folder = mkdtempSync(join(tmpdir(), "notebook-"));
  try {
    const notebook = notebookOf({ ...platform, cacheFolder: join(folder, "new") })!;
    assert.is(await notebook.read("a.json"), null);
    await notebook.write("a.json", "text");
    assert.is(await notebook.read("a.json"), "text");
    const file = notebookOf({ ...platform, cacheFolder: join(folder, "new/checks/a.json") })!;
    await file.write("b.json", "text");
    assert.is(await file.read("b.json"), null, "no folder can be made there");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("is not there where nothing can be written", () => {
  assert.is(notebookOf({ ...platform, writeFile: undefined }), undefined);
});

test("knows the machine by processor, runtime and options", () => {
  const { v8 } = platform;
  if (!v8) return; // Deno and Bun take no flags
  const identity = v8.identity!;
  for (const part of [process.version, process.arch]) assert.ok(identity.includes(part), part);
  const { NODE_OPTIONS } = process.env;
  process.env.NODE_OPTIONS = "--no-wasm-tier-up";
  try {
    assert.is.not(v8.identity, identity);
  } finally {
    if (NODE_OPTIONS === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = NODE_OPTIONS;
  }
});

test.run();
