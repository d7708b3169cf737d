import { closeSync, openSync, writeSync } from "node:fs";
import { Writable } from "node:stream";
import { ZipWriter } from "@zip.js/zip.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { inMemory } from "../../../util/limits.ts";
import { npy } from "../../../util/npz.ts";
import { repository } from "../../../util/paths.ts";
import { execute } from "../../../util/process.ts";
import { temporaryFolder } from "../../../util/temporary.ts";

const test = suite("datasets/npz, slow");

const counts = { train: 89_996, val: 10_004, test: 7_180 };
const isCompiled = import.meta.url.endsWith(".js");

/**
 * Bytes of an npy of uint8 whose values are noise in their low four bits (deflate halves them, as it does PathMNIST's).
 */
function made(shape: number[]): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(shape.reduce((a, b) => a * b));
  for (let i = 0; i < data.length; i++) data[i] = 128 + ((Math.imul(i ^ (i >>> 7), 2654435761) >>> 24) & 15);
  return npy({ descr: "|u1", shape, data });
}

for (const level of [0, 1]) {
  test(`a file of PathMNIST's shape, ${level ? "deflated" : "stored"}, loads in about 600 MB`, async () => {
    const path = `${temporaryFolder()}/made.npz`;
    const descriptor = openSync(path, "w");
    const sink = new Writable({
      write(bytes, _, done) {
        writeSync(descriptor, bytes);
        done();
      },
    });
    const zip = new ZipWriter(Writable.toWeb(sink), { level, useWebWorkers: false });
    for (const [name, count] of Object.entries(counts)) {
      await zip.add(`${name}_images.npy`, new Blob([made([count, 28, 28, 3])]).stream());
      const labels = Uint8Array.from({ length: count }, (_, i) => i % 9);
      await zip.add(`${name}_labels.npy`, new Blob([npy({ descr: "|u1", shape: [count, 1], data: labels })]).stream());
    }
    await zip.close();
    closeSync(descriptor);

    const host = repository(isCompiled ? "build/host" : "host");
    const extension = isCompiled ? "js" : "ts";
    const script = `
      import { openDataset } from "file://${host}/datasets/open.${extension}";
      import { createNodePlatform } from "file://${host}/platform/node.${extension}";
      const dataset = await openDataset(${JSON.stringify(path)}, { platform: createNodePlatform(), task: "multiclass" });
      const { images, labels } = await dataset.split("train");
      let sum = 0;
      for (const value of images) sum += value;
      const peakMb = process.resourceUsage().maxRSS * 1024 / 1e6;
      console.log(JSON.stringify({ counts: dataset.counts, bytes: images.length, mean: sum / images.length, ninth: labels[8], peakMb }));`;
    const run = await execute(process.execPath, ["--input-type=module", "--eval", script]);
    assert.is(run.code, 0, run.output);
    const { peakMb, mean, ...facts } = JSON.parse(run.stdout);
    console.log(`peak memory ${Math.round(peakMb)} MB, ${run.seconds.toFixed(1)} s`);
    assert.equal(facts, { counts, bytes: 89_996 * 28 * 28 * 3, ninth: 8 });
    assert.ok(Math.abs(mean - 135.5) < 0.5, `mean ${mean}`);
    inMemory("loading PathMNIST's shape", peakMb * 1e6, 600e6);
  });
}

test.run();
