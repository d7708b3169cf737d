/** What a worker knows of what started it. */
export interface Parent {
  /** What the worker was started with. */
  data: unknown;
  post(message: unknown): void;
  /** Calls `receive` with every message; does not keep the worker alive. */
  listen(receive: (message: unknown) => void): void;
}

/** What a browser's worker sends: a message, or that it has ended, with the reason if it failed. */
export type FromWorker = { message: unknown } | { ended: true; failed?: string };

/** Runs the life of this worker with the parent it has: in Node, Deno and Bun, or in a browser. */
export async function runWorker(live: (parent: Parent) => Promise<void>): Promise<void> {
  if (typeof process !== "undefined" && process.versions?.node) {
    const { parentPort, workerData } = await import("node:worker_threads");
    const port = parentPort!;
    const end = live({
      data: workerData,
      post: (message) => port.postMessage(message),
      listen(receive) {
        port.on("message", receive);
        port.unref();
      },
    });
    // Whoever started this worker is told of an error that nobody catches.
    return end.catch((error) =>
      setTimeout(() => {
        throw error;
      }),
    ) as Promise<void>;
  }
  const data = await new Promise((resolve) => {
    addEventListener("message", (event) => resolve(event.data), { once: true });
  });
  const send = (message: FromWorker) => postMessage(message);
  try {
    await live({
      data,
      post: (message) => send({ message }),
      listen: (receive) => addEventListener("message", (event) => receive(event.data)),
    });
    send({ ended: true });
  } catch (error) {
    // A page hears of no exception in a module worker that awaits.
    send({ ended: true, failed: error instanceof Error ? error.message : String(error) });
  }
}
