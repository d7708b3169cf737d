// The service worker. On a host that cannot set headers it adds those that make the page cross-origin isolated, which
// threads need. It keeps the page's files, so that the page works without a network or server after its first load.

/** Every file of build/web, and a checksum of their contents: written by esbuild.config.js. */
declare const HQCNN_FILES: readonly string[];
declare const HQCNN_FILES_SUM: string;

interface WaitingEvent {
  waitUntil(work: Promise<unknown>): void;
}
// TypeScript's types of a service worker exclude those of a page.
interface ServiceWorkerScope {
  readonly registration: { readonly scope: string };
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void> };
  addEventListener(type: "install" | "activate", listener: (event: WaitingEvent) => void): void;
  addEventListener(type: "message", listener: (event: WaitingEvent & { readonly data: unknown }) => void): void;
  addEventListener(
    type: "fetch",
    listener: (event: { readonly request: Request; respondWith(response: Promise<Response>): void }) => void,
  ): void;
}
const scope = globalThis as unknown as ServiceWorkerScope;

const PREFIX = "hqcnn-files-";
const CACHE = PREFIX + HQCNN_FILES_SUM;
const files = new Set(HQCNN_FILES);

scope.addEventListener("install", (event) => event.waitUntil(scope.skipWaiting()));
scope.addEventListener("activate", (event) => event.waitUntil(Promise.all([scope.clients.claim(), forgetOld()])));
// The page asks for it once it is there: what it needs at once comes first.
scope.addEventListener("message", (event) => {
  if (event.data === "keep") event.waitUntil(keep());
});
scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const name = nameOf(request.url);
  if (request.method !== "GET" || name === null) return;
  event.respondWith(answer(request, name).catch(() => Response.error()));
});

/** Name of a file of the page; null: something else, which takes its usual way. */
function nameOf(url: string): string | null {
  const { origin, pathname } = new URL(url);
  const { origin: own, pathname: folder } = new URL(scope.registration.scope);
  if (origin !== own || !pathname.startsWith(folder)) return null;
  const name = pathname.slice(folder.length) || "index.html";
  return files.has(name) ? name : null;
}

/** From the network; where it fails, the file that was kept. */
async function answer(request: Request, name: string): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(request);
  } catch (error) {
    const kept = await (await caches.open(CACHE)).match(addressOf(name));
    if (!kept) throw error;
    response = kept;
  }
  return ["document", "worker"].includes(request.destination) ? isolated(response) : response;
}

/** Pages and workers alone need the headers. */
async function isolated(response: Response): Promise<Response> {
  if (response.type === "error" || response.status === 0) return response; // a redirect that the browser follows itself
  const headers = new Headers(response.headers);
  headers.set("cross-origin-opener-policy", "same-origin");
  headers.set("cross-origin-embedder-policy", "require-corp");
  headers.set("cross-origin-resource-policy", "cross-origin");
  // Whole, not as a stream: Firefox was seen to fail with a stream from here.
  const body = response.body && (await response.arrayBuffer());
  return new Response(body, {
    status: response.status,
    statusText: response.statusText,
    headers,
  });
}

const addressOf = (name: string) => new URL(name, scope.registration.scope).href;

/** Keeps every file that is not kept yet, one after the other. */
async function keep(): Promise<void> {
  const cache = await caches.open(CACHE);
  for (const name of files) {
    const address = addressOf(name);
    if (await cache.match(address)) continue;
    // Without a network, or room: the next load tries again.
    const response = await fetch(address).catch(() => null);
    if (response?.ok) await cache.put(address, response).catch(() => {});
  }
}

/** Removes the files of other versions. */
async function forgetOld(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}
