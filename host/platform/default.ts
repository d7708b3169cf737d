import type { Platform } from "./platform.ts";

/** The platform of this runtime: of Node, Deno and Bun, or of a browser's page or worker. */
export async function defaultPlatform(): Promise<Platform> {
  // This form lets a bundler for browsers leave out node.ts (see esbuild.config.js).
  if (typeof process !== "undefined" && process.versions?.node) return (await import("./node.ts")).createNodePlatform();
  return (await import("./browser.ts")).createBrowserPlatform();
}
