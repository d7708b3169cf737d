import { readFile, stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import sirv, { type Options } from "sirv";

/** Kinds that become much smaller, and their types; all others go as they are. */
const TYPES: Record<string, string> = {
  ".css": "text/css",
  ".html": "text/html;charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

const CODINGS = {
  br: (bytes: Buffer) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
  gzip: (bytes: Buffer) => promisify(gzip)(bytes),
};
type Coding = keyof typeof CODINGS;

/**
 * Answers requests for the files of a folder. The disk is looked at every time, and browsers keep nothing without
 * asking. What is worth it is compressed for those who take it, each file once until it changes.
 */
export function folderFiles(
  folder: string,
  options: Options,
): (request: IncomingMessage, response: ServerResponse) => void {
  const smaller = compressed(folder);
  const files = sirv(folder, { dev: true, etag: true, ...options });
  return (request, response) => {
    smaller(request, response).then(
      (isAnswered) => isAnswered || files(request, response),
      () => files(request, response),
    );
  };
}

/** Resolves to false, with nothing answered, where a file goes as it is, or there is none. */
function compressed(folder: string): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  const kept = new Map<string, { tag: string; bytes: Promise<Buffer> }>();
  return async ({ url = "/", method, headers }, response) => {
    const path = url.replace(/[?#].*$/, "");
    const name = path.endsWith("/") ? `${path}index.html` : path;
    const type = TYPES[extname(name)];
    const coding = codingOf(headers["accept-encoding"]);
    // Names of our own files have no other characters; none of these leads out of the folder.
    if (!type || !coding || !/^(\/[\w-][\w.-]*)+$/.test(name)) return false;
    const file = join(folder, name);
    const found = await stat(file).catch(() => null);
    if (!found?.isFile()) return false;
    const tag = `W/"${found.size}-${Math.floor(found.mtimeMs)}-${coding}"`;
    let entry = kept.get(`${coding} ${file}`);
    if (entry?.tag !== tag) {
      entry = { tag, bytes: readFile(file).then(CODINGS[coding]) };
      kept.set(`${coding} ${file}`, entry);
    }
    const bytes = await entry.bytes;
    response.setHeader("etag", tag);
    response.setHeader("vary", "accept-encoding");
    response.setHeader("cache-control", "no-cache");
    if (headers["if-none-match"] === tag) {
      response.writeHead(304).end();
      return true;
    }
    response.writeHead(200, { "content-type": type, "content-encoding": coding, "content-length": bytes.length });
    response.end(method === "HEAD" ? undefined : bytes);
    return true;
  };
}

/** The better of what a client takes without reserve ("br;q=0" refuses it). */
function codingOf(accepted: string | string[] | undefined): Coding | undefined {
  const names = String(accepted ?? "")
    .split(",")
    .filter((part) => !/;\s*q=0(\.0*)?\s*$/.test(part))
    .map((part) => part.split(";")[0].trim());
  return (["br", "gzip"] as const).find((coding) => names.includes(coding));
}
