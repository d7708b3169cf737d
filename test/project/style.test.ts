// What the formatters do not see: the width of comments, the length of files, and tests that could vanish unnoticed.
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { repository } from "../util/paths.ts";
import { sourceFiles } from "../util/sources.ts";

const COLUMNS = 120;
const HOST_LINES = 400;
const TEST_LINES = 500;

const files = ["assembly", "host", "test"].flatMap(sourceFiles).map((path) => {
  const text = readFileSync(repository(path), "utf8");
  return { path, text, lines: text.trimEnd().split("\n") };
});

/** Whether a line is a comment, or ends with one; a string that holds "//" is none. */
function hasComment(line: string): boolean {
  if (/^\s*(\/\/|\/\*|\*)/.test(line)) return true;
  const withoutStrings = line.replaceAll(/"(?:[^"\\]|\\.)*"|`[^`]*`|\/(?![/*])(?:[^/\\]|\\.)+\//g, "");
  return /(^|\s)\/\/ [^`"]*$/.test(withoutStrings);
}

const style = suite("style");

style(`comments end before column ${COLUMNS}`, () => {
  const wide = files.flatMap(({ path, lines }) =>
    lines.flatMap((line, i) => ([...line].length > COLUMNS && hasComment(line) ? [`${path}:${i + 1}`] : [])),
  );
  assert.equal(wide, []);
});

style(`a file of host/ has at most ${HOST_LINES} lines, or says in its first lines why it has more`, () => {
  const long = files.filter(({ path, lines }) => {
    const head = lines.slice(0, 12).filter((line) => line.startsWith("//"));
    const reason = head.some((line) => line.includes(`More than ${HOST_LINES} lines: `));
    return path.startsWith("host/") && lines.length > HOST_LINES && !reason;
  });
  assert.equal(
    long.map(({ path, lines }) => `${path}: ${lines.length} lines`),
    [],
  );
});

style(`a test file has at most ${TEST_LINES} lines`, () => {
  const long = files.filter(({ path, lines }) => /\.(test|spec|browser)\.ts$/.test(path) && lines.length > TEST_LINES);
  assert.equal(
    long.map(({ path, lines }) => `${path}: ${lines.length} lines`),
    [],
  );
});

style("no test is registered only where ../shared is: needsShared skips it by name elsewhere", () => {
  const users = files.filter(({ text }) => /["`](\.\.\/)+shared\b/.test(text)).map(({ path }) => path);
  // pictures.ts registers none: it decodes more where there is more.
  assert.equal(users, ["test/runtimes/pictures.ts", "test/util/paths.ts", "test/util/report.ts"]);
});

style.run();
