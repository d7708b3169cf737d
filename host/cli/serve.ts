import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, isIP } from "node:net";
import { hostname } from "node:os";
import { HqcnnError, UsageError } from "../check.ts";
import type { Platform } from "../platform/platform.ts";
import { notForClinicalUse } from "../work/notes.ts";
import type { Define } from "./command.ts";
import { folderFiles } from "./folderFiles.ts";
import { addExamples, addJson, listenForInterrupt, parseNumber, print, printJson } from "./terminal.ts";

interface ServeOptions {
  port: number;
  host: string;
  isolation: boolean;
  /** Further names under which the page may be asked for. */
  allowHost?: readonly string[];
  json?: boolean;
}

/** hqcnn serve */
export const defineServe: Define = (command, { platform }) => {
  command
    .description(
      `Serves the web page: train, inspect and use the network in a browser. Images and models stay in that browser. ${notForClinicalUse}`,
    )
    .option("--port <n>", "port; 0: any free port", parseNumber, 8080)
    .option("--host <address>", "address to listen on; 127.0.0.1: this machine only, 0.0.0.0: any machine", "127.0.0.1")
    .option(
      "--allow-host <name>",
      "also answer to this name, as behind a proxy (can be repeated); by default only to addresses, localhost and this machine's name",
      (name: string, names: string[]) => [...names, name],
      [] as string[],
    )
    .option("--no-isolation", "omit the headers that threads need, as most static hosts do")
    .action(async ({ json, ...options }: ServeOptions) => {
      const { server, url } = await serve(platform, options);
      if (json) printJson({ url, isolation: options.isolation });
      else print(`The page is at ${url} (Ctrl-C ends it). ${notForClinicalUse}`);
      const interrupt = listenForInterrupt("ended");
      await new Promise((resolve) => interrupt.signal.addEventListener("abort", resolve));
      server.close();
      server.closeAllConnections();
      process.exitCode = interrupt.exitCode;
    });
  addJson(command);
  addExamples(command, "serve", "serve --port 3000");
};

/** Serves build/web until the server is closed; `url` ends with "/". @throws HqcnnError when the port cannot be had */
export async function serve(
  platform: Platform,
  { port, host, isolation, allowHost = [] }: Omit<ServeOptions, "json">,
): Promise<{ server: Server; url: string }> {
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new UsageError(`port: expected a whole number from 0 to 65535, got ${port}`);
  const page = platform.packageFile("build/web/index.html");
  if (!(await platform.stat(page))) throw new HqcnnError(`${page} is not there: run npm run build`);
  const docs = await documentation(platform);
  const policy = policyOf(new TextDecoder().decode(await platform.readFile(page)));
  const files = folderFiles(platform.packageFile("build/web"), {
    extensions: ["html"],
    onNoMatch: (_, response) => answer(response, 404, "There is no such file.\n"),
  });
  const names = ["localhost", hostname(), `${hostname()}.local`, ...allowHost].map((name) => name.toLowerCase());
  const server = createServer(LIMITS, (request: IncomingMessage, response: ServerResponse) => {
    // Nobody may show the page inside another one; other pages embed its script.
    response.setHeader("content-security-policy", `${policy}; frame-ancestors 'none'`);
    response.setHeader("x-content-type-options", "nosniff");
    // Any page can have a name of its own point to this machine and then read what is served here.
    if (!isKnown(request.headers.host, names)) {
      return answer(response, 421, "This name is not known here: use the address, or start with --allow-host NAME.\n");
    }
    if (!request.url?.startsWith("/")) return answer(response, 400, "A path was expected.\n");
    // Other pages may embed lab.js and what it loads.
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("cross-origin-resource-policy", "cross-origin");
    if (isolation) {
      response.setHeader("cross-origin-opener-policy", "same-origin");
      response.setHeader("cross-origin-embedder-policy", "require-corp");
    }
    if (request.method !== "GET" && request.method !== "HEAD")
      return answer(response, 405, "Files can only be read.\n");
    const { "content-length": length = "0", "transfer-encoding": encoding } = request.headers;
    if (length !== "0" || encoding !== undefined) return answer(response, 413, "No body was expected.\n");
    delete request.headers.range; // whole files only: they are small
    if (isDocs(request.url)) return docs(request, response);
    files(request, response);
  });
  server.on("clientError", (_, socket) => {
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
  });
  server.maxConnections = 256;
  server.setTimeout(60_000); // a connection on which nothing moves
  await listen(server, port, host);
  const { address, family, port: taken } = server.address() as AddressInfo;
  return { server, url: `http://${family === "IPv6" ? `[${address}]` : address}:${taken}/` };
}

/** Whether a request is for the documentation. */
const isDocs = (url: string) => /^\/docs(?:[/?#]|$)/.test(url);
/** Of the documentation: its own scripts, and no other address. Its search reads its index from data: addresses. */
const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Answers requests for /docs: the site that npm run docs has built, or how to build it. */
async function documentation(
  platform: Platform,
): Promise<(request: IncomingMessage, response: ServerResponse) => void> {
  const folder = platform.packageFile("build/docs");
  const isThere = (await platform.stat(platform.join(folder, "index.html"))) !== null;
  const missing =
    "The documentation is not built here. In a clone of the repository, npm run docs builds it; " +
    "as text it is in host/docs of the package.\n";
  const files = folderFiles(folder, {
    onNoMatch: (_, response) => answer(response, 404, "There is no such page.\n"),
  });
  return (request, response) => {
    if (!isThere) return answer(response, 404, missing);
    const path = request.url!.slice("/docs".length);
    if (!path.startsWith("/")) {
      response.writeHead(301, { location: "/docs/", connection: "close" }).end();
      return;
    }
    response.setHeader("content-security-policy", DOCS_POLICY);
    request.url = path;
    files(request, response);
  };
}

/** The Content-Security-Policy that the page itself asks for: a header holds for workers too. */
function policyOf(html: string): string {
  const found = /http-equiv="Content-Security-Policy"\s+content="([^"]+)"/.exec(html);
  if (!found) throw new HqcnnError("build/web/index.html has no Content-Security-Policy: run npm run build");
  return found[1];
}

/** Slow or silent clients are let go. Milliseconds. */
const LIMITS = { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 2_000 };

/** Whether Host is an address, which no foreign name can be, or one of `names`. */
function isKnown(host: string | undefined, names: readonly string[]): boolean {
  const parts = /^(?:\[([^\]]+)\]|([^:]+))(?::\d+)?$/.exec(host ?? "");
  const name = (parts?.[1] ?? parts?.[2] ?? "").toLowerCase();
  return isIP(name) !== 0 || names.includes(name) || name.endsWith(".localhost");
}

/** An answer that is no file; whatever the client still sends is not read. */
function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", connection: "close" }).end(text);
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(refusal(error, port, host)));
    server.listen(port, host, resolve);
  });
}

function refusal(error: NodeJS.ErrnoException, port: number, host: string): HqcnnError {
  const reasons: Record<string, string> = {
    EADDRINUSE: "it is in use; stop the program that uses it, or choose another port with --port",
    EACCES: "permission denied; choose a port above 1023 with --port",
    EADDRNOTAVAIL: "this machine has no such address; choose another one with --host",
    ENOTFOUND: "there is no such address; choose another with --host",
  };
  const reason = reasons[error.code ?? ""] ?? error.message;
  return new HqcnnError(`cannot listen on port ${port} of ${host}: ${reason}`, { cause: error });
}
