/** What a thread was started with, and how it says that it has taken its place: in Node, Deno and Bun, or in a browser. */
export async function connectToParent(): Promise<{ data: unknown; ready: () => void }> {
  if (typeof process !== "undefined" && process.versions?.node) {
    const { parentPort, workerData } = await import("node:worker_threads");
    return { data: workerData, ready: () => parentPort!.postMessage("ready") };
  }
  const data = await new Promise((resolve) => {
    addEventListener("message", (event) => resolve(event.data), { once: true });
  });
  return { data, ready: () => postMessage("ready") };
}
