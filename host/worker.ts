// The program of a worker: started by host/platform, it is a thread of a network or trains on its own.

import { runThread, type ThreadData } from "./network/thread.ts";
import { runWorker } from "./platform/parent.ts";
import type { Job } from "./study/local.ts";

// Not awaited: bundlers make workers that may not await at their top.
void runWorker(async (parent) => {
  const data = parent.data as ThreadData | Job;
  if ("kind" in data) await (await import("./work/job.ts")).runJob(data, parent);
  else runThread(data, () => parent.post("ready"));
});
