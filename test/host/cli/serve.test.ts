import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { hostname } from "node:os";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { serve as listen } from "../../../host/cli/serve.ts";
import { createNodePlatform } from "../../../host/platform/node.ts";
import { fails } from "../../util/cli.ts";
import { COMMAND, repository } from "../../util/paths.ts";

const serve = suite("cli/serve");
const platform = createNodePlatform();

/** Calls `look` with the address of a server, which is closed afterwards. */
async function served(isolation: boolean, look: (url: string) => Promise<void>): Promise<void> {
  const { server, url } = await listen(platform, { port: 0, host: "127.0.0.1", isolation });
  await look(url).finally(() => {
    server.close();
    server.closeAllConnections();
  });
}

serve("gives the page, its programs and data with the headers that threads, other pages and safety need", async () => {
  await served(true, async (url) => {
    const types = {
      "": "text/html;charset=utf-8",
      "page.js": "text/javascript",
      "page.css": "text/css",
      "strict-threads.wasm": "application/wasm",
      "bloodmnist-sample.jls": "image/jls",
    };
    for (const [path, type] of Object.entries(types)) {
      const { status, headers, body } = await fetch(url + path);
      await body?.cancel();
      assert.is(status, 200, path);
      assert.is(headers.get("content-type"), type);
      assert.is(headers.get("x-content-type-options"), "nosniff");
      assert.is(headers.get("cross-origin-opener-policy"), "same-origin");
      assert.is(headers.get("cross-origin-embedder-policy"), "require-corp");
      assert.is(headers.get("cross-origin-resource-policy"), "cross-origin");
      assert.is(headers.get("access-control-allow-origin"), "*");
      assert.match(
        headers.get("content-security-policy")!,
        /^default-src 'none'; script-src 'self' 'wasm-unsafe-eval';.*; frame-ancestors 'none'$/,
      );
      const again = await fetch(url + path, { headers: { "if-none-match": headers.get("etag")! } });
      assert.is(again.status, 304, path);
    }
    const head = await fetch(url, { method: "HEAD" });
    assert.ok(head.status === 200 && Number(head.headers.get("content-length")) > 0);
    assert.is(await head.text(), "");
  });
  await served(false, async (url) => {
    const { headers, body } = await fetch(url);
    await body?.cancel();
    assert.is(headers.get("cross-origin-opener-policy"), null);
    assert.is(headers.get("cross-origin-embedder-policy"), null);
  });
});

/** Headers and body of an answer as it comes, not decoded. */
async function plain(url: string, coding: string): Promise<{ coding?: string; body: Buffer }> {
  const asked = request(url, { headers: { "accept-encoding": coding } }).end();
  const [response] = await once(asked, "response");
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return { coding: response.headers["content-encoding"], body: Buffer.concat(parts) };
}

serve("compresses programs for those who take it, and nothing else", async () => {
  await served(true, async (url) => {
    const file = readFileSync(repository("build/web/strict.wasm"));
    const decoders = { br: brotliDecompressSync, gzip: gunzipSync };
    for (const [name, decode] of Object.entries(decoders)) {
      const { coding, body } = await plain(`${url}strict.wasm`, `deflate, ${name}`);
      assert.is(coding, name);
      assert.ok(body.length < file.length / 2);
      assert.ok(decode(body).equals(file));
    }
    for (const refused of ["", "identity", "br;q=0, gzip; q=0.0"]) {
      const { coding, body } = await plain(`${url}strict.wasm`, refused);
      assert.ok(coding === undefined && body.equals(file), refused);
    }
    assert.is((await plain(`${url}sample-run.zip`, "br")).coding, undefined);
    assert.is((await fetch(`${url}..%2f..%2fpackage.json`)).status, 404);
  });
});

serve("shows the documentation under /docs, or says how to build it", async () => {
  await served(true, async (url) => {
    const response = await fetch(`${url}docs`);
    const text = await response.text();
    if (existsSync(repository("build/docs/index.html"))) {
      assert.is(response.url, `${url}docs/`);
      assert.match(text, "Getting started");
      assert.match(response.headers.get("content-security-policy")!, /^default-src 'none'; script-src 'self';/);
      assert.is((await fetch(`${url}docs/none.html`)).status, 404);
    } else {
      assert.is(response.status, 404);
      assert.match(text, "npm run docs builds it");
    }
    assert.is((await fetch(`${url}docsomething`)).status, 404);
  });
});

/** Status of a request whose path no client corrects. */
async function status(
  url: string,
  path: string,
  options: { method?: string; range?: string; host?: string } = {},
): Promise<number> {
  const { hostname, port } = new URL(url);
  const { range, host = hostname } = options;
  const headers = { host, ...(range ? { range } : {}) };
  const sent = request({ hostname, port, path, method: options.method, headers, agent: false }).end();
  const [response] = await once(sent, "response");
  response.resume();
  return response.statusCode;
}

serve("gives nothing from outside its folder, and outlives odd requests", async () => {
  await served(true, async (url) => {
    const outside = [
      "/../strict.wasm",
      "/..%2fstrict.wasm",
      "/%2e%2e/strict.wasm",
      "//etc/passwd",
      "/%00",
      "/%ff",
      "/none",
    ];
    for (const path of outside) assert.is(await status(url, path), 404, path);
    assert.is(await status(url, "/", { method: "POST" }), 405);
    assert.is(await status(url, "/page.js", { range: "bytes=5-2" }), 200);
    assert.is(await status(url, "/"), 200);
  });
});

serve("answers to addresses and this machine's names alone: no other page's name may point here", async () => {
  await served(true, async (url) => {
    const { port } = new URL(url);
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, "LOCALHOST", "[::1]:80", "a.localhost", hostname()]) {
      assert.is(await status(url, "/", { host }), 200, host);
    }
    for (const host of [
      "evil.example",
      `evil.example:${port}`,
      "127.0.0.1.evil.example",
      "localhost.evil.example",
      "[",
      "a:b:c",
    ]) {
      assert.is(await status(url, "/", { host }), 421, host);
    }
  });
  const options = { port: 0, host: "127.0.0.1", isolation: true, allowHost: ["Lab.example"] };
  const { server, url } = await listen(platform, options);
  assert.is(await status(url, "/", { host: "lab.example:443" }), 200);
  server.close();
  server.closeAllConnections();
});

serve("slow, endless and broken requests end with an answer", async () => {
  await served(true, async (url) => {
    const { hostname, port } = new URL(url);
    const raw = async (text: string) => {
      const socket = connect(Number(port), hostname).setEncoding("latin1");
      let answer = "";
      socket.on("data", (part: string) => {
        answer += part;
      });
      socket.write(text);
      await new Promise((resolve) => socket.on("error", () => {}).once("close", resolve));
      return answer.slice(0, 12);
    };
    assert.is(await raw("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"), "HTTP/1.1 413");
    assert.is(await raw("GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n"), "HTTP/1.1 400");
    assert.is(await raw("no request\r\n\r\n"), "HTTP/1.1 400");
    assert.is(await raw("GET / HTTP/1.1\r\nHost: localh"), "HTTP/1.1 400"); // never ends: after headersTimeout
  });
});

serve("a port in use and impossible ports are sentences", async () => {
  await served(true, async (url) => {
    const { port } = new URL(url);
    await fails(
      1,
      ["serve", "--port", port],
      [`cannot listen on port ${port} of 127.0.0.1: it is in use; stop the program`],
    );
  });
  await fails(2, ["serve", "--port", "70000"], ["port: expected a whole number from 0 to 65535, got 70000"]);
  await fails(1, ["serve", "--host", "192.0.2.1"], ["this machine has no such address"]);
});

serve("prints its address and ends with Ctrl-C", async () => {
  const child = spawn(process.execPath, [COMMAND, "serve", "--port", "0", "--json"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [line] = await once(child.stdout.setEncoding("utf8"), "data");
  const { url } = JSON.parse(line) as { url: string };
  assert.match(await (await fetch(url)).text(), "<hqcnn-lab>");
  child.kill("SIGINT");
  const [code] = await once(child, "exit");
  assert.is(code, 130);
});

serve.run();
