import { build } from "esbuild";
import { repository } from "./paths.ts";

/** A module of the repository and all it imports as one module for a page. */
export async function bundle(path: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [repository(path)],
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    define: { process: "undefined" },
    write: false,
    logLevel: "error",
    external: ["fs", "path"],
  });
  return outputFiles[0].text;
}
