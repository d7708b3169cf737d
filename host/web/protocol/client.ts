import { releaseProxy, wrap } from "comlink";
import { HqcnnError } from "../../check.ts";
import { startWorker, whyFailed } from "../../platform/webWorker.ts";
import type { SessionApi, SessionProxy } from "./messages.ts";

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
  const { endpoint, terminate } = startWorker(new URL("session.js", base));
  endpoint.addEventListener("error", (event) => {
    const why = whyFailed(event as ErrorEvent);
    onFail(new HqcnnError(`The page's worker did not start (${why}): reload the page.`));
  });
  const session = wrap<SessionApi>(endpoint);
  return {
    session,
    close() {
      session[releaseProxy]();
      terminate();
    },
  };
}
