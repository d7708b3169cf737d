import type { EngineSource, Platform } from "./platform.ts";

/** The platform of Node, Deno and Bun; undefined in a browser. */
export async function defaultPlatform(): Promise<Platform | undefined> {
  if (typeof process === "undefined" || !process.versions?.node) return undefined;
  return (await import("./node.ts")).createNodePlatform();
}

/** Where engines come from on this platform, browsers included. */
export async function defaultEngineSource(): Promise<EngineSource> {
  return (await defaultPlatform()) ?? (await import("./browser.ts")).createBrowserSource();
}
