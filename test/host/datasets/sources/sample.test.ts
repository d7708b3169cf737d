// Own process: a decoder is loaded once in each, and the test asks from where. What the published package and pages
// make of the picture of the sample is the npz of the sample, to the byte.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sample as entry } from "../../../../host/datasets/sources/medmnist.ts";
import { npzOfPicture, openSample } from "../../../../host/datasets/sources/sample.ts";
import { createNodePlatform } from "../../../../host/platform/node.ts";
import { repository } from "../../../util/paths.ts";
import { refused } from "../../../util/refusal.ts";

const sample = suite("sample");
const platform = createNodePlatform();
const path = repository("host/datasets/bloodmnist-sample.jls");

const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");
async function opened(from: typeof platform): Promise<Uint8Array> {
  const file = await openSample(from);
  try {
    return await file.read(0, file.size);
  } finally {
    await file.close();
  }
}

sample("where there is no npz the picture gives the same bytes", async () => {
  const official = await opened(platform);
  assert.is(md5(official), entry.md5);
  const asked: string[] = [];
  const published = {
    ...platform,
    stat: async () => null,
    readFile: (name: string) => {
      asked.push(platform.basename(name));
      return platform.readFile(name);
    },
  };
  assert.is(md5(await opened(published)), entry.md5);
  await opened(published);
  // The decoder, too, comes from the platform that was given.
  assert.equal(asked.sort(), ["bloodmnist-sample.jls", "charlswasm_decode.wasm"], "made once");
});

sample("another picture is refused by name", async () => {
  const other = readFileSync(repository("test/fixtures/formats/lossless.webp"));
  await refused(
    () => npzOfPicture(new Uint8Array(other), "x/sample.webp"),
    "x/sample.webp",
    "install the package again",
  );
  const cut = readFileSync(path).subarray(0, 100_000);
  await refused(() => npzOfPicture(new Uint8Array(cut), "cut.webp"), "cut.webp");
});

sample.run();
