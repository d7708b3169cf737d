import { suite } from "uvu";
import * as assert from "uvu/assert";
import { onOneLine, table, visible } from "../../../host/cli/terminal.ts";
import { hqcnn } from "../../util/cli.ts";
import { parse, sourceFiles } from "../../util/sources.ts";

const terminal = suite("cli/terminal");

/** One of each kind that acts on a terminal: ESC, CR, BEL, DEL, C1's CSI, bidi overrides and isolates, separators. */
const hostile = "a\u001b]0;owned\u0007\rb\u007f\u009b31m\u202ec\u2066\u200f\u061c\u2028\ufeff";
const acting = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\ufeff]/u;

terminal("acting characters are written as what they are; line feeds, tabs and all scripts stay", () => {
  assert.not.match(visible(hostile), acting);
  assert.ok(
    visible(hostile).startsWith("a\\u001b]0;owned\\u0007\\u000db\\u007f\\u009b31m\\u202ec\\u2066\\u200f\\u061c"),
  );
  for (const text of ["naïve 细胞 خلية\n\tתא", "👩‍🔬", ""]) assert.is(visible(text), text);
  assert.is(onOneLine("a\nerror: b"), "a\\nerror: b");
});

terminal("JSON stays the same JSON", () => {
  assert.equal(JSON.parse(visible(JSON.stringify({ [hostile]: hostile }))), { [hostile]: hostile });
});

terminal("a table's cells stay on their line, in their column", () => {
  assert.is(table([["a\nb", "c"], ["\u001b", "d"]]), "a\\nb    c\n\\u001b  d"); // biome-ignore format: one line
});

terminal("no name on the command line reaches the terminal as it is", async () => {
  const name = hostile.replace("\u0000", "");
  for (const args of [
    ["predict", name, name],
    ["evaluate", name],
    ["explain", name, name, "--json"],
    ["data", "verify", name],
    ["data", "inspect", name, "--json"],
    ["data", "fetch", name],
    ["train", "--data", name],
    ["train", "--engine", name],
    ["circuit", `--${name}`],
    ["report", name],
    [name],
  ]) {
    const { code, stdout, stderr } = await hqcnn(args);
    assert.ok(code === 1 || code === 2, args.join(" "));
    assert.ok(stderr.includes("\\u001b]0;"), stderr);
    assert.not.match((stdout + stderr).replaceAll("\n", ""), acting);
    assert.not.match(stderr, "unexpected:");
  }
});

terminal("text goes out by way of terminal.ts alone", () => {
  const wrong = sourceFiles("host/cli").filter((path) => {
    // launch.ts has no imports, so that it can say that one failed.
    if (/\/(terminal|run|launch)\.ts$/.test(path)) return false;
    return /\bconsole\.|process\.std(out|err)\.write/.test(parse(path).text);
  });
  assert.equal(wrong, []);
});

terminal.run();
