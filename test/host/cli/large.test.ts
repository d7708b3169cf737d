import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fails, hqcnn } from "../../util/cli.ts";
import { medmnistArrays, type NpyArray, npz } from "../../util/npz.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const test = suite("hqcnn, larger images");
const folder = temporaryFolder();
const out = join(folder, "run");

async function file(name: string, arrays: Record<string, NpyArray>): Promise<string> {
  const path = join(folder, name);
  writeFileSync(path, await npz(arrays));
  return path;
}
const json = (name: string, blocks: unknown[]) => {
  writeFileSync(join(folder, name), JSON.stringify(blocks));
  return join(folder, name);
};

test("refuses sizes, volumes and batches that cannot be, before a run folder is made", async () => {
  const arrays = medmnistArrays({ train: 24, val: 6, test: 9 }, { channels: 3 });
  const small = await file("small.npz", arrays);
  const images = (shape: number[]): NpyArray => ({
    ...{ descr: "|u1", shape, data: new Uint8Array(shape.reduce((a, b) => a * b)) },
  });
  const mixed = await file("mixed.npz", { ...arrays, val_images: images([6, 32, 32, 3]) });
  const volumes = await file("volumes.npz", { ...arrays, train_images: images([24, 16, 16, 16]) });
  const deep = json("deep.json", new Array(4).fill({ type: "conv", channels: 16, pad: 0, pool: true }));
  const wide = json("wide.json", [{ type: "conv", channels: 256 }]);
  const wider = json("wider.json", [{ type: "conv", channels: 512 }]);
  const cases: [code: 1 | 2, args: string[], parts: string[]][] = [
    [2, ["--data", small, "--trunk", deep], ["too deep for images of 28 × 28", "smallest that works is 46 × 46"]],
    [2, ["--data", small, "--size", "8"], ["--size", "16 to 256"]],
    [1, ["--data", small, "--size", "256", "--trunk", wide], ["a batch of at most 8, which takes", "MiB"]],
    [1, ["--data", small, "--size", "256", "--trunk", wider], ["a batch of at most 2, which takes", "smaller images"]],
    [1, ["--data", mixed], ["28×28 in train_images and 32×32 in val_images", "--size"]],
    [1, ["--data", volumes], ["volumes of 16×16×16", "3D"]],
    [1, ["--data", "organmnist3d_64"], ["3D set", "choose a 2D set"]],
  ];
  for (const [code, args, parts] of cases) {
    await fails(code, ["train", ...args, "--threads", "1", "--head", "logistic", "--out", out], parts);
    assert.ok(!existsSync(out), args.join(" "));
  }
});

test("data clean removes what was kept, and nothing else", async () => {
  const cache = join(folder, "cache");
  mkdirSync(cache);
  const key = "0123456789abcdef".repeat(2);
  for (const name of [`${key}.images`, `${key}.json`, `${key}.writing`, "photo.images", "notes.txt"]) {
    writeFileSync(join(cache, name), "12345");
  }
  const { code, stdout } = await hqcnn(["data", "clean", "--cache", cache, "--json"]);
  assert.is(code, 0);
  assert.equal(JSON.parse(stdout), { folder: cache, files: 1, bytes: 15 });
  assert.equal(readdirSync(cache).sort(), ["notes.txt", "photo.images"]);
  const none = await hqcnn(["data", "clean", "--cache", join(folder, "none")]);
  assert.match(none.stdout, "0 data sets removed");
});

test.run();
