import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadModel, predict, saveModel } from "../../../../host/api.ts";
import { cut } from "../../../../host/datasets/fit.ts";
import { decodeImage } from "../../../../host/datasets/formats/image.ts";
import { explainInput } from "../../../../host/explain/explain.ts";
import { createNetwork, type NetworkOptions } from "../../../../host/network/network.ts";
import { number } from "../../../../host/web/parts/figures.tsx";
import { greyMap, magnitude } from "../../../../host/web/parts/maps.ts";
import { pictureOf } from "../../../../host/web/protocol/picture.ts";
import { ModelSession } from "../../../../host/web/worker/model.ts";
import { compileBuild } from "../../../util/builds.ts";
import { repository } from "../../../util/paths.ts";
import { refused } from "../../../util/refusal.ts";

const engine = await compileBuild("strict");
const rgb = readFileSync(repository("test/fixtures/images/rgb8.png"));

function model(options: Partial<NetworkOptions> = {}): Uint8Array<ArrayBuffer> {
  const head = { kind: "quantum", wires: 4, layers: 3 } as const;
  const network = createNetwork(engine, { channels: 3, classes: 2, head, seed: 5, ...options });
  const data = { name: "none", md5: null, task: "binary", protocol: "official", positive: null, splitRatio: 0.8 };
  const training = { epoch: 1, seed: 5, val: { loss: 1, accuracy: 1, auc: 1 } };
  return saveModel(network, { classNames: ["a", "b"], data, training });
}

const openSession = async (options?: Partial<NetworkOptions>) =>
  new ModelSession(await loadModel(engine, model(options)));

const test = suite("a model in the page's worker");

test("sees what predict sees, and shows the image as it came", async () => {
  const session = await openSession();
  const seen = await session.see({ name: "rgb8.png", source: new Blob([rgb]) });
  const { network } = await loadModel(engine, model());
  const [{ label, probs }] = await predict(network, [rgb]);
  assert.is(seen.predicted, label);
  assert.equal(seen.probs, probs);
  assert.is(seen.input.length, 28 * 28 * 3);
  assert.is(seen.preview.rgba.length, 4 * seen.preview.height * seen.preview.width);
});

test("classifies a part of a picture, and says where it lies in what is shown", async () => {
  const session = await openSession();
  const source = await decodeImage(rgb, "rgb8.png");
  const whole = await session.see({ name: "a", source });
  assert.equal([whole.crop, whole.region], [null, { top: 0, left: 0, height: source.height, width: source.width }]);
  const crop = { top: 1, left: 2, height: 4, width: 4 };
  const seen = await session.see({ name: "a", source, crop });
  assert.equal([seen.crop, seen.region], [crop, crop]);
  assert.equal(seen.input, (await session.see({ name: "a", source: cut(source, crop) })).input);
  assert.equal(seen.preview, whole.preview);
  // a wide photo: all of it, as predict does, and that its shape changes is said
  const wide = { height: 100, width: 300, channels: 1 as const, pixels: new Uint8Array(30_000).map((_, i) => i % 300) };
  const photo = await session.see({ name: "b", source: wide });
  assert.is(photo.crop, null);
  const { network } = await loadModel(engine, model());
  assert.equal(photo.probs, (await predict(network, [wide]))[0].probs);
  const isSaid = ({ notes }: typeof photo) =>
    notes.some((text) => text.startsWith("All 300×100 pixels are classified"));
  assert.ok(isSaid(photo));
  const middle = { top: 0, left: 100, height: 100, width: 100 };
  assert.not.ok(isSaid(await session.see({ name: "b", source: wide, crop: middle })));
});

test("explains as hqcnn explain does, and says which class", async () => {
  const session = await openSession();
  const { input } = await session.see({ name: "rgb8.png", source: new Blob([rgb]) });
  const { network } = await loadModel(engine, model());
  assert.equal(session.explain(input, 1), explainInput(network, input, { label: 1, integratedGradients: false }));
  assert.is(session.layers(input).length, session.describe().layers.length);
});

test("the image's own angles give the image's own answer; other angles another", async () => {
  const session = await openSession();
  const seen = await session.see({ name: "rgb8.png", source: new Blob([rgb]) });
  const angles = session.angles(seen.input);
  const own = session.circuit(angles);
  own.probs.forEach((share, label) => {
    assert.ok(Math.abs(share - seen.probs[label]) < 1e-6);
  });
  const turned = session.circuit(angles.map((angle) => angle + 1));
  assert.ok(Math.abs(turned.probs[0] - own.probs[0]) > 1e-4);
  const { weights } = session.describe().circuit!;
  assert.equal(session.circuit(angles, weights).probs, own.probs);
  const reweighted = session.circuit(
    angles,
    weights.map((weight) => weight + 1),
  );
  assert.ok(Math.abs(reweighted.probs[0] - own.probs[0]) > 1e-4);
  assert.equal(turned.wires.steps.length, session.describe().circuit?.data.operations.length);
});

test("a network without a quantum layer has no circuit to describe", async () => {
  const about = (await openSession({ head: { kind: "dense", wires: 4 } })).describe();
  assert.equal([about.circuit, about.off], [null, null]);
  const parameters = about.layers.reduce((sum, layer) => sum + layer.parameters, 0);
  assert.is(
    parameters,
    createNetwork(engine, { channels: 3, classes: 2, head: { kind: "dense", wires: 4 } }).numParams,
  );
});

test("what is no image, and one too large, is refused in a sentence that names it", async () => {
  const session = await openSession();
  const see = (source: Blob) => session.see({ name: "notes.txt", source });
  await refused(() => see(new Blob(["hello"])), "notes.txt: expected an image (PNG, JPEG, TIFF", "got 5 bytes");
  const huge = Object.defineProperty(new Blob(), "size", { value: 2 ** 31 });
  await refused(() => see(huge), "notes.txt: expected an image file of at most 256 MB, got 2048 MB");
});

test("maps, pictures and numbers", () => {
  assert.equal([...greyMap([0, 1, 2, 4], 2, 2, 0, 2).rgba.filter((_, i) => i % 4 === 0)], [0, 128, 255, 255]);
  assert.equal([...greyMap([3, 3], 1, 2, 3, 3).rgba], [0, 0, 0, 255, 0, 0, 0, 255]); // one value: no division by 0
  assert.equal([magnitude([1, -3, 2]), magnitude([0, 0])], [3, 1]);
  const grey = pictureOf({ height: 1, width: 2, channels: 1, pixels: Uint8Array.of(7, 9) });
  assert.equal([...grey.rgba], [7, 7, 7, 255, 9, 9, 9, 255]);
  assert.equal([number(-0.5), number(-0.0001, 2), number(1.23456)], ["−0.500", "0.00", "1.235"]);
});

test.run();
