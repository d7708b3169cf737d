// Commands in the documentation are ones that hqcnn takes.
import type { Command } from "commander";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { everyCommand } from "../../../host/cli/run.ts";
import { commandLines, PAGES } from "../../util/snippets.ts";

const snippets = suite("docs/snippets");

/** A command that takes its arguments and options and does nothing. */
function quiet(command: Command): void {
  command.exitOverride().action(() => {});
  command.configureOutput({ writeErr: () => {}, writeOut: () => {} });
  for (const sub of command.commands) quiet(sub);
}

snippets("hqcnn takes every command of the pages", async () => {
  let count = 0;
  for (const page of PAGES) {
    for (const words of commandLines(page)) {
      const program = await everyCommand();
      quiet(program);
      count += 1;
      try {
        await program.parseAsync(words, { from: "user" });
      } catch (error) {
        assert.unreachable(`${page}: hqcnn ${words.join(" ")}: ${(error as Error).message}`);
      }
    }
  }
  assert.ok(count > 30, `${count} commands`);
});

snippets.run();
