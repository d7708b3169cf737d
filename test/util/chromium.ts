import { existsSync } from "node:fs";

/** Path of a browser for the tests that need a real one, or undefined, said loudly; CI must have one. */
export function findChromium(): string | undefined {
  const path = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
  if (!path && process.env.CI) throw new Error("CI needs Chromium: apt-get install chromium");
  if (!path) console.log("SKIPPED: no Chromium found; apt-get install chromium");
  return path;
}
