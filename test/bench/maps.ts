// node build/test/bench/maps.js [--maps WORDS] [--trunk NAME] [MODEL [DATA]]: which map of evidence finds the pixels
// that matter, over 200 test images. Deletion: pixels are painted in the image's mean colour, those with most evidence
// first; insertion: they appear on an image of that colour. Each curve is the explained class's probability at 0, 1/20
// … 20/20 of the pixels; its mean is printed, so lower is better for deletion, higher for insertion. Petsiuk et al.
// 2018, https://arxiv.org/abs/1806.07421. Without MODEL, a network is trained on the sample first (thesis's recipe,
// seed 0).
import { parseArgs } from "node:util";
import { evaluate, loadEngine, loadModel, openDataset, train } from "../../host/api.ts";
import { fineMap, MAP_METHODS, mapLayers } from "../../host/explain/fineMap.ts";
import { gradCam } from "../../host/explain/gradCam.ts";
import { integratedGradients } from "../../host/explain/integratedGradients.ts";
import { occlusion } from "../../host/explain/occlusion.ts";
import { createNetwork, type Network } from "../../host/network/network.ts";
import { createNodePlatform } from "../../host/platform/node.ts";
import { parseTrainOptions } from "../../host/training/parse.ts";
import { trunkOf } from "../../host/training/trunk.ts";

const IMAGES = 200;
const STEPS = 20;

/** A map's values for one image, larger where there is more evidence for the label. */
type Maps = Record<string, (image: Uint8Array, label: number) => ArrayLike<number>>;

function mapsOf(network: Network): Maps {
  const maps: Maps = {
    random: (image) => Float64Array.from({ length: image.length / network.architecture.channels }, (_, i) => hash(i)),
    gradCam: (image, label) => gradCam(network, image, label).map,
    occlusion: (image, label) => occlusion(network, image, label).map,
  };
  for (const { name } of mapLayers(network).toReversed()) {
    for (const method of MAP_METHODS) {
      maps[`${method} ${name}`] = (image, label) => fineMap(network, image, label, { method, layer: name }).map;
    }
  }
  maps.integratedGradients = (image, label) => {
    const { map, gap } = integratedGradients(network, image, label);
    largestGap = Math.max(largestGap, gap);
    return map;
  };
  return maps;
}

/** Between the sum over the pixels and the change of the logit, in any image so far. */
let largestGap = 0;

/** Fixed numbers that look random, from 0 to 1. */
function hash(i: number): number {
  return ((Math.imul(i + 1, 2654435761) >>> 0) % 65_537) / 65_537;
}

function meanColor(image: Uint8Array, channels: number): number[] {
  const sums = new Array<number>(channels).fill(0);
  image.forEach((value, i) => {
    sums[i % channels] += value;
  });
  return sums.map((sum) => Math.round((sum * channels) / image.length));
}

/** The mean probability of the label while pixels go (or come) in the order of the map. */
function curves(network: Network, image: Uint8Array, label: number, map: ArrayLike<number>): [number, number] {
  const { channels, classes } = network.architecture;
  const color = meanColor(image, channels);
  const order = Array.from({ length: map.length }, (_, i) => i).sort((a, b) => map[b] - map[a] || a - b);
  const blank = image.map((_, i) => color[i % channels]);
  const series = (from: Uint8Array, to: Uint8Array) => {
    const images = new Uint8Array((STEPS + 1) * image.length);
    const shown = from.slice();
    for (let step = 0; step <= STEPS; step++) {
      const [first, last] = [step - 1, step].map((at) => Math.max(0, Math.round((at * order.length) / STEPS)));
      for (const pixel of order.slice(first, last)) {
        for (let c = 0; c < channels; c++) shown[pixel * channels + c] = to[pixel * channels + c];
      }
      images.set(shown, step * image.length);
    }
    const probs = network.softmax(network.predict(images));
    return Array.from({ length: STEPS + 1 }, (_, step) => probs[step * classes + label]);
  };
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return [mean(series(image, blank)), mean(series(blank, image))];
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { maps: { type: "string", default: "" }, trunk: { type: "string", default: "thesis" } },
});
const [modelPath, dataPath] = positionals;
const engine = await loadEngine({ threads: 1 });
let network: Network;
let task: "binary" | "multiclass" = "binary";
if (modelPath) {
  const { network: loaded, info } = await loadModel(engine, modelPath);
  network = loaded;
  task = info.data.task as typeof task;
} else {
  const data = await openDataset(undefined, { task });
  const { channels, height, width } = data;
  const head = { kind: "quantum", wires: 4, layers: 3 } as const;
  const trunk = await trunkOf(createNodePlatform(), parseTrainOptions({ trunk: values.trunk }));
  network = createNetwork(engine, { channels, height, width, classes: data.classNames.length, head, trunk });
  for await (const epoch of train(network, data, { epochs: 20 })) console.error(`epoch ${epoch.epoch}`, epoch.val);
}
const data = await openDataset(dataPath, { task });
const { images, labels } = await data.split("test");
const { metrics } = await evaluate(network, data);
console.log(`accuracy on the test split: ${metrics.accuracy.toFixed(4)}`);
const size = images.length / labels.length;
const count = Math.min(IMAGES, labels.length);
const { classes } = network.architecture;
const logits = network.predict(images.slice(0, count * size));
console.log(`${count} test images, explained: the predicted class`);
console.log(["map", "deletion", "insertion", "insertion − deletion", "empty", "largest gap"].join("\t"));
const chosen = Object.entries(mapsOf(network)).filter(([name]) => new RegExp(values.maps).test(name));
for (const [name, mapOf] of chosen) {
  let [deletion, insertion, empty] = [0, 0, 0];
  for (let n = 0; n < count; n++) {
    const image = images.slice(n * size, (n + 1) * size);
    const row = logits.subarray(n * classes, (n + 1) * classes);
    const label = row.indexOf(Math.max(...row));
    const map = mapOf(image, label);
    if (Array.from(map).every((value) => value === 0)) empty += 1;
    const [less, more] = curves(network, image, label, map);
    deletion += less / count;
    insertion += more / count;
  }
  const figures = [deletion, insertion, insertion - deletion].map((value) => value.toFixed(4));
  const gap = name === "integratedGradients" ? largestGap.toExponential(1) : "";
  console.log([name, ...figures, empty, gap].join("\t"));
}
