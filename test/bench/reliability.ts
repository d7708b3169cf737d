// node build/test/bench/reliability.js RUN [DATA…]: how well a model's flag "unlike the training images" (see
// host/evaluation/reliability.ts) tells test images of its own data from others: those of DATA, noise, blank images
// with a little noise, blurred images, and images with red and blue exchanged (grey ones: the negative). For each: the
// AUROC of the distance and, beside it, of 1 − the largest probability, with the share that is flagged. Nothing was
// tuned on these. At most 512 images each.
import { join } from "node:path";
import { loadEngine, loadModel, openDataset, predict } from "../../host/api.ts";
import { readImages } from "../../host/datasets/images.ts";
import { createNodePlatform } from "../../host/platform/node.ts";
import { delongAuc } from "../../host/statistics/delong.ts";
import { readRunConfig } from "../../host/training/record.ts";
import { integers } from "../util/numbers.ts";

const MOST = 512;

interface Images {
  width: number;
  height: number;
  channels: 1 | 3;
  pixels: Uint8Array;
}

const [run, ...others] = process.argv.slice(2);
const platform = createNodePlatform();
const { options } = await readRunConfig(platform, run);
const { network, info } = await loadModel(await loadEngine(), join(run, "model.safetensors"));
const { reliability } = info;
if (!reliability) throw new Error(`${run}: the model has no reliability: train it again`);

async function testImages(source: string, positive?: number[]): Promise<Images[]> {
  const set = await openDataset(source, positive ? { positive } : { task: "multiclass" });
  const split = await set.split("test");
  const count = Math.min(MOST, split.count);
  const size = set.width * set.height * set.channels;
  const all = await readImages(
    split,
    Uint32Array.from({ length: count }, (_, i) => Math.floor((i * split.count) / count)),
  );
  const { width, height, channels } = set;
  return Array.from({ length: count }, (_, n) => ({
    width,
    height,
    channels,
    pixels: all.slice(n * size, (n + 1) * size),
  }));
}

/** The mean over (2 · reach + 1)² pixels. */
function blurred({ width, height, channels, pixels }: Images, reach: number): Images {
  const out = pixels.map((_, i) => {
    const [c, x, y] = [i % channels, Math.floor(i / channels) % width, Math.floor(i / channels / width)];
    let [sum, count] = [0, 0];
    for (let v = Math.max(0, y - reach); v <= Math.min(height - 1, y + reach); v++) {
      for (let u = Math.max(0, x - reach); u <= Math.min(width - 1, x + reach); u++) {
        sum += pixels[(v * width + u) * channels + c];
        count += 1;
      }
    }
    return Math.round(sum / count);
  });
  return { width, height, channels, pixels: out };
}

const own = await testImages(options.data, info.data.positive ?? undefined);
const { width, height, channels } = own[0];
const size = width * height * channels;
const made: Record<string, Images[]> = {
  noise: own.map((image, n) => ({ ...image, pixels: integers(size, n, 256) })),
  blank: own.map((image, n) => {
    const colors = integers(channels, 1000 + n, 256);
    const grain = integers(size, 5000 + n, 7);
    return { ...image, pixels: grain.map((value, i) => Math.min(255, Math.max(0, colors[i % channels] + value - 3))) };
  }),
  [channels === 3 ? "red and blue exchanged" : "negative"]: own.map((image) => ({
    ...image,
    pixels: image.pixels.map((value, i) => (channels === 3 ? image.pixels[i - (i % 3) + 2 - (i % 3)] : 255 - value)),
  })),
  "blurred over 3×3 pixels": own.map((image) => blurred(image, 1)),
  "blurred over 5×5 pixels": own.map((image) => blurred(image, 2)),
  "blurred over 9×9 pixels": own.map((image) => blurred(image, 4)),
};
for (const name of others) made[name.replace(/^.*\/|\.npz$/g, "")] = await testImages(name);

const seen = async (images: Images[]) =>
  (await predict(network, images, { reliability })) as Required<Awaited<ReturnType<typeof predict>>[number]>[];
const normal = await seen(own);
const share = (flags: boolean[]) => `${((100 * flags.filter(Boolean).length) / flags.length).toFixed(1)} %`;
console.log(
  `${run}: ${info.data.name}, ${own.length} test images, of which flagged ${share(normal.map(({ unlike }) => unlike))}`,
);
console.log("images                     AUROC distance  AUROC probability  flagged");
for (const [name, images] of Object.entries(made)) {
  const strange = await seen(images);
  const labels = [...normal.map(() => 0), ...strange.map(() => 1)];
  const auroc = (score: (one: (typeof normal)[number]) => number) =>
    delongAuc(labels, [...normal, ...strange].map(score)).auc!.toFixed(3);
  const [far, unsure] = [auroc(({ distance }) => distance), auroc(({ probs }) => -Math.max(...probs))];
  console.log(
    `${name.padEnd(26)} ${far.padEnd(15)} ${unsure.padEnd(18)} ${share(strange.map(({ unlike }) => unlike))}`,
  );
}
