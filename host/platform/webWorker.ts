import type { FromWorker } from "./parent.ts";
import { isForeign, type Program, programAddress, webPackage } from "./webPackage.ts";

/** A worker of a page, or the page's relay to it. */
export interface WebWorker {
  /** Where its messages come from and go to. */
  readonly endpoint: Worker | MessagePort;
  /** Ends it, and the workers that it has asked for. */
  terminate(): void;
}

/** What a worker asks its page for. */
interface StartRequest {
  /** The program: its name, or its address. */
  start: Program | { address: string };
  data: unknown;
  /** Messages of the worker come out here, messages to it go in, and TERMINATE. */
  port: MessagePort;
}

/**
 * The name of workers that are started here: they ask their page for further ones. Of those that were started from an
 * address, the folder follows: their further ones are in it.
 */
const NAME = "hqcnn";
const TERMINATE = "terminate";

/**
 * Starts a module worker from a program of the package, or from an address of any origin that lets itself be read, and
 * posts `data`, if there is any, to it. Workers that are started here let the page start theirs: in Firefox 153 about
 * one in a hundred of those that a worker starts itself blocks that worker for ever.
 */
export function startWorker(program: Program | URL, data?: unknown): WebWorker {
  const [name, folder] = (globalThis as { name?: string }).name?.split(" ") ?? [];
  if ("document" in globalThis || name !== NAME) return startHere(program, data);
  const url = typeof program === "string" && folder !== undefined ? new URL(`${program}.js`, folder) : program;
  const { port1, port2 } = new MessageChannel();
  const start = typeof url === "string" ? url : { address: url.href };
  const request: StartRequest = { start, data, port: port2 };
  postMessage(request, { transfer: [port2] });
  port1.start();
  return { endpoint: port1, terminate: () => port1.postMessage(TERMINATE) };
}

function startHere(program: Program | URL, data: unknown): WebWorker {
  const worker = create(program);
  const asked: WebWorker[] = [];
  // Heard before anyone else hears it.
  worker.addEventListener("message", (event: MessageEvent) => {
    const request = event.data as StartRequest | null;
    if (!request?.start) return;
    event.stopImmediatePropagation();
    asked.push(relay(request));
  });
  if (data !== undefined) worker.postMessage(data);
  return {
    endpoint: worker,
    terminate() {
      for (const other of asked) other.terminate();
      worker.terminate();
    },
  };
}

/** Starts a worker for one that asked for it, and passes on what they say to each other. */
function relay({ start, data, port }: StartRequest): WebWorker {
  const { endpoint, terminate } = startHere(typeof start === "string" ? start : new URL(start.address), data);
  const end = () => {
    terminate();
    port.close();
  };
  endpoint.addEventListener("message", (event) => port.postMessage((event as MessageEvent).data));
  endpoint.addEventListener("error", (event) => {
    port.postMessage({ ended: true, failed: whyFailed(event as ErrorEvent) } satisfies FromWorker);
  });
  port.onmessage = (event) => (event.data === TERMINATE ? end() : endpoint.postMessage(event.data));
  return { endpoint, terminate: end };
}

/** Why a worker failed; the event is not on the console then. */
export function whyFailed(event: ErrorEvent): string {
  event.preventDefault();
  return event.message || "its program did not load";
}

function create(program: Program | URL): Worker {
  if (program instanceof URL) return createFrom(program);
  const start = webPackage.programs[program];
  return start && !isForeign() ? start() : createFrom(programAddress(program));
}

function createFrom(url: URL): Worker {
  const options: WorkerOptions = { type: "module", name: `${NAME} ${url.href.replace(/[^/]*$/, "")}` };
  if (url.origin === location.origin) return new Worker(url, options);
  // A worker must be of the page's own origin: one that only imports the real one.
  const program = new Blob([`import ${JSON.stringify(url.href)};`], { type: "text/javascript" });
  const address = URL.createObjectURL(program);
  const worker = new Worker(address, options);
  // The address is read when the worker starts, which may be later than now.
  for (const event of ["message", "error"])
    worker.addEventListener(event, () => URL.revokeObjectURL(address), { once: true });
  return worker;
}
