// The service worker: on a host that cannot set headers it adds those that make the page cross-origin isolated, which
// threads need. It keeps nothing.

// TypeScript's types of a service worker exclude those of a page.
interface ServiceWorkerScope {
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void> };
  addEventListener(
    type: "install" | "activate",
    listener: (event: { waitUntil(work: Promise<void>): void }) => void,
  ): void;
  addEventListener(
    type: "fetch",
    listener: (event: { readonly request: Request; respondWith(response: Promise<Response>): void }) => void,
  ): void;
}
const scope = globalThis as unknown as ServiceWorkerScope;

scope.addEventListener("install", (event) => event.waitUntil(scope.skipWaiting()));
scope.addEventListener("activate", (event) => event.waitUntil(scope.clients.claim()));
scope.addEventListener("fetch", (event) => {
  const { url, destination } = event.request;
  // Pages and workers alone need the headers; what is not answered here takes its usual way, also when a page that is
  // left breaks it off.
  if (new URL(url).origin !== location.origin || !["document", "worker"].includes(destination)) return;
  event.respondWith(answer(event.request).catch(() => Response.error()));
});

async function answer(request: Request): Promise<Response> {
  const response = await fetch(request);
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
