import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The repository's root, from test/util and from build/test/util alike. */
const root = fileURLToPath(new URL(import.meta.url.includes("/build/test/") ? "../../../" : "../../", import.meta.url));

/** Path of a file of this repository. */
export function repository(name: string): string {
  return root + name;
}

/** Path of a committed fixture, test/fixtures/NAME. */
export function fixture(name: string): string {
  return repository(`test/fixtures/${name}`);
}

/** Path of a file in the folder `shared` beside the repository, or undefined on a clone that has none. */
export function shared(name: string): string | undefined {
  const path = repository(`../shared/${name}`);
  return existsSync(path) ? path : undefined;
}
