import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decode, encode } from "fast-png";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { explain as explainImage, loadEngine, saveModel } from "../../../host/api.ts";
import { createNetwork, type Network } from "../../../host/network/network.ts";
import { fails, hqcnn, json } from "../../util/cli.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const folder = temporaryFolder();
const path = (name: string) => join(folder, name);
const pixels = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 37) & 255);
const wide = encode({ width: 90, height: 41, channels: 3, depth: 8, data: pixels(90 * 41 * 3) });
const grey = encode({ width: 28, height: 28, channels: 1, depth: 8, data: pixels(784) });
const engine = await loadEngine({ threads: 1 });
const network = createNetwork(engine, {
  channels: 3,
  classes: 3,
  seed: 5,
  head: { kind: "quantum", wires: 4, layers: 2 },
});
const classNames = ["round", "long, thin", "2"];
const dense = createNetwork(engine, { channels: 1, classes: 3, head: { kind: "dense", wires: 4 } });

const explain = suite("hqcnn explain");

function saveRun(name: string, model: Network): void {
  const data = { name: "cells", md5: null, task: "multiclass", protocol: "official", positive: null, splitRatio: 0.8 };
  const training = { epoch: 1, seed: 5, val: { loss: 1, accuracy: 0.5, auc: 0.5 } };
  mkdirSync(path(name));
  writeFileSync(path(`${name}/model.safetensors`), saveModel(model, { classNames, data, training }));
}

explain.before(() => {
  saveRun("run", network);
  saveRun("dense", dense);
  mkdirSync(path("other"));
  writeFileSync(path("a.b.png"), wide);
  writeFileSync(path("grey.png"), grey);
  writeFileSync(path("other/grey.jpg"), grey);
});

explain("writes four pictures and the explanation of each image, with the numbers of the API", async () => {
  const out = path("out/deep");
  const ended = await hqcnn(["explain", path("run"), path("a.b.png"), path("grey.png"), "--out", out, "--patch", "9"]);
  assert.is(ended.code, 0, ended.stderr);
  assert.is(ended.stderr, "");
  assert.match(ended.stdout, /^file +class +probability +explained +probability +largest drop\n/);
  assert.match(ended.stdout, /\nNot for clinical use\.\n$/);
  assert.equal(
    readdirSync(out),
    ["a.b", "grey"].flatMap((name) => [
      ...[`${name}-explanation.json`, `${name}-finemap.png`, `${name}-gradcam.png`],
      ...[`${name}-integrated.png`, `${name}-occlusion.png`],
    ]),
  );
  const picture = decode(readFileSync(join(out, "a.b-gradcam.png")));
  assert.equal([picture.width, picture.height, picture.channels], [450, 205, 3]);
  assert.is(decode(readFileSync(join(out, "grey-occlusion.png"))).width, 448);

  const written = JSON.parse(readFileSync(join(out, "a.b-explanation.json"), "utf8"));
  const expected = await explainImage(network, wide, { occlusion: { size: 9 } });
  assert.is(written.version, JSON.parse(readFileSync("package.json", "utf8")).version);
  assert.is(written.note, "Not for clinical use.");
  assert.is(written.fingerprint, network.fingerprint());
  assert.equal(written.class_names, classNames);
  assert.equal(written.probabilities, [...expected.probs]);
  assert.equal([written.explained, written.explained_class], [expected.label, classNames[expected.label]]);
  assert.equal([written.map_height, written.map_width], [28, 28]);
  assert.equal(Float32Array.from(written.grad_cam.map), digits(expected.gradCam.map));
  assert.equal(Float32Array.from(written.occlusion.map), digits(expected.occlusion!.map));
  assert.equal(Float32Array.from(written.fine_map.map), digits(expected.fineMap!.map));
  assert.equal([written.fine_map.method, written.fine_map.layer], [expected.fineMap!.method, expected.fineMap!.layer]);
  assert.equal(Float32Array.from(written.integrated_gradients.map), digits(expected.integratedGradients!.map));
  const { logit, baseline_logit, sum, gap } = written.integrated_gradients;
  assert.ok(Math.abs(sum - (logit - baseline_logit)) <= 1e-3 && gap <= 1e-3);
  assert.match(
    ended.stdout,
    /\nintegrated gradients of .*grey\.png: .* the pixels add up to -?\d+\.\d{4} \(difference \d/,
  );
  assert.is(written.occlusion.size, 9);
  assert.is(written.occlusion.largest_drop, expected.occlusion!.largestDrop);
  assert.equal(written.quantum.angles, expected.wires!.angles);
  assert.equal(written.quantum.expvals, expected.wires!.expvals);
  assert.equal(written.quantum.bloch_vectors, expected.wires!.bloch);
  assert.equal(written.quantum.switched_off_probabilities, [...expected.quantumOff!]);
});

explain("another class, by name or label, as JSON; the same with two threads; files are replaced", async () => {
  const out = path("again");
  mkdirSync(out);
  writeFileSync(join(out, "grey-gradcam.png"), "old");
  const args = ["explain", path("run"), path("grey.png"), "--out", out, "--json"];
  const one = json(await hqcnn([...args, "--class", "long, thin"]));
  const files = () => readdirSync(out).map((name) => readFileSync(join(out, name), "base64"));
  const before = files();
  assert.is(before.length, 5);
  assert.is(decode(readFileSync(join(out, "grey-gradcam.png"))).width, 448);
  const [explanation] = one.explanations as { explained: number; files: Record<string, string> }[];
  assert.is(explanation.explained, 1);
  assert.is(explanation.files.gradcam, join(out, "grey-gradcam.png"));
  assert.equal(json(await hqcnn([...args, "--class", "1", "--threads", "2"])), one);
  assert.equal(files(), before);
});

explain("one image: the wires of its circuit; a model without one has none", async () => {
  const run = (model: string) =>
    hqcnn(["explain", path(model), path("grey.png"), "--out", path("out"), "--stride", "7"]);
  const quantum = await run("run");
  assert.match(quantum.stdout, /\nwire +angle +⟨X⟩ +⟨Y⟩ +⟨Z⟩ +length\n0 /);
  assert.match(quantum.stdout, /\nprobability with the quantum layer switched off: 0\.\d{4}\n/);
  const classical = await run("dense");
  assert.is(classical.code, 0, classical.stderr);
  assert.ok(!classical.stdout.includes("wire"));
  assert.is(JSON.parse(readFileSync(path("out/grey-explanation.json"), "utf8")).quantum, null);
});

explain("says where Grad-CAM finds nothing", async () => {
  // FC1 that looks at nothing
  const tensors = dense.tensors();
  tensors.get("fc1.weight")!.data.fill(0);
  saveRun("blind", createNetwork(engine, { ...dense.architecture, tensors }));
  const ended = await hqcnn([
    "explain",
    path("blind"),
    path("grey.png"),
    "--out",
    path("out"),
    "--stride",
    "7",
    "--class",
    "0",
  ]);
  assert.ok(ended.stdout.includes(`Grad-CAM finds nothing in ${path("grey.png")} that speaks for round`), ended.stdout);
});

explain("refuses what is no model, no image, no class and no place to write", async () => {
  const [model, image, out] = [path("run"), path("grey.png"), ["--out", path("refused")]];
  await fails(1, ["explain", path("no"), image, ...out], [path("no"), "no such file"]);
  await fails(1, ["explain", image, image, ...out], ["grey.png", "safetensors"]);
  await fails(1, ["explain", model, path("no.png"), ...out], ["no.png", "no such file"]);
  await fails(1, ["explain", model, path("run/model.safetensors"), ...out], ["expected an image (PNG, JPEG, TIFF"]);
  await fails(1, ["explain", model, path("other"), ...out], ["other"]);
  writeFileSync(path("broken.png"), wide.subarray(0, 200));
  await fails(1, ["explain", model, path("broken.png"), ...out], ["broken.png", "PNG"]);
  const classes = ["--class", "0 (round), 1 (long, thin), 2 (2)"];
  await fails(2, ["explain", model, image, ...out, "--class", "oval"], [...classes, "got oval"]);
  await fails(2, ["explain", model, image, ...out, "--class", "3"], [...classes, "got 3"]);
  await fails(2, ["explain", model, image, ...out, "--patch", "0"], ["size", "1 to 28", "got 0"]);
  await fails(2, ["explain", model, image, ...out, "--stride", "8"], ["stride", "1 to 7", "got 8"]);
  await fails(1, ["explain", model, image, "--out", path("grey.png")], ["grey.png"]);
  await fails(1, ["explain", model, image, "--out", path("grey.png/deep")], ["grey.png"]);
  await fails(2, ["explain", model, image, path("other/grey.jpg"), ...out], ["other/grey.jpg", "grey-gradcam.png"]);
  await fails(2, ["explain", model], ["missing required argument"]);
});

/** As the file has them. */
function digits(map: Float32Array): Float32Array {
  return map.map((value) => Number(value.toPrecision(6)));
}

explain.run();
