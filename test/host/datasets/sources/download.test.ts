import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fetchDataset, verifyFile, zenodo } from "../../../../host/datasets/sources/download.ts";
import { medmnist } from "../../../../host/datasets/sources/medmnist.ts";
import { createNodePlatform } from "../../../../host/platform/node.ts";
import { needsShared, repository } from "../../../util/paths.ts";
import { refused } from "../../../util/refusal.ts";
import { temporaryFolder } from "../../../util/temporary.ts";

const test = suite("datasets/download");

/** The "official file" of these tests: noise. Its MD5 stands in the table while they run. */
const content = Uint8Array.from({ length: 3_500_000 }, (_, i) => Math.imul(i ^ (i >>> 9), 2654435761) >>> 24);
const name = "breastmnist";
content.set([0x50, 0x4b, 3, 4]); // as a zip archive begins
const { md5, bytes } = medmnist[name];
test.before(() => {
  Object.assign(medmnist[name], { md5: createHash("md5").update(content).digest("hex"), bytes: content.length });
});
test.after(() => void Object.assign(medmnist[name], { md5, bytes }));

/** A loopback server and a new cache folder; `ranges` collects the Range headers it got. */
async function serve(
  listener: RequestListener,
  use: (at: {
    baseUrl: string;
    folder: string;
    file: string;
    partial: string;
    fetchIt: typeof fetchFrom;
    ranges: (string | undefined)[];
  }) => Promise<void>,
) {
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range);
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const folder = `${temporaryFolder()}/cache`;
  const file = `${folder}/${name}.npz`;
  try {
    await use({
      baseUrl,
      folder,
      file,
      partial: `${file}.partial`,
      ranges,
      fetchIt: (options) => fetchFrom({ baseUrl, folder, ...options }),
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function fetchFrom({
  folder = "",
  ...options
}: {
  baseUrl?: string;
  folder?: string;
  signal?: AbortSignal;
  onProgress?: (done: number, total: number | null) => void;
  onWait?: (text: string) => void;
  idle?: number;
}) {
  return fetchDataset(name, { platform: { ...createNodePlatform(), cacheFolder: folder }, ...options });
}

/** Serves the content with ranges, cut after `cut` bytes of an answer. */
const withRanges =
  (cut = Number.POSITIVE_INFINITY): RequestListener =>
  (request, response) => {
    if (request.url !== `/${name}.npz/content`) return void response.writeHead(404).end();
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    if (start >= content.length) return void response.writeHead(416).end();
    const headers = { "content-length": content.length - start };
    if (request.headers.range)
      response.writeHead(206, {
        ...headers,
        "content-range": `bytes ${start}-${content.length - 1}/${content.length}`,
      });
    else response.writeHead(200, headers);
    response.write(content.subarray(start, start + cut), () =>
      start + cut < content.length ? response.destroy() : response.end(),
    );
  };

const isWhole = (file: string) => Buffer.compare(readFileSync(file), content) === 0;

test("whole, with progress; a second call needs no network", async () => {
  await serve(withRanges(), async ({ fetchIt, file, partial, ranges }) => {
    const seen: (number | null)[][] = [];
    assert.is(await fetchIt({ onProgress: (done, total) => seen.push([done, total]) }), file);
    assert.ok(isWhole(file));
    assert.not(existsSync(partial));
    assert.equal(seen[0], [0, content.length]);
    assert.equal(seen.at(-1), [content.length, content.length]);
    assert.ok(seen.length >= 4);
    await fetchIt({});
    assert.equal(ranges, [undefined]);
  });
});

test("a cut connection leaves a partial file, and the next call continues from there", async () => {
  let cut = 1_500_000;
  await serve(
    (request, response) => withRanges(cut)(request, response),
    async ({ fetchIt, file, partial, ranges }) => {
      await refused(() => fetchIt({}), name, "connection was lost after", "of 3500000 bytes", "fetch again");
      assert.not(existsSync(file));
      const kept = readFileSync(partial);
      assert.ok(kept.length > 0 && kept.length <= cut);
      cut = Number.POSITIVE_INFINITY;
      await fetchIt({});
      assert.equal(ranges, [undefined, `bytes=${kept.length}-`]);
      assert.ok(isWhole(file));
    },
  );
});

test("a server without ranges: from the start", async () => {
  await serve(
    (_, response) => response.writeHead(200).end(content),
    async ({ fetchIt, file, folder, partial }) => {
      await createNodePlatform().makeFolder(folder);
      writeFileSync(partial, content.subarray(0, 1000));
      await fetchIt({});
      assert.ok(isWhole(file));
    },
  );
});

test("a partial file longer than the file (416), or a range that starts elsewhere: from the start", async () => {
  await serve(withRanges(), async ({ fetchIt, file, folder, partial, ranges }) => {
    await createNodePlatform().makeFolder(folder);
    writeFileSync(partial, Buffer.concat([content, Buffer.from("more")]));
    await fetchIt({});
    assert.ok(isWhole(file));
    assert.equal(ranges, ["bytes=3500004-", undefined]);
  });
  const wrongStart: RequestListener = (request, response) => {
    if (request.headers.range) response.writeHead(206, { "content-range": "bytes 7-9/10" }).end("abc");
    else response.writeHead(200).end(content);
  };
  await serve(wrongStart, async ({ fetchIt, file, folder, partial }) => {
    await createNodePlatform().makeFolder(folder);
    writeFileSync(partial, content.subarray(0, 1000));
    await fetchIt({});
    assert.ok(isWhole(file));
  });
});

test("a whole partial file needs no request", async () => {
  await serve(withRanges(), async ({ fetchIt, file, folder, partial, ranges }) => {
    await createNodePlatform().makeFolder(folder);
    writeFileSync(partial, content);
    await fetchIt({});
    assert.ok(isWhole(file));
    assert.equal(ranges, []);
  });
});

test("a wrong checksum is refused and nothing of it stays", async () => {
  const wrong: RequestListener = (_, response) =>
    response.writeHead(200).end(content.map((byte, i) => (i === 99 ? byte ^ 1 : byte)));
  await serve(wrong, async ({ fetchIt, file, partial }) => {
    await refused(() => fetchIt({}), `expected MD5 ${medmnist[name].md5}`, "was removed");
    assert.equal([existsSync(file), existsSync(partial)], [false, false]);
  });
});

test("404, 500, no network: a clear error, a partial file stays", async () => {
  await serve(
    (_, response) => response.writeHead(404).end("gone"),
    async ({ fetchIt, folder, file, partial }) => {
      await createNodePlatform().makeFolder(folder);
      writeFileSync(partial, content.subarray(0, 1000));
      await refused(() => fetchIt({}), name, "404");
      assert.equal([existsSync(file), readFileSync(partial).length], [false, 1000]);
    },
  );
  await serve(
    (_, response) => response.writeHead(500).end(),
    async ({ fetchIt }) => void (await refused(() => fetchIt({}), "500")),
  );
  const folder = `${temporaryFolder()}/cache`;
  await refused(
    () => fetchFrom({ folder, baseUrl: "http://127.0.0.1:9" }),
    `cannot fetch ${name}`,
    "127.0.0.1:9",
    "check the network",
  );
});

test("an abort keeps what came", async () => {
  const stalled: RequestListener = (_, response) =>
    void response.writeHead(200, { "content-length": content.length }).write(content.subarray(0, 2_000_000));
  await serve(stalled, async ({ fetchIt, partial }) => {
    const controller = new AbortController();
    const onProgress = (done: number) => done > 0 && controller.abort();
    await refused(() => fetchIt({ signal: controller.signal, onProgress }), name, "stopped after");
    assert.ok(readFileSync(partial).length > 0);
  });
});

test("a damaged file in the cache folder is fetched again", async () => {
  await serve(withRanges(), async ({ fetchIt, file, folder }) => {
    await createNodePlatform().makeFolder(folder);
    writeFileSync(file, "damaged");
    await fetchIt({});
    assert.ok(isWhole(file));
  });
});

test("unknown names list the known ones; the address is Zenodo's with CORS", async () => {
  await refused(
    () => fetchDataset("imagenet", { platform: createNodePlatform() }),
    "unknown data set imagenet",
    "pathmnist",
    "organsmnist",
  );
  assert.is(zenodo, "https://zenodo.org/api/records/10519652/files");
});

test("verify: official, unknown, wrong", async () => {
  const platform = createNodePlatform();
  const sample = await verifyFile(repository("host/datasets/bloodmnist-sample.npz"), platform);
  assert.equal(sample, { md5: "6b910b8adf6dd6dd241c99722165be08", name: "bloodmnist-sample" });
  const folder = temporaryFolder();
  writeFileSync(`${folder}/own.npz`, "x");
  assert.equal(await verifyFile(`${folder}/own.npz`, platform), {
    md5: "9dd4e461268c8034f5c8564e155c67a6",
    name: null,
  });
  writeFileSync(`${folder}/pathmnist.npz`, "x");
  await refused(
    () => verifyFile(`${folder}/pathmnist.npz`, platform),
    "pathmnist.npz",
    medmnist.pathmnist.md5,
    "9dd4e461268c8034f5c8564e155c67a6",
  );
});

/** Sends noise for ever, as fast as it is taken; `sent` counts. */
function endless(head: Record<string, string | number> = {}) {
  const counter = { sent: 0 };
  const listener: RequestListener = (_, response) => {
    response.writeHead(200, head);
    const more = () => {
      while (!response.destroyed) {
        const block = counter.sent === 0 ? content.subarray(0, 65_536) : content.subarray(9, 65_545);
        counter.sent += block.length;
        if (!response.write(block)) return void response.once("drain", more);
      }
    };
    more();
  };
  return { counter, listener };
}

/** What may be under way when the reader stops: the kernel's two socket buffers grow with the machine's memory. */
const inFlight = 64e6;

test("an endless server is stopped at the published size, whatever length it claims", async () => {
  for (const head of [{}, { "content-length": content.length * 100 }] as Record<string, number>[]) {
    const { counter, listener } = endless(head);
    await serve(listener, async ({ fetchIt, file, partial }) => {
      await refused(() => fetchIt({}), name, "expected 3500000 bytes, the server", "it was stopped");
      assert.equal([existsSync(file), existsSync(partial)], [false, false]);
    });
    assert.ok(counter.sent < inFlight, `${counter.sent} bytes sent`);
  }
});

test("a set whose size is not in the table has a limit all the same", async () => {
  const { counter, listener } = endless();
  const set = medmnist.retinamnist;
  assert.is(set.bytes, undefined);
  await serve(listener, async ({ baseUrl, folder }) => {
    const platform = { ...createNodePlatform(), cacheFolder: folder };
    await refused(
      () => fetchDataset("retinamnist", { platform, baseUrl }),
      "expected at most 4824576 bytes",
      "it was stopped",
    );
  });
  assert.ok(counter.sent < inFlight, `${counter.sent} bytes sent`);
});

for (const set of ["bloodmnist", "breastmnist", "organamnist"]) {
  needsShared(test, `data/${set}.npz`)(`the size of ${set} in the table is the file's`, (path) => {
    assert.is(statSync(path).size, set === name ? bytes : medmnist[set].bytes);
  });
}

test("a length that is too short or too long", async () => {
  for (const length of [1_000_000, 3_499_999]) {
    const listener: RequestListener = (_, response) => {
      response.writeHead(200, { "content-length": length });
      response.socket!.write(content); // more than announced: what follows is no part of the answer
      response.socket!.end();
    };
    await serve(listener, async ({ fetchIt, file }) => {
      await refused(() => fetchIt({}), name);
      assert.not(existsSync(file));
    });
  }
  const announced: RequestListener = (_, response) => {
    response.writeHead(200, { "content-length": content.length });
    response.write(content.subarray(0, 1000), () => response.destroy());
  };
  await serve(announced, async ({ fetchIt, file }) => {
    await refused(() => fetchIt({}), "the connection was lost after");
    assert.not(existsSync(file));
  });
});

test("a web page, JSON or other bytes in the place of the file", async () => {
  for (const [body, part] of [
    ["<!DOCTYPE html><title>Sign in</title>", "got a web page (HTML), as of a login or a proxy"],
    ['{"message":"\u001b[31mtoo many requests"}', "got a text in JSON"],
    ["BZh", "got something else"],
  ]) {
    await serve(
      (_, response) => response.writeHead(200).end(body),
      async ({ fetchIt, file, partial }) => {
        await refused(() => fetchIt({}), "expected an npz file from http", part);
        assert.equal([existsSync(file), existsSync(partial)], [false, false]);
      },
    );
  }
});

test("redirects are followed to the file, and not for ever", async () => {
  const elsewhere: RequestListener = (request, response) => {
    if (request.url === "/file") withRanges()(Object.assign(request, { url: `/${name}.npz/content` }), response);
    else response.writeHead(302, { location: "/file" }).end();
  };
  await serve(elsewhere, async ({ fetchIt, file }) => {
    await fetchIt({});
    assert.ok(isWhole(file));
  });
  await serve(
    (request, response) => response.writeHead(302, { location: request.url }).end(),
    async ({ fetchIt }) => void (await refused(() => fetchIt({}), `cannot fetch ${name}`, "it redirects too often")),
  );
});

test("a beginning of another file, with and without a name for it: from the start", async () => {
  for (const tag of [null, "new"]) {
    const tagged: RequestListener = (request, response) => {
      if (tag) response.setHeader("etag", tag);
      withRanges()(request, response);
    };
    await serve(tagged, async ({ fetchIt, file, folder, partial, ranges }) => {
      await createNodePlatform().makeFolder(folder);
      writeFileSync(partial, content.subarray(0, 1000).map((byte) => byte ^ 1)); // biome-ignore format: one line
      if (tag) writeFileSync(`${partial}.etag`, "old");
      await fetchIt({});
      assert.ok(isWhole(file));
      assert.equal(ranges, ["bytes=1000-", undefined]);
      assert.equal([existsSync(partial), existsSync(`${partial}.etag`)], [false, false]);
    });
  }
});

test("a server that falls silent is left, with what came kept", async () => {
  const silent: RequestListener = (_, response) => void response.writeHead(200).write(content.subarray(0, 70_000));
  await serve(silent, async ({ fetchIt, partial }) => {
    await refused(() => fetchIt({ idle: 1500 }), "the server sent nothing for", "fetch again");
    assert.is(readFileSync(partial).length, 70_000);
  });
  await serve(
    () => {},
    async ({ fetchIt }) => void (await refused(() => fetchIt({ idle: 1500 }), "it does not answer")),
  );
});

test("3 × 3 at once, one of them killed: every file is whole, each is brought once", async () => {
  const names = ["breastmnist", "pneumoniamnist", "retinamnist"];
  const whole = new Map(
    names.map((set, i) => [set, Uint8Array.from(content, (byte, at) => (at < 4 ? byte : byte ^ i))]),
  );
  const asked = new Map<string, number>();
  const slow: RequestListener = (request, response) => {
    const set = request.url!.split("/")[1].replace(".npz", "");
    const bytes = whole.get(set)!;
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    asked.set(set, (asked.get(set) ?? 0) + 1);
    response.writeHead(start > 0 ? 206 : 200, {
      "content-length": bytes.length - start,
      ...(start > 0 ? { "content-range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {}),
    });
    let at = start;
    const timer = setInterval(() => {
      response.write(bytes.subarray(at, at + 350_000));
      at += 350_000;
      if (at < bytes.length) return;
      clearInterval(timer);
      response.end();
    }, 50);
    response.on("close", () => clearInterval(timer));
  };
  await serve(slow, async ({ baseUrl, folder }) => {
    const start = (set: string) => {
      const md5 = createHash("md5").update(whole.get(set)!).digest("hex");
      const program = repository("build/test/util/fetchProgram.js");
      const child = spawn(process.execPath, [program, baseUrl, folder, set, md5, String(content.length)]);
      return { child, code: new Promise<number | null>((resolve) => child.once("close", resolve)) };
    };
    const first = start(names[0]);
    while (!asked.has(names[0])) await new Promise((resolve) => setTimeout(resolve, 20));
    const others = names.flatMap((set) => [set, set, set].slice(set === names[0] ? 1 : 0)).map(start);
    first.child.kill("SIGKILL");
    assert.equal(await Promise.all(others.map(({ code }) => code)), new Array(8).fill(0));
    for (const set of names) {
      assert.is(Buffer.compare(readFileSync(`${folder}/${set}.npz`), whole.get(set)!), 0, set);
      assert.not(existsSync(`${folder}/${set}.npz.partial`));
      assert.ok(asked.get(set)! <= (set === names[0] ? 3 : 1), `${set} was asked for ${asked.get(set)} times`);
    }
  });
});

test("two in one process: the second waits, says so, and can be stopped", async () => {
  const asked: ServerResponse[] = [];
  const slow: RequestListener = (_, response) => {
    response.writeHead(200).write(content.subarray(0, 1000));
    asked.push(response);
  };
  await serve(slow, async ({ fetchIt, file, ranges }) => {
    const told: string[] = [];
    const first = fetchIt({});
    while (asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    const second = fetchIt({ onWait: (text) => told.push(text) });
    const stop = new AbortController();
    const { signal } = stop;
    await refused(() => fetchIt({ signal, onWait: () => stop.abort() }), "stopped while waiting for another");
    asked[0].end(content.subarray(1000));
    await Promise.all([first, second]);
    assert.ok(isWhole(file));
    assert.is(ranges.length, 1);
    assert.is(told.length, 1);
    assert.match(told[0], "breastmnist: ");
  });
});

test.run();
