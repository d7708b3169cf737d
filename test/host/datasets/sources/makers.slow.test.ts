// Odd but honest data sets, written by the scripts of ../shared/cases/makers with numpy and Pillow: each is read right,
// or refused by what it is. HQCNN_PYTHON names another Python than python3.
import { spawnSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { HqcnnError } from "../../../../host/check.ts";
import { openDataset } from "../../../../host/datasets/open.ts";
import { createNodePlatform } from "../../../../host/platform/node.ts";
import { needsShared } from "../../../util/paths.ts";
import { testPermutation } from "../../../util/permutation.ts";
import { temporaryFolder } from "../../../util/temporary.ts";

const test = suite("datasets/makers");
const platform = createNodePlatform();
const python = process.env.HQCNN_PYTHON ?? "python3";
const hasPython = spawnSync(python, ["-c", "import numpy, PIL"]).status === 0;

/** What a file must become: size and images of train, val and test with a mean, or part of the refusal. */
type Expected = [size: string, counts: string, mean: number, step?: string] | string;

const all = "200/40/60";
const plain = (step?: string): Expected => ["28x28x3", all, 122.8, step];
const npz: Record<string, Expected> = {
  arr0: "--keys images=arr_0,labels=arr_1",
  bloodmnist_64: ["64x64x3", all, 211.4],
  extra: plain("left out: meta"),
  flip: "damaged or cut short",
  float01: plain("float32 values 0 … 1 read as 0 … 1"),
  float255: plain("read as 0 … 255"),
  fortran: plain("Fortran order"),
  gap_labels: ["28x28x3", all, 176.7, "labels 0, 1, 2, 5 are classes"],
  gray0: ["28x28x1", all, 121.3],
  gray1: ["28x28x1", all, 121.3],
  html: "expected an npz file",
  i64img: plain("int64 values 0 … 255"),
  images_gray64: "expected labels beside the images",
  keys_images: ["28x28x3", "140/20/40", 122.8, "split by the seed"],
  keys_x: ["28x28x3", "175/25/60", 122.8, "no val split"],
  labels_0_255: plain("labels 0, 255 are classes 0, 1"),
  labels_1based: plain("labels 1, 2 are classes 0, 1"),
  labels_be: plain(),
  labels_bool: plain(),
  labels_f64: plain(),
  labels_i64: plain(),
  labels_n: plain(),
  labels_neg: plain("labels -1, 1 are classes 0, 1"),
  labels_obj: "object arrays are pickles",
  labels_onehot: plain("one-hot rows of 2 as labels"),
  labels_str: plain("labels are text: 0 benign, 1 malignant"),
  multilabel14: plain(),
  nchw: plain("channels first"),
  nchw_view: plain("channels first"),
  noval: ["28x28x3", "175/25/60", 122.8, "no val split"],
  ok: plain(),
  organmnist3d: "is a 3D set",
  prefixed: plain("images data/train_images"),
  rgba: plain("transparency"),
  size64: ["64x64x3", all, 119.8],
  stored: plain(),
  test_lacks3: ["28x28x3", "200/40/", 176.7],
  test_oneclass: ["28x28x3", "200/40/", 122.8],
  trunc: "damaged or cut short",
  u16: plain("uint16 values 0 … 65535 read as 0 … 65535"),
  val_one: ["28x28x3", "200/1/60", 122.8],
  val_oneclass: ["28x28x3", "200/", 122.8],
  vol5d: "3D sets cannot be trained",
};
const folders: Record<string, Expected> = {
  dicom_noext: ["28x28x1", "8/2/2", 127.5],
  dup: "expected at least 3 images",
  empty: "it is empty",
  emptyclass: "class c: expected images",
  ext_all: ["28x28x3", "42/6/12", 106.1],
  flat: "5 files lie right in it",
  imb: ["28x28x3", "69/11/20", 106.2],
  junk: ["28x28x3", "11/2/4", 106.2],
  macosx: ["28x28x3", "63/9/18", 106.1],
  many: "expected 2 to 64 subfolders, one a class, got 70",
  mixed: "15 files lie right in it",
  nested: ["28x28x3", "12/2/4", 106.2, "18 images lie deeper"],
  nested_mixed: ["28x28x3", "18/2/6", 106.2, "18 images lie deeper"],
  one: "expected at least 3 images",
  single: "got 1",
  split_layout: ["28x28x3", "40/10/10", 106.1, "splits from folders"],
  train3: ["28x28x3", "63/9/18", 106.1],
};

for (const [script, cases] of Object.entries({ npz, folders })) {
  const title = `the ${Object.keys(cases).length} of ${script}.py`;
  const register = hasPython ? needsShared(test, `cases/makers/${script}.py`) : skipped;
  register(title, async (path) => {
    const root = temporaryFolder();
    const made = spawnSync(python, [path], { cwd: root, encoding: "utf8" });
    assert.is(made.status, 0, made.stderr);
    for (const [name, expected] of Object.entries(cases)) {
      const file = `${root}/${script}/${name}${script === "npz" ? ".npz" : ""}`;
      try {
        const data = await openDataset(file, { platform, permutation: testPermutation(0) });
        const { images } = await data.split("train");
        assert.ok(typeof expected !== "string", `${name} was read, expected: ${expected}`);
        const [size, counts, mean, step] = expected as Exclude<Expected, string>;
        assert.is(`${data.height}x${data.width}x${data.channels}`, size, name);
        assert.ok(Object.values(data.counts).join("/").startsWith(counts), `${name}: ${JSON.stringify(data.counts)}`);
        const got = images.reduce((sum, value) => sum + value, 0) / images.length;
        assert.ok(Math.abs(got - mean) < 0.5, `${name}: mean ${got}`);
        if (step) assert.ok(data.steps.join("; ").includes(step), `${name}: ${data.steps.join("; ")}`);
      } catch (error) {
        if (!(error instanceof HqcnnError)) throw error;
        assert.ok(typeof expected === "string" && error.message.includes(expected), `${name}: ${error.message}`);
      }
    }
  });
}

function skipped(title: string): void {
  test.skip(title);
  console.log(`skipped: ${title} (no Python with numpy and Pillow)`);
}

test.run();
