import { suite } from "uvu";
import * as assert from "uvu/assert";
import { explain } from "../../../host/api.ts";
import { shownRegion } from "../../../host/datasets/fit.ts";
import { decodeImage, toInput } from "../../../host/datasets/formats/image.ts";
import { explainInput } from "../../../host/explain/explain.ts";
import { fineMap } from "../../../host/explain/fineMap.ts";
import { gradCam } from "../../../host/explain/gradCam.ts";
import { integratedGradients } from "../../../host/explain/integratedGradients.ts";
import { layerOutputs } from "../../../host/explain/layers.ts";
import { occlusion } from "../../../host/explain/occlusion.ts";
import {
  evidenceTint,
  overlayAttribution,
  overlayEvidence,
  overlayOcclusion,
  picture,
  type Region,
  signedTint,
} from "../../../host/explain/overlay.ts";
import { inspectWires, quantumOff } from "../../../host/explain/wires.ts";
import { createNetwork } from "../../../host/network/network.ts";
import { forward } from "../../reference/network.ts";
import { compileBuild } from "../../util/builds.ts";
import { HEADS, randomImages, toReference } from "../../util/explain.ts";
import { integers, relativeError } from "../../util/numbers.ts";
import { refused } from "../../util/refusal.ts";

const strict = await compileBuild("strict");

const test = suite("explain");

test("is its parts, with everything that can be cloned", () => {
  for (const options of [HEADS[0], HEADS[3]]) {
    const network = createNetwork(strict, options);
    const image = randomImages(network, 1, 5);
    const all = explainInput(network, image, { label: 1, layers: true, occlusion: { size: 4 } });
    assert.equal(all.label, 1);
    assert.equal(all.gradCam, gradCam(network, image, 1));
    assert.equal(all.fineMap, fineMap(network, image, 1));
    assert.equal(all.integratedGradients, integratedGradients(network, image, 1));
    assert.equal(all.occlusion, occlusion(network, image, 1, { size: 4 }));
    assert.equal(all.wires, network.template && inspectWires(network, image));
    assert.equal(all.quantumOff, network.template && quantumOff(network));
    assert.equal(all.layers, layerOutputs(network, image));
    assert.equal(all.image.pixels, image);
    assert.equal(structuredClone(all), all);
    const few = explainInput(network, image, { occlusion: false, fineMap: false, integratedGradients: false });
    assert.equal([few.occlusion, few.layers, few.label], [null, null, few.predicted]);
    assert.equal([few.fineMap, few.integratedGradients], [null, null]);
  }
});

test("takes an image of any size, and says what is none", async () => {
  const network = createNetwork(strict, HEADS[0]);
  const large = { width: 50, height: 31, channels: 1 as const, pixels: integers(50 * 31, 3, 256) };
  const input = await toInput(large, { channels: 3, height: 28, width: 28 });
  assert.equal(await explain(network, large), explainInput(network, input));
  await refused(() => explain(network, new Uint8Array([1, 2, 3])), "PNG, JPEG, TIFF", "DICOM");
  await refused(() => decodeImage(new Uint8Array(0), "none"), "none");
  await refused(() => explain(network, large, { label: 2 }), "label", "0 to 1");
});

test("layerOutputs: every layer as the reference computes it, in PyTorch's order", () => {
  const network = createNetwork(strict, HEADS[0]);
  const image = randomImages(network, 1, 5);
  const { tensors, behind } = toReference(network);
  const { activations } = forward(tensors, image, [28, 28, 3], "evaluation", undefined, undefined, behind);
  const outputs = layerOutputs(network, image);
  assert.equal(
    outputs.map(({ name, shape }) => `${name} ${shape.join("×")}`),
    [
      ...["layer1 16×26×26", "layer2 16×12×12", "layer3 64×10×10", "layer4 64×8×8", "layer5 64×4×4"],
      ...["fc1 4", "quantum 4", "fc2 16", "fc3 2"],
    ],
  );
  for (const { name, shape, values } of outputs) {
    const expected = activations.get(name)!;
    const [channels, pixels] = [shape[0], values.length / shape[0]];
    const ordered = values.map((_, i) => expected[(i % pixels) * channels + Math.floor(i / pixels)]);
    assert.ok(relativeError(values, name === "fc2" ? ordered.map((v) => Math.max(0, v)) : ordered) < 2e-5, name);
  }
});

test("overlays: no evidence is dark blue, the most yellow; for is vermilion, against blue, nothing grey", () => {
  assert.equal(evidenceTint(0).slice(0, 3), [0x00, 0x20, 0x4d]);
  assert.equal(evidenceTint(1).slice(0, 3), [0xff, 0xea, 0x46]);
  const lightness = Array.from({ length: 50 }, (_, i) => {
    const [r, g, b] = evidenceTint(i / 49);
    return 0.2126 * (r / 255) ** 2.2 + 0.7152 * (g / 255) ** 2.2 + 0.0722 * (b / 255) ** 2.2;
  });
  lightness.slice(1).forEach((value, i) => {
    assert.ok(value > lightness[i], `step ${i}`);
  });
  assert.equal([signedTint(1)[0], signedTint(-1)[0], signedTint(0)[3]], [0xd5, 0x00, 0]);
  const image = { width: 2, height: 1, channels: 1 as const, pixels: new Uint8Array([100, 100]) };
  const drawn = overlayOcclusion(image, { height: 1, width: 2, map: new Float32Array([0, 0.2]) });
  assert.equal([...drawn.pixels.subarray(0, 3)], [100, 100, 100]);
  assert.ok(drawn.pixels[3] > drawn.pixels[5]);
  const faint = overlayOcclusion(image, { height: 1, width: 2, map: new Float32Array([0, 1e-6]) });
  assert.equal([...faint.pixels], Array(6).fill(100), "a map of nothing shows nothing");
  const lit = overlayEvidence(image, { height: 1, width: 2, map: new Float32Array([0, 1]) });
  assert.ok(lit.pixels[3] > lit.pixels[0] + 50);
});

test("pictures: small images in squares of pixels, large ones as they are", () => {
  const small = picture({ width: 28, height: 14, channels: 3, pixels: integers(28 * 14 * 3, 1, 256) });
  assert.equal([small.width, small.height, small.channels], [448, 224, 3]);
  assert.equal(small.pixels.subarray(0, 3), small.pixels.subarray(15 * 3, 16 * 3));
  assert.equal(small.pixels.subarray(0, 448 * 3), small.pixels.subarray(15 * 448 * 3, 16 * 448 * 3));
  assert.not.equal(small.pixels.subarray(0, 448 * 3), small.pixels.subarray(16 * 448 * 3, 17 * 448 * 3));
  const large = { width: 2000, height: 500, channels: 1 as const, pixels: new Uint8Array(1e6).fill(7) };
  assert.equal(picture(large), large);
  const fitting = { width: 500, height: 3, channels: 1 as const, pixels: new Uint8Array(1500).fill(7) };
  assert.equal(picture(fitting), fitting);
});

test("a map of a cropped image lies over its middle, one of a padded image reaches beyond it", () => {
  const image = { height: 20, width: 40 };
  assert.equal(shownRegion(image, { height: 28, width: 28 }), { top: 0, left: 0, height: 20, width: 40 });
  const crop = shownRegion(image, { height: 28, width: 28, fit: "crop" });
  assert.equal(crop, { top: 0, left: 10, height: 20, width: 20 });
  const pad = shownRegion(image, { height: 28, width: 28, fit: "pad" });
  assert.equal(pad, { top: -10, left: 0, height: 40, width: 40 });
  const grey = { ...image, channels: 1 as const, pixels: new Uint8Array(800).fill(90) };
  const map = { height: 2, width: 2, map: new Float32Array(4).fill(1) };
  const covered = (region?: Region) => {
    const { pixels } = overlayEvidence(grey, map, region);
    return Array.from({ length: 800 }, (_, i) => Number(pixels[3 * i] !== 90 || pixels[3 * i + 2] !== 90));
  };
  assert.ok(covered().every((value) => value === 1));
  assert.ok(covered(pad).every((value) => value === 1));
  assert.equal(
    covered(crop),
    Array.from({ length: 800 }, (_, i) => Number(i % 40 >= 10 && i % 40 < 30)),
  );
});

test("attributions: what speaks for the class is vermilion, against it blue, nothing stays grey", () => {
  const grey = { height: 1, width: 3, channels: 1 as const, pixels: new Uint8Array(3).fill(128) };
  const { pixels } = overlayAttribution(grey, { height: 1, width: 3, map: new Float32Array([2e-4, 0, -2e-4]) });
  assert.ok(pixels[0] > pixels[2] + 100 && pixels[8] > pixels[6] + 100);
  assert.equal([...pixels.subarray(3, 6)], [128, 128, 128]);
  const none = overlayAttribution(grey, { height: 1, width: 3, map: new Float32Array(3) });
  assert.ok(none.pixels.every((value) => value === 128));
});

test.run();
