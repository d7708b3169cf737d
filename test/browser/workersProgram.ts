// One program for a page (no role), a worker of it, and the worker that this one asks for.
import { startWorker } from "../../host/platform/webWorker.ts";

const here = (query: string) => new URL(`?${query}`, import.meta.url);
const role = new URL(import.meta.url).searchParams.get("role");
const channel = new BroadcastChannel("ticks");

/** The addresses of the workers that the page itself has started. */
export const started: string[] = [];

/** Starts a worker that asks for another of that role, and returns what comes back through both for "hello". */
export async function ask(child: string): Promise<{ answer: unknown; ticks: number[] }> {
  globalThis.Worker = class extends Worker {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      started.push(new URL(url).search);
    }
  };
  const { endpoint, terminate } = startWorker(here("role=parent"), child);
  const answer = await new Promise<unknown>((resolve) => {
    endpoint.addEventListener("message", (event) => resolve((event as MessageEvent).data));
  });
  let count = 0;
  let waits = 0;
  channel.onmessage = () => count++;
  const wait = () => new Promise((resolve) => setTimeout(resolve, 300));
  // Only the child ticks.
  for (let attempts = child === "child" ? 60 : 1; attempts > 0 && count === 0; attempts--) await wait();
  const alive = count;
  terminate();
  // What was sent before may come late; a worker that lives ticks for ever.
  do {
    count = 0;
    await wait();
  } while (count > 0 && ++waits < 50);
  return { answer, ticks: [alive, count] };
}

if (role === "parent") {
  addEventListener("message", ({ data: child }) => {
    const { endpoint } = startWorker(here(`role=${child}`), "data");
    endpoint.addEventListener("message", (event) => {
      const { data } = event as MessageEvent;
      if (data === "data") endpoint.postMessage("hello");
      else postMessage(data);
    });
  });
} else if (role === "child") {
  addEventListener("message", ({ data }) => postMessage(data === "hello" ? { heard: data } : data));
  setInterval(() => channel.postMessage("tick"), 20);
} else if (role === "broken") {
  throw new Error("broken on purpose");
}
