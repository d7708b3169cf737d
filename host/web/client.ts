import { releaseProxy, wrap } from "comlink";
import { HqcnnError } from "../check.ts";
import { startWorker } from "../platform/browser.ts";
import type { SessionProxy } from "./parts.ts";
import type { Session } from "./session.ts";

/** A session worker of the page. */
export interface SessionHandle {
  session: SessionProxy;
  close(): void;
}

/**
 * Starts a session worker.
 * @param base folder of the package's web files
 * @param onFail told when the worker does not load, or breaks off
 */
export function startSession(base: string | URL, onFail: (error: Error) => void): SessionHandle {
  const worker = startWorker(new URL("session.js", base));
  worker.addEventListener("error", (event) => {
    event.preventDefault(); // said in the page, not on the console
    onFail(
      new HqcnnError(
        `The page's worker did not start (${event.message || "its script did not load"}): reload the page.`,
      ),
    );
  });
  const session = wrap<Session>(worker);
  return {
    session,
    close() {
      session[releaseProxy]();
      worker.terminate();
    },
  };
}
