import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fetchDataset, verifyFile, zenodo } from "../../../../host/datasets/sources/download.ts";
import { medmnist } from "../../../../host/datasets/sources/medmnist.ts";
import { createNodePlatform } from "../../../../host/platform/node.ts";
import { repository } from "../../../util/paths.ts";
import { refused } from "../../../util/refusal.ts";
import { temporaryFolder } from "../../../util/temporary.ts";

const test = suite("datasets/download");

/** The "official file" of these tests: noise. Its MD5 stands in the table while they run. */
const content = Uint8Array.from({ length: 3_500_000 }, (_, i) => Math.imul(i ^ (i >>> 9), 2654435761) >>> 24);
const name = "breastmnist";
const official = medmnist[name].md5;
test.before(() => {
  medmnist[name].md5 = createHash("md5").update(content).digest("hex");
});
test.after(() => {
  medmnist[name].md5 = official;
});

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

test.run();
