// Outputs that end before the program: what a command writes into files is finished first.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { medmnistArrays, npz } from "../../util/npz.ts";
import { COMMAND } from "../../util/paths.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const streams = suite("hqcnn, outputs that end early");
const folder = temporaryFolder();
const data = join(folder, "tiny.npz");
writeFileSync(data, await npz(medmnistArrays({ train: 32, val: 8, test: 8 }, { channels: 1, classes: 2 })));

/** A line of sh with $HQCNN for the command, its exit code and what it left on stderr. */
function shell(line: string, out: string): { code: number | null; stderr: string } {
  const HQCNN = `"${process.execPath}" "${COMMAND}" train --data "${data}" --epochs 2 --threads 1 --out "${join(folder, out)}"`;
  const { status, stderr } = spawnSync("sh", ["-c", line.replaceAll("$HQCNN", HQCNN)], {
    env: { ...process.env, NODE_NO_WARNINGS: "1" },
    encoding: "utf8",
  });
  return { code: status, stderr };
}

const finished = (out: string) => JSON.parse(readFileSync(join(folder, out, "metrics.json"), "utf8")).count === 8;

if (process.platform !== "win32") {
  streams("a reader that leaves (| head) costs no result, and the folder is named", () => {
    const { stderr } = shell("$HQCNN | head -1 >/dev/null", "head");
    assert.ok(finished("head"));
    assert.ok(stderr.includes(`the results are in ${join(folder, "head")}`), stderr);
  });

  streams("both outputs closed: the files are there, the exit code is 0", () => {
    assert.is(shell("$HQCNN >&- 2>&-", "closed").code, 0);
    assert.ok(finished("closed"));
  });
}

if (existsSync("/dev/full")) {
  streams("a full disk behind stdout is an error in one line after everything is written", () => {
    const { code, stderr } = shell("$HQCNN >/dev/full", "full");
    assert.is(code, 1, stderr);
    assert.ok(finished("full"));
    assert.match(stderr, /^error: cannot write to stdout: the disk is full.*; the results are in /m);
    assert.not.match(stderr, /^ +at /m);
  });

  streams("a full disk behind stderr is nobody's concern", () => {
    assert.is(shell("$HQCNN 2>/dev/full >/dev/null", "quiet").code, 0);
    assert.ok(finished("quiet"));
  });
}

streams("too few open files for the program itself end with words", () => {
  if (process.platform !== "linux") return;
  for (const limit of [22, 26, 30, 36]) {
    const { code, stderr } = shell(`ulimit -n ${limit}; $HQCNN >/dev/null`, `files${limit}`);
    if (code === 0) continue;
    assert.is(code, 1, stderr);
    assert.match(stderr, /^error: .*(ulimit -n|open files)/m);
    assert.not.match(stderr, /^ +at |node:internal/m);
  }
});

streams.run();
