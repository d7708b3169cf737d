// What must hold of a browser's files, run in a page: mirrors test/host/platform/node.test.ts.

import { type BrowserPlatform, createBrowserPlatform } from "../../host/platform/browser.ts";
import type { JobMessage } from "../../host/study/local.ts";
import type { TrainOptions } from "../../host/training/options.ts";
import { parseTrainOptions } from "../../host/training/parse.ts";

// Node reads the names of the checks alone.
export const platform: BrowserPlatform =
  "location" in globalThis ? createBrowserPlatform({ base: "/build/web/" }) : (undefined as never);

function equal(got: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(got), JSON.stringify(expected)];
  if (a !== b) throw new Error(`expected ${b}, got ${a}`);
}

async function refused(action: Promise<unknown>, part: string): Promise<void> {
  const text = await action.then(
    () => "success",
    (error: Error) => `${error.name}: ${error.message}`,
  );
  if (!text.startsWith("HqcnnError: ") || !text.includes(part) || text.includes("\n"))
    throw new Error(`expected an HqcnnError with "${part}", got ${text}`);
}

const pattern = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 255);

/** Trains a file of the storage into /job, and returns what the job said. */
export async function train(
  options: Partial<TrainOptions>,
  stopAfter = Number.POSITIVE_INFINITY,
): Promise<JobMessage[]> {
  const told: JobMessage[] = [];
  const job = { kind: "train", version: "0", folder: "/job", options: parseTrainOptions({ threads: 1, ...options }) };
  const started = platform.startJob(job, (message) => {
    told.push(message as JobMessage);
    if (told.length === stopAfter) started.stop();
  });
  await started.done;
  return told;
}

/** By what they show. Each gets an empty folder. */
export const checks: Record<string, (folder: string) => Promise<void>> = {
  async "writes, replaces, reads and appends, leaving nothing else"(folder) {
    const path = platform.join(folder, "a.bin");
    await platform.writeFile(path, "old");
    await platform.writeFile(path, new Uint8Array([0, 1, 2, 3]).subarray(1));
    await platform.appendBytes(path, new Uint8Array([4]));
    await platform.appendFile(path, "é\n");
    equal([...(await platform.readFile(path))], [1, 2, 3, 4, 0xc3, 0xa9, 10]);
    equal(await platform.list(folder), [{ name: "a.bin", kind: "file" }]);
    equal(await platform.stat(path), { kind: "file", size: 7 });
    equal(platform.basename(path), "a.bin");
  },
  async "reads at any offset, over blocks, and refuses bytes beyond the end"(folder) {
    const path = platform.join(folder, "large.bin");
    const bytes = pattern(700_001);
    await platform.writeFile(path, bytes.subarray(0, 300_000));
    for (let at = 300_000; at < bytes.length; at += 100_000)
      await platform.appendBytes(path, bytes.subarray(at, at + 100_000));
    equal(
      (await platform.readFile(path)).every((byte, i) => byte === bytes[i]),
      true,
    );
    const file = await platform.openFile(path);
    equal(file.size, bytes.length);
    for (const [offset, length] of [
      [0, 1],
      [262_143, 2],
      [299_999, 100_002],
      [700_000, 1],
      [5, 0],
      [700_001, 0],
      [0, 700_001],
    ]) {
      const part = await file.read(offset, length);
      equal(part.length, length);
      equal(
        part.every((byte, i) => byte === bytes[offset + i]),
        true,
      );
    }
    await refused(file.read(700_000, 2), "cut short: expected at least 700002 bytes, got 700001");
    await refused(file.read(0, 2 ** 52), "cut short");
    await refused(file.read(-1, 2), "cut short");
    await platform.writeFile(path, "new");
    await refused(file.read(0, 10), "removed or replaced while it was read");
    await file.close();
  },
  async "lists in code-unit order, and stats what is not there as null"(folder) {
    await platform.makeFolder(platform.join(folder, "b"));
    for (const name of ["a", "Z", "é", "10", "9"]) await platform.writeFile(platform.join(folder, name), name);
    await platform.writeFile(platform.join(folder, "b", "inside"), "");
    equal(
      (await platform.list(folder)).map(({ name }) => name),
      ["10", "9", "Z", "a", "b", "é"],
    );
    equal(await platform.stat(platform.join(folder, "b")), { kind: "folder", size: 0 });
    equal(await platform.stat(platform.join(folder, "c")), null);
    equal(await platform.stat(platform.join(folder, "a", "below-a-file")), null);
    equal((await platform.stat("/"))?.kind, "folder");
  },
  async "makes, renames and removes"(folder) {
    const path = (...names: string[]) => platform.join(folder, ...names);
    await platform.makeFolder(path("x/y/z"));
    await platform.makeFolder(path("x/y/z"));
    await platform.writeFile(path("from"), "new");
    await platform.writeFile(path("to"), "old");
    await platform.rename(path("from"), path("to"));
    equal(new TextDecoder().decode(await platform.readFile(path("to"))), "new");
    await platform.writeFile(path("x/y/z/deep"), "kept");
    await platform.rename(path("x/y"), path("moved"));
    equal(new TextDecoder().decode(await platform.readFile(path("moved/z/deep"))), "kept");
    await refused(platform.rename(path("moved"), path("moved/z/in")), "into itself");
    await platform.removeFile(path("to"));
    await platform.removeFile(path("to"));
    await platform.removeFolder(path("moved"));
    await platform.removeFolder(path("moved"));
    equal(await platform.list(folder), [{ name: "x", kind: "folder" }]);
    equal(platform.join("a", "..", "b/./c"), "b/c");
  },
  async "errors say what was found and what to do"(folder) {
    const missing = platform.join(folder, "missing");
    const file = platform.join(folder, "file");
    await platform.writeFile(file, "x");
    await refused(platform.readFile(missing), `cannot read ${missing}: no such file; check the path`);
    await refused(platform.openFile(missing), "no such file");
    await refused(platform.list(missing), "no such file");
    await refused(platform.readFile(folder), "expected a file, got a folder");
    await refused(platform.openFile(folder), "expected a file, got a folder");
    await refused(platform.removeFile(folder), "expected a file, got a folder");
    await refused(platform.writeFile(folder, "x"), "expected a file, got a folder");
    await refused(platform.list(file), "expected a folder, got a file");
    await refused(platform.readFile(platform.join(file, "below")), "expected a folder, got a file");
    await refused(platform.writeFile(platform.join(missing, "a"), "x"), "its folder does not exist; create it");
    await refused(platform.appendFile(platform.join(missing, "a"), "x"), "its folder does not exist");
    await refused(platform.makeFolder(file), "a file of this name exists");
    await refused(platform.makeFolder(platform.join(file, "a")), "expected a folder, got a file");
    await refused(platform.rename(missing, file), "no such file");
    equal(new TextDecoder().decode(await platform.readFile(file)), "x");
  },
  async "writes at the same time neither mix nor get lost"(folder) {
    const path = platform.join(folder, "contested");
    const versions = [1, 2, 3, 4].map((value) => new Uint8Array(600_000).fill(value));
    await Promise.all(versions.map((bytes) => platform.writeFile(path, bytes)));
    const bytes = await platform.readFile(path);
    equal(bytes.length, 600_000);
    equal(
      bytes.every((byte) => byte === bytes[0]),
      true,
    );
    const log = platform.join(folder, "log");
    await Promise.all(Array.from({ length: 50 }, (_, i) => platform.appendFile(log, `${i}\n`)));
    const lines = new TextDecoder()
      .decode(await platform.readFile(log))
      .trim()
      .split("\n");
    equal(
      lines.map(Number).sort((a, b) => a - b),
      Array.from({ length: 50 }, (_, i) => i),
    );
  },
  async "finds what the package ships, and says when it is not there"() {
    const wasm = platform.packageFile("build/strict.wasm");
    equal([...(await platform.readFile(wasm)).subarray(0, 4)], [0, 0x61, 0x73, 0x6d]);
    const file = await platform.openFile(wasm);
    equal([...(await file.read(1, 3))], [0x61, 0x73, 0x6d]);
    equal(await platform.stat(wasm), { kind: "file", size: file.size });
    await refused(platform.readFile(platform.packageFile("build/none.wasm")), "expected a file, got HTTP 404");
  },
  async "names the browser"() {
    equal(/^(chrome|firefox|safari) \d+\.\d+/.test(platform.runtime), true);
  },
  async "startJob: what a worker fails with becomes a rejection with its message"() {
    await refused(train({ data: "/no.npz" }), "/no.npz: no such file or folder");
    await refused(platform.startJob(null, () => {}).done, "");
  },
};

/** null, or what is wrong. */
export async function check(name: string): Promise<string | null> {
  const folder = `/checks/${name.replaceAll("/", " ")}`;
  await platform.removeFolder(folder);
  await platform.makeFolder(folder);
  return checks[name](folder).then(
    () => null,
    (error: Error) => `${error.message}\n${error.stack}`,
  );
}
