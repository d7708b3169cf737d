/** Set while the page reloads itself, so that it never does so twice. */
const RELOADED = "hqcnn-reloaded";
/** Milliseconds that the page waits for its service worker; without it there is one thread. */
const PATIENCE = 3000;

/**
 * Makes the page cross-origin isolated (threads need it) where the host's headers do not: registers service.js, which
 * lies beside the page, and reloads once. Returns whether the page is isolated; never, if it reloads. Does nothing
 * where service workers do not exist (an insecure address, a frame).
 */
export async function isolate(): Promise<boolean> {
  try {
    if (globalThis.crossOriginIsolated) {
      sessionStorage.removeItem(RELOADED);
      return true;
    }
    const { serviceWorker } = navigator;
    // Without isSecureContext there is no service worker; a frame is isolated only if the page around it is.
    if (!isSecureContext || !serviceWorker || window.top !== window || sessionStorage.getItem(RELOADED)) return false;
    await serviceWorker.register("service.js");
    const ready = await Promise.race([serviceWorker.ready, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
    if (!ready) return false;
    sessionStorage.setItem(RELOADED, "yes");
  } catch {
    return false; // storage or service workers are blocked, or the host has no service.js: one thread then
  }
  location.reload();
  return new Promise(() => {});
}

/**
 * Has the page's service worker keep the page's files, so that it works offline from then on. Resolves when it was
 * asked to; does nothing where service workers do not exist.
 */
export async function keepOffline(): Promise<void> {
  try {
    const { serviceWorker } = navigator;
    if (!isSecureContext || !serviceWorker || window.top !== window) return;
    await serviceWorker.register("service.js");
    (await serviceWorker.ready).active?.postMessage("keep");
  } catch {
    // Storage or service workers are blocked: the page needs its network then.
  }
}
