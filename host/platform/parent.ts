/** What a worker knows of what started it. */
export interface Parent {
  /** What the worker was started with. */
  data: unknown;
  post(message: unknown): void;
  /** Calls `receive` with every message; does not keep the worker alive. */
  listen(receive: (message: unknown) => void): void;
}

/** The parent of this worker: in Node, Deno and Bun, or in a browser. */
export async function connectToParent(): Promise<Parent> {
  if (typeof process !== "undefined" && process.versions?.node) {
    const { parentPort, workerData } = await import("node:worker_threads");
    const port = parentPort!;
    return {
      data: workerData,
      post: (message) => port.postMessage(message),
      listen(receive) {
        port.on("message", receive);
        port.unref();
      },
    };
  }
  const data = await new Promise((resolve) => {
    addEventListener("message", (event) => resolve(event.data), { once: true });
  });
  return {
    data,
    post: (message) => postMessage(message),
    listen: (receive) => addEventListener("message", (event) => receive(event.data)),
  };
}
