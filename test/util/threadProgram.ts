// What the tests of threads start in the place of host/worker.ts: threads that keep to their part, and
// some that do not.
import { parentPort, workerData } from "node:worker_threads";
import { barrier, createControl, serve } from "../../host/engine/threads.ts";

/** What a thread does with a command. */
export type Behaviour = "count" | "work" | "throw" | "exit" | "hang" | "die at start";

export interface ProgramData {
  control: SharedArrayBuffer;
  /** At least 1. */
  thread: number;
  behaviour: Behaviour;
  /** For "count": two words a thread. */
  counts?: Int32Array<SharedArrayBuffer>;
}

/** "count": every thread writes the number of the command, waits for the others and sees what they wrote. */
export function count(
  counts: Int32Array<SharedArrayBuffer>,
  thread: number,
  active: number,
  number: number,
  wait: () => void,
): void {
  for (let phase = 0; phase < 3; phase++) {
    // no atomics: the barrier alone has to make it seen
    counts[2 * thread] = 3 * number + phase;
    wait();
    for (let other = 0; other < active; other++)
      if (counts[2 * other] !== 3 * number + phase) counts[2 * thread + 1] += 1;
    wait();
  }
}

if (parentPort) {
  const { control: buffer, thread, behaviour, counts } = workerData as ProgramData;
  if (behaviour === "die at start") throw new Error("no room for another thread");
  const control = createControl(buffer);
  parentPort.postMessage("ready");
  serve(control, thread, ([number], active) => {
    if (behaviour === "throw") throw new Error("out of luck");
    if (behaviour === "exit") process.exit(3);
    if (behaviour === "hang") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    if (behaviour === "work") {
      const start = performance.now();
      while (performance.now() - start < number);
    }
    if (behaviour === "count") count(counts!, thread, active, number, () => barrier(control));
  });
}
