import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { repository } from "./paths.ts";

const types: Record<string, string> = {
  css: "text/css",
  html: "text/html; charset=utf-8",
  js: "text/javascript",
  png: "image/png",
  svg: "image/svg+xml",
  wasm: "application/wasm",
};

/** Keeps what goes wrong in a page for Tab.heard: WebKitGTK's driver does not tell what its console says. */
const listener = `globalThis.heard = [];
addEventListener("error", (event) => heard.push(event.message ?? "did not load: " + (event.target.src ?? event.target.href)), true);
addEventListener("unhandledrejection", (event) => heard.push(String(event.reason)));
for (const level of ["error", "warn"]) console[level] = (...parts) => heard.push(parts.join(" "));`;

export interface StaticServer {
  /** Ends with a slash. */
  readonly url: string;
  /** Paths asked for, in order. */
  readonly requests: string[];
  close(): void;
}

export interface ServeOptions {
  /** Sends the headers that give shared memory. */
  isolated?: boolean;
  /** Pages that stand in no file, by their path. */
  pages?: Record<string, string>;
  /** Sends files to pages of other origins too. */
  open?: boolean;
}

/** The files under a folder of the repository on a free port of loopback, as a plain static host gives them. */
export async function serve(
  folder = "",
  { isolated = false, pages = {}, open = false }: ServeOptions = {},
): Promise<StaticServer> {
  const requests: string[] = [];
  const server = createServer(async ({ url = "/" }, response) => {
    const path = decodeURIComponent(new URL(url, "http://localhost").pathname);
    requests.push(path);
    const file = path.endsWith("/") ? `${path}index.html` : path;
    const extension = file.split(".").at(-1)!;
    const body = await bodyOf(path, file);
    response.setHeader("content-type", types[extension] ?? "application/octet-stream");
    if (open) {
      response.setHeader("access-control-allow-origin", "*");
      response.setHeader("cross-origin-resource-policy", "cross-origin");
    }
    if (isolated) {
      response.setHeader("cross-origin-opener-policy", "same-origin");
      response.setHeader("cross-origin-embedder-policy", "require-corp");
    }
    const heard =
      extension === "html"
        ? String(body).replace(/<head>|(?<=<!doctype html>)/i, '$&<script src="/heard.js"></script>')
        : body;
    response.writeHead(body === null ? 404 : 200).end(heard ?? "");
  });
  const bodyOf = async (path: string, file: string) => {
    if (path === "/heard.js") return listener;
    return pages[path] ?? (await readFile(repository(`${folder}${file}`)).catch(() => null));
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    requests,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
