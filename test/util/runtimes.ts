// JavaScript runtimes beside the running one, from npm into build/runtimes.
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { repository } from "./paths.ts";
import { execute, npm } from "./process.ts";

export interface Runtime {
  name: "node" | "deno" | "bun";
  version: string;
  args: string[];
}

export const runtimes: Runtime[] = [
  { name: "node", version: "22.23.3", args: ["--disable-warning=ExperimentalWarning"] },
  { name: "node", version: "24.21.0", args: [] },
  { name: "node", version: "26.10.0", args: [] },
  { name: "deno", version: "2.9.6", args: ["run", "--allow-all", "--no-lock"] },
  { name: "bun", version: "1.4.5", args: [] },
];

/** Path of the runtime's executable, installed if it is not there yet. */
export async function install({ name, version }: Runtime): Promise<string> {
  const folder = repository(`build/runtimes/${name}-${version}`);
  const executable = `${folder}/node_modules/.bin/${name}`;
  const works = async () => (await execute(executable, ["--version"])).stdout.includes(version);
  if (await works()) return executable;
  // Another test may install it at the same time: the first that is ready stays.
  const own = `${folder}.${process.pid}`;
  mkdirSync(own, { recursive: true });
  // A package.json of its own makes npm install here and not in the folder above.
  writeFileSync(`${own}/package.json`, JSON.stringify({ private: true }));
  const { output } = await npm(["install", "--no-save", `${name}@${version}`], own);
  if (!(await works())) {
    rmSync(folder, { recursive: true, force: true });
    renameSync(own, folder);
  } else rmSync(own, { recursive: true });
  if (await works()) return executable;
  throw new Error(`npm install ${name}@${version} failed:\n${output}`);
}
