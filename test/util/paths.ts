import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Test } from "uvu";

/** The repository's root, from test/util and from build/test/util alike. */
const built = import.meta.url.includes("/build/test/");
const root = fileURLToPath(new URL(built ? "../../../" : "../../", import.meta.url));

/** Path of a file of this repository. */
export function repository(name: string): string {
  return root + name;
}

/** The command line that processes of tests run: as users start it where the test is compiled, else its source. */
export const COMMAND = repository(built ? "build/cli/bin/hqcnn.js" : "host/cli/main.ts");

/** Path of a committed fixture, test/fixtures/NAME. */
export function fixture(name: string): string {
  return repository(`test/fixtures/${name}`);
}

/** A test that gets the path of what it needs. */
type WithPath = (path: string) => void | Promise<void>;

/**
 * Registers tests of a suite that need the file or folder `name` of the folder `shared` beside the repository. On a
 * clone without it they are skipped, by name and counted, so that a suite has the same tests everywhere.
 */
export function needsShared(suite: Test, name: string): (title: string, action: WithPath) => void {
  const path = repository(`../shared/${name}`);
  if (existsSync(path)) return (title, action) => suite(title, () => action(path));
  return (title) => {
    suite.skip(title);
    console.log(`skipped: ${title} (../shared/${name} is missing)`);
  };
}
