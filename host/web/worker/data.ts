import { loadEngine } from "../../api.ts";
import { HqcnnError } from "../../check.ts";
import { readImages } from "../../datasets/images.ts";
import { classCounts, labelsOf } from "../../datasets/inspect.ts";
import { cachePath, fetchDataset } from "../../datasets/sources/download.ts";
import { sampleName, setFile } from "../../datasets/sources/medmnist.ts";
import type { Dataset, Split } from "../../datasets/types.ts";
import { augmentImages } from "../../network/augment.ts";
import { augmentation } from "../../training/loop.ts";
import { optionsOf, type TrainOptions } from "../../training/options.ts";
import { parseTrainOptions } from "../../training/parse.ts";
import { readRunConfig } from "../../training/record.ts";
import { openTrainingData, warningsOf } from "../../work/data.ts";
import { splitOf } from "../../work/evaluate.ts";
import type { Sample, SessionApi, StoredData } from "../protocol/messages.ts";
import { pictureOf } from "../protocol/picture.ts";
import { SHIPPED } from "../protocol/state.ts";
import { DROPPED, keepDropped } from "./dropped.ts";
import { locked, throttle } from "./locks.ts";
import type { ShippedPlatform } from "./shipped.ts";

type DataCalls = Pick<
  SessionApi,
  | "describeData"
  | "samples"
  | "testSamples"
  | "augmented"
  | "fetchData"
  | "keep"
  | "stopFetch"
  | "storedData"
  | "removeData"
>;

/** The calls about data sets, and how the rest of the worker opens one: the set opened last is kept. */
export function dataCalls(platform: ShippedPlatform): DataCalls & { open(options: TrainOptions): Promise<Dataset> } {
  /** By its options. */
  let last: { key: string; dataset: Promise<Dataset> } | null = null;
  let fetching = new AbortController();

  const calls: ReturnType<typeof dataCalls> = {
    async open(options) {
      const { data } = options;
      const key = JSON.stringify(optionsOf("data", options));
      if (data !== sampleName && setFile(data) && !(await platform.stat(cachePath(data, platform)))) {
        throw new HqcnnError(`${data} is not in this browser yet: fetch it in the view “Train”, under “Data”`);
      }
      if (last?.key !== key) {
        const opened = { key, dataset: openTrainingData(platform, options) };
        opened.dataset.catch(() => {
          if (last === opened) last = null; // it may be there the next time
        });
        last = opened;
      }
      return last.dataset;
    },

    async describeData(given) {
      const data = await calls.open(parseTrainOptions(given));
      const { name, height, width, channels, classNames, protocol, source, steps } = data;
      return {
        ...{ name, size: [height, width, channels], classNames, protocol, steps, warnings: await warningsOf(data) },
        ...{ license: source.license, citation: source.citation, counts: await classCounts(data) },
        trainImages: data.counts.train,
      };
    },

    async samples(given, split, perClass) {
      const data = await calls.open(parseTrainOptions(given));
      const from = await data.split(split);
      const found = data.classNames.flatMap((_, label) =>
        firstOf(from, label, perClass).map((index) => ({
          index,
          label,
          ...(from.matrix && { labels: labelsOf(from, index) }),
        })),
      );
      // An image of several labels is shown once.
      const shown = found.filter(({ index }, i) => found.findIndex((other) => other.index === index) === i);
      const images = await readImages(
        from,
        shown.map(({ index }) => index),
      );
      return shown.map((about, i) => sampleOf(data, images, i, about));
    },

    async testSamples(info, folder, perClass) {
      const shipped = folder === SHIPPED ? await platform.shippedImages(perClass) : null;
      if (shipped) return shipped;
      const { name, md5, reading } = info.data;
      const run = folder === null ? null : (await readRunConfig(platform, folder)).options;
      const stored = await calls.storedData();
      const kept =
        stored.find(({ path }) => path === run?.data) ??
        stored.find((each) => each.name.replace(/\.npz$/, "") === name);
      if (!kept && !setFile(name)) {
        throw new HqcnnError(
          `${name}, which the model was trained on, is not in this browser: open it in the view “Train”, under “Data”`,
        );
      }
      const { height, width, fit } = info.architecture;
      const { range, window, ...others } = reading?.stated ?? {};
      const stated = {
        ...others,
        ...(range && { range: range === "auto" ? range : [...range] }),
        ...(window && { window: [...window] }),
      };
      const inModel = { ...splitOf(info), ...stated, size: `${height}x${width}`, ...(fit && { fit }) };
      const given = { ...(run ?? inModel), data: kept?.path ?? name };
      const { source } = await calls.open(parseTrainOptions(given));
      if (source.md5 !== md5) {
        throw new HqcnnError(
          `${name}: expected the data that the model was trained on, with MD5 ${md5}, got ${source.md5}`,
        );
      }
      return calls.samples(given, "test", perClass);
    },

    async augmented(given, indices, epoch) {
      const options = parseTrainOptions(given);
      const augment = augmentation(options, epoch);
      if (!augment) return null;
      const data = await calls.open(options);
      const train = await data.split("train");
      const chosen = await readImages(train, indices);
      const engine = await loadEngine({ platform, threads: 1 });
      const shape = [data.height, data.width, data.channels] as const;
      const changed = augmentImages(engine, chosen, shape, Uint32Array.from(indices), augment);
      return indices.map((index, i) => sampleOf(data, changed, i, { index, label: train.labels[index] }));
    },

    async fetchData(name, onProgress) {
      const tell = throttle(onProgress);
      // Two at once would both append to the part that is there.
      await locked(platform, cachePath(name, platform), () => {
        fetching = new AbortController();
        return fetchDataset(name, { platform, signal: fetching.signal, onProgress: tell });
      });
      last = null;
    },

    keep(given, onProgress) {
      fetching = new AbortController();
      return keepDropped(given, { platform, signal: fetching.signal, onProgress: throttle(onProgress) });
    },

    stopFetch: () => fetching.abort(),

    async storedData() {
      const entries = async (folder: string) => ((await platform.stat(folder)) === null ? [] : platform.list(folder));
      const fetched = (await entries(platform.cacheFolder)).filter(({ name }) => name.endsWith(".npz"));
      const own: StoredData[] = [];
      for (const { name: folder } of await entries(DROPPED)) {
        if (folder.startsWith(".")) continue;
        for (const { name } of await entries(platform.join(DROPPED, folder))) {
          own.push({ path: platform.join(DROPPED, folder, name), name });
        }
      }
      return [...fetched.map(({ name }) => ({ path: name.slice(0, -4), name: name.slice(0, -4) })), ...own];
    },

    async removeData(path) {
      last = null;
      if (path.startsWith(DROPPED)) await platform.removeFolder(platform.join(path, ".."));
      else await platform.removeFile(cachePath(path, platform));
    },
  };
  return calls;
}

/** Image `at` of `images`, which are the data set's or have its form. */
function sampleOf(
  { height, width, channels }: Dataset,
  images: Uint8Array,
  at: number,
  about: Pick<Sample, "index" | "label" | "labels">,
): Sample {
  const size = height * width * channels;
  const pixels = images.subarray(at * size, (at + 1) * size);
  return { ...about, ...pictureOf({ height, width, channels, pixels }) };
}

function firstOf({ labels, matrix, count }: Split, label: number, most: number): number[] {
  const found: number[] = [];
  const width = matrix ? matrix.length / count : 1;
  const has = (i: number) => (matrix ? matrix[i * width + label] === 1 : labels[i] === label);
  for (let i = 0; i < count && found.length < most; i++) if (has(i)) found.push(i);
  return found;
}
