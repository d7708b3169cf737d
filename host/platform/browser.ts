import { HqcnnError } from "../check.ts";
import type { EngineSource } from "./platform.ts";

/** The files of the package beside this module, and threads where the page is cross-origin isolated (shared memory exists only there). */
export function createBrowserSource(): EngineSource {
  return {
    cpuCount: globalThis.crossOriginIsolated ? (navigator.hardwareConcurrency ?? 1) : 1,
    async readFile(url) {
      const response = await fetch(url);
      if (!response.ok) throw new HqcnnError(`${url}: expected the engine's file, got HTTP ${response.status}`);
      return new Uint8Array(await response.arrayBuffer());
    },
    // This module is build/host/platform/browser.js.
    packageFile: (relative) => new URL(`../../../${relative}`, import.meta.url).href,
    startThread(data, onEnd) {
      const worker = new Worker(new URL("../worker.js", import.meta.url), { type: "module" });
      const ready = new Promise<void>((resolve, reject) => {
        worker.addEventListener("message", () => resolve(), { once: true });
        worker.addEventListener("error", (event) => {
          const reason = event.message || "its script did not load";
          onEnd(reason);
          reject(new HqcnnError(`A thread did not start: ${reason}.`));
        });
      });
      worker.postMessage(data);
      return { ready, stop: () => worker.terminate() };
    },
  };
}
