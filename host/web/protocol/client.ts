import { releaseProxy, wrap } from "comlink";
import { HqcnnError } from "../../check.ts";
import { webPackage } from "../../platform/webPackage.ts";
import { startWorker, whyFailed } from "../../platform/webWorker.ts";
import type { SessionApi, SessionProxy } from "./messages.ts";

// As in platform/webPrograms.ts.
webPackage.programs.session = () =>
  new Worker(new URL("./session.js", import.meta.url), { type: "module", name: "hqcnn" });

/** A session worker of the page. */
export interface SessionHandle {
  session: SessionProxy;
  close(): void;
}

/**
 * Starts a session worker.
 * @param onFail told when the worker does not load, or breaks off
 */
export function startSession(onFail: (error: Error) => void): SessionHandle {
  const { endpoint, terminate } = startWorker("session");
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
