// node build/test/bench/sampleRun.js: makes host/examples/sample-run.zip, the run that the page shows before anybody
// has trained: what `hqcnn train --epochs 20` (the same as `npm start`) writes, without its checkpoint, and the first
// test images of each class as test/INDEX-LABEL.png.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { encode } from "fast-png";
import { type Zippable, zipSync } from "fflate";
import { openDataset } from "../../host/api.ts";
import { defaultPlatform } from "../../host/platform/default.ts";
import { RUN_FILES } from "../../host/training/files.ts";
import { SHIPPED_PER_CLASS } from "../../host/web/worker/shipped.ts";
import { repository } from "../util/paths.ts";

const KEPT = ["history", "model", "predictions", "metrics", "fingerprint"] as const;

const temporary = mkdtempSync(join(tmpdir(), "hqcnn-sample-run-"));
const folder = join(temporary, "run");
const program = repository("build/host/cli/main.js");
execFileSync(process.execPath, [program, "train", "--epochs", "20", "--out", folder], { stdio: "inherit" });

const files: Zippable = {};
// Where the data lay on this machine is nobody's business.
const config = JSON.parse(readFileSync(join(folder, RUN_FILES.config), "utf8"));
config.data.path = basename(config.data.path);
files[RUN_FILES.config] = Buffer.from(`${JSON.stringify(config, null, 2)}\n`);
for (const file of KEPT) files[RUN_FILES[file]] = readFileSync(join(folder, RUN_FILES[file]));

const data = await openDataset(config.options.data, { platform: await defaultPlatform() });
const { labels, images } = await data.split("test");
const { height, width, channels } = data;
const size = height * width * channels;
for (const label of data.classNames.keys()) {
  const found = [...labels.keys()].filter((index) => labels[index] === label).slice(0, SHIPPED_PER_CLASS);
  for (const index of found) {
    const pixels = images.subarray(index * size, (index + 1) * size);
    files[`test/${index}-${label}.png`] = encode({ height, width, channels, data: pixels });
  }
}

// The same time in every archive: the file changes only with what is in it.
const bytes = zipSync(files, { level: 9, mtime: new Date(1980, 0, 1) });
writeFileSync(repository("host/examples/sample-run.zip"), bytes);
console.log(`host/examples/sample-run.zip: ${bytes.length} bytes, ${Object.keys(files).join(", ")}`);
rmSync(temporary, { recursive: true });
