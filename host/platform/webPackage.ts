/** Programs of build/web that run in workers. */
export type Program = "worker" | "session";

/**
 * Where the package's files are in a page. The entry points of build/web fill this in (webFiles.ts, webPrograms.ts)
 * with addresses that bundlers recognise; where they have not, the files lie beside the running module.
 */
export const webPackage: {
  files: Record<string, () => URL>;
  programs: Partial<Record<Program, () => Worker>>;
} = { files: {}, programs: {} };

// Not new URL(".", import.meta.url): bundlers take that for the name of a file.
const folder = import.meta.url.replace(/[^/]*$/, "");
/** In build/host/platform, not in build/web. */
const isUnbundled = /\/host\/platform\/webPackage\.[jt]s$/.test(import.meta.url);

/** Address of a file of the package by its name, such as "strict.wasm". */
export function fileAddress(name: string): string {
  const known = webPackage.files[name];
  if (!known) return new URL(isUnbundled ? `../../web/${name}` : name, folder).href;
  const { href } = known();
  return href.startsWith("/") ? location.origin + href : href; // Next.js leaves the origin out
}

/** Address of a program that is not bundled. */
export function programAddress(program: Program): URL {
  return new URL(isUnbundled ? `../${program}.js` : `${program}.js`, folder);
}

/** Whether this module was loaded from another origin than the page's: workers must be of the page's. */
export function isForeign(): boolean {
  return /^https?:/.test(import.meta.url) && new URL(import.meta.url).origin !== location.origin;
}
