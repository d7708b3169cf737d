import { hostname } from "node:os";
import { localExecutor } from "../study/local.ts";
import { serveQueue } from "../work/queue.ts";
import type { Define } from "./command.ts";
import { wholeNumber } from "./study.ts";
import { addExamples, addJson, listenForInterrupt, note, print, printJson } from "./terminal.ts";

/** hqcnn worker */
export const defineWorker: Define = (command, context) => {
  const { platform, version } = context;
  command
    .description(
      "Trains runs that `hqcnn study FILE --queue URL` hands to a queue, until Ctrl-C: then they go back with a " +
        "checkpoint. Studies' folders must be shared, under the same path; data are looked for on this machine.",
    )
    .requiredOption("--queue <url>", "the queue: redis://host:6379, or rediss://user:password@host:6379 with TLS")
    .option("--parallel <n>", "runs at the same time; 0: one per processor", wholeNumber("--parallel", 0), 0)
    .action(async ({ queue, parallel, json }: { queue: string; parallel: number; json?: boolean }) => {
      const interrupt = listenForInterrupt("stopping after these steps; press Ctrl-C again to stop at once");
      const executor = localExecutor(platform, version, parallel);
      const say = json ? note : print;
      const name = `${hostname()}-${process.pid}`;
      await serveQueue(context, queue, executor, { name, signal: interrupt.signal, say });
      if (json) printJson({ worker: name, stopped: true });
      process.exitCode = interrupt.exitCode;
    });
  addJson(command, "print one JSON object at the end; lines about runs go to stderr");
  addExamples(command, "worker --queue redis://queue.example:6379", "worker --queue redis://localhost --parallel 2");
};
