// A model file read by PyTorch, where it is installed: the same features and logits.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeModel, NORMALIZATION } from "../../../host/network/model.ts";
import { createNetwork, type NetworkOptions } from "../../../host/network/network.ts";
import { type Block, residualTrunk } from "../../../host/network/trunk.ts";
import { compileBuild } from "../../util/builds.ts";
import { createImages, SMALL, THESIS, train } from "../../util/network.ts";
import { relativeError } from "../../util/numbers.ts";
import { repository } from "../../util/paths.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const pythons = [process.env.HQCNN_PEERS_PYTHON, repository("build/peers/bin/python"), "/usr/bin/python3", "python3"];
const python = pythons.find((path) => path && spawnSync(path, ["-c", "import torch, numpy"]).status === 0);
const engine = await compileBuild("strict");
const folder = temporaryFolder();
mkdirSync(folder, { recursive: true });

const OWN: Block[] = [
  { type: "conv", channels: 8, pad: 0, pool: true },
  { type: "residual" },
  { type: "maxPool" },
  { type: "conv", channels: 12, pad: 1, pool: false },
];
const CASES: Record<string, NetworkOptions> = {
  thesis: THESIS,
  dense: { ...SMALL, head: { kind: "dense", wires: 3, width: 5 } },
  residual: { ...THESIS, classes: 11, head: { kind: "dense", wires: 8 }, trunk: residualTrunk() },
  large: { ...SMALL, height: 40, width: 33, head: { kind: "none", wires: 4 }, trunk: residualTrunk(8, 5) },
  own: { ...SMALL, height: 21, width: 30, head: { kind: "logistic" }, trunk: OWN },
};

/** uint8 (N, H, W, C) as numpy's npy. */
function npy(shape: readonly number[], data: Uint8Array): Uint8Array {
  const header = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.join(", ")}), }`.padEnd(117).concat("\n");
  const start = Uint8Array.from([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, header.length, 0]);
  return Uint8Array.from([...start, ...new TextEncoder().encode(header), ...data]);
}

const test = suite("examples/pytorch");

for (const [name, options] of Object.entries(CASES)) {
  const title = `PyTorch reads a model file and computes the same: ${name}`;
  if (!python) {
    test.skip(title);
    console.log(`skipped: ${title} (no Python that can import torch)`);
    continue;
  }
  test(title, () => {
    const network = createNetwork(engine, { ...options, seed: 3 });
    train(network, 3, 8); // running statistics that are not 0 and 1
    const { architecture } = network;
    const N = 3;
    const { images } = createImages(network, N, 5);
    const { height, width, channels, classes } = architecture;
    const data = { name: "none", md5: null, task: "multiclass", protocol: "official", positive: null, splitRatio: 0.8 };
    const model = encodeModel(network.tensors(), {
      ...{ architecture, classNames: Array.from({ length: classes }, String), normalization: NORMALIZATION, data },
      training: { epoch: 1, seed: 3, val: { loss: 1, accuracy: 0.5, auc: null } },
    });
    const [file, pixels] = [join(folder, `${name}.safetensors`), join(folder, `${name}.npy`)];
    writeFileSync(file, model);
    writeFileSync(pixels, npy([N, height, width, channels], images));
    const { status, stdout, stderr } = spawnSync(python, [repository("host/examples/pytorch.py"), file, pixels], {
      encoding: "utf8",
    });
    assert.is(status, 0, stderr);
    const { features, logits } = JSON.parse(stdout) as { features: number[][]; logits: number[][] | null };
    const expected = network.predict(images);
    if (logits) assert.ok(relativeError(Float64Array.from(logits.flat()), expected) < 2e-5);
    else assert.is(architecture.head.kind, "quantum");
    const reduced = architecture.head.kind === "logistic" ? "fc" : "fc1";
    network.batch(N).images.set(images);
    network.forward(N);
    assert.ok(relativeError(Float64Array.from(features.flat()), network.activation(reduced, N)) < 2e-5);
  });
}

test.run();
