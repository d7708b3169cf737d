import { HqcnnError, UsageError } from "../check.ts";
import { type Known, matchClasses } from "./classes.ts";
import { createSplit, type Place, placedImages } from "./images.ts";
import { type FindOptions, findSource } from "./sources/find.ts";
import { sampleName } from "./sources/medmnist.ts";
import type { Source } from "./sources/source.ts";
import { divide } from "./split.ts";
import { absentWarnings, binaryTask, inOrder, type LabelMap, multiclassTask, orderStep } from "./task.ts";
import {
  type Dataset,
  type Permutation,
  type Protocol,
  type Split,
  type SplitName,
  type Stated,
  type StoredImages,
  splitNames,
  type Task,
} from "./types.ts";

export interface OpenOptions extends FindOptions {
  /**
   * Default: "multilabel" where images have several labels; "binary" where positive labels are given or known, or there
   * are two classes; "ordinal" for RetinaMNIST; else "multiclass". "published": the same without positive labels, and
   * "multiclass" for two classes.
   */
  task?: Task | "published";
  /** Labels whose union is class 1 of the binary task. Default: the thesis's, or label 1 of a set of two classes. */
  positive?: readonly number[];
  /** Default "official". Data that state no splits are always split here. */
  protocol?: Protocol;
  /** Part of the images that is not test, for "pooled", folders and the like; see stratifiedSplit. Default 0.8. */
  splitRatio?: number;
  /** Needed where splits are drawn. */
  permutation?: Permutation;
  /**
   * To evaluate a model: classes are matched to its classes by name. Data that it was trained on are split as they were
   * then; of others splits may be missing, and those that state no splits are all test images.
   */
  model?: Known;
  /** Only to look at: splits may be missing. */
  look?: boolean;
  /** Data's class → model's class, where names differ. */
  renames?: Readonly<Record<string, string>>;
}

/**
 * Opens a data set: nothing or "bloodmnist-sample" (the embedded sample), a MedMNIST name (looked up in the cache
 * folder; "bloodmnist_64" is its file of 64 pixels), the path of an npz, of a CSV with image paths and labels, or of a
 * folder with one subfolder a class, a URL, a File, a Blob, or the bytes of an npz. Labels are checked now, images are
 * read when a split is asked for. Throws a HqcnnError about the source, a UsageError about the options.
 */
export async function openDataset(
  from?: string | URL | Blob | Uint8Array,
  options: OpenOptions = {},
): Promise<Dataset> {
  const isLenient = options.model !== undefined || options.look === true;
  const found = await findSource(from ?? sampleName, {
    ...options,
    anyClasses: isLenient,
    multilabel: options.task === "multilabel",
  });
  const isTrainedOn = options.model ? isOf(found, options.model) : false;
  const { source, steps } = options.model ? withKnownClasses(found, options) : { source: found, steps: [] };
  const isMultilabel = source.parts.some(({ matrix }) => matrix !== null);
  const task = taskOf(source, options, isMultilabel);
  if (isMultilabel && task !== "multilabel") {
    throw new HqcnnError(
      `${source.name} is a multi-label set (several labels an image: ${source.classNames.join(", ")}); ` +
        `the task ${task} learns one class an image: leave out the task, or choose another set`,
    );
  }
  if (!isMultilabel && task === "multilabel") {
    throw new UsageError(`${source.name}: the task multilabel needs several labels an image, these have one each`);
  }
  if (isMultilabel && options.positive) {
    throw new UsageError(
      `${source.name}: positive labels are for the task binary; images with several labels learn each`,
    );
  }
  if (task === "ordinal" && source.classNames.length < 3 && !isLenient) {
    throw new UsageError(
      `${source.name}: the task ordinal needs three or more classes in an order, got ${source.classNames.join(", ")}: choose binary`,
    );
  }
  const positive = task === "binary" ? positiveOf(source, options) : null;
  const map = positive ? binaryTask(source.classNames, positive) : multiclassTask(source.classNames);
  const plan = splitsOf(source, options, isTrainedOn);
  const labels = source.parts.map((part) =>
    (part.labels ?? new Uint8Array(part.count)).map((label) => map.labels[label]),
  );
  const learned = mapSplits((name) => gather(labels, 1, plan.splits[name]));
  if (!isLenient && !isMultilabel) checkTrain(source, map, learned);
  if (options.model) checkKnown(source, map, options.model);
  const rows = isMultilabel ? mapSplits((name) => rowsOf(source, plan.splits[name])) : null;
  const absent = absentWarnings(source, map, learned, rows, options.model !== undefined);
  const { name, channels, height, width, skipped, values } = source;
  const read: Partial<Record<SplitName, Promise<Split>>> = {};
  const images = imagesOf(source, plan);
  return {
    ...{ name, channels, height, width, skipped, task },
    classNames: map.classNames,
    counts: mapSplits((split) => learned[split].length),
    protocol: plan.isPooled ? "pooled" : "official",
    source: source.source,
    warnings: [...source.warnings, ...plan.warnings, ...absent],
    steps: [...source.steps, ...plan.steps, ...steps, ...orderStep(source, task)],
    reading: {
      ...{ sourceClasses: source.classNames, positive: positive && [...positive], values },
      fit: options.fit ?? "squash",
      stated: statedOf(options),
    },
    split(name) {
      read[name] ??= images(name).then((images) => {
        const about = { count: learned[name].length, labels: learned[name], ...(rows && { matrix: rows[name] }) };
        return createSplit(source.name, { ...about, ...(task === "ordinal" && { ordered: true as const }) }, images);
      });
      return read[name];
    },
  };
}

/** Labels (count, classes) of a split of images with several. */
function rowsOf({ parts, classNames }: Source, places: Plan["splits"][SplitName]): Uint8Array {
  const rows = parts.map(({ matrix }) => matrix as Uint8Array);
  return gather(rows, classNames.length, places);
}

/** The options that say which part of a file is read and what becomes black and white, if there are any. */
function statedOf(options: FindOptions): Stated | null {
  const { range, frame } = options;
  const centered = options.window;
  const stated: Stated = {
    ...(range && { range: range === "auto" ? range : [range[0], range[1]] }),
    ...(!range && centered && { window: [centered[0], centered[1]] }),
    ...(frame !== undefined && { frame }),
  };
  return Object.keys(stated).length > 0 ? stated : null;
}

/**
 * Whether data are those that a model was trained on. Folders had no checksum in old versions: there the name must do.
 */
function isOf({ source, name }: Source, model: Known): boolean {
  return model.md5 === null ? name === model.name : source.md5 === model.md5;
}

/** The source with the labels and names of the classes that the model knows. */
function withKnownClasses(source: Source, options: OpenOptions): { source: Source; steps: string[] } {
  const { model, renames } = options;
  // Models of old versions do not tell the classes before a union.
  const isUnion = options.task === "binary" && source.classNames.length > 2;
  const known = model!.sourceClasses ?? (isUnion ? undefined : model!.classNames);
  if (known === undefined || known.join("\n") === source.classNames.join("\n")) return { source, steps: [] };
  const { labels, steps } = matchClasses(source, known, renames);
  const missing = known.filter((_, label) => !labels.includes(label));
  if (missing.length > 0 && source.parts.some(({ matrix }) => matrix)) {
    throw new HqcnnError(
      `${source.name}: expected all labels of the model, got none for ${missing.join(", ")}: whether images have them is unknown`,
    );
  }
  const parts = source.parts.map((part) => ({
    ...part,
    labels: part.labels?.map((label) => labels[label]) ?? null,
    matrix: part.matrix && inOrder(part.matrix, labels, known.length),
  }));
  return { source: { ...source, classNames: [...known], parts }, steps };
}

function taskOf(source: Source, options: OpenOptions, isMultilabel: boolean): Task {
  const { classNames, positive, isOrdinal } = source;
  if (options.task && options.task !== "published") return options.task;
  if (isMultilabel) return "multilabel";
  const several = isOrdinal ? "ordinal" : "multiclass";
  if (options.task === "published") return several;
  return options.positive || positive || classNames.length <= 2 ? "binary" : several;
}

function positiveOf({ name, positive, classNames }: Source, options: OpenOptions): readonly number[] {
  const labels = options.positive ?? positive ?? (classNames.length === 2 ? [1] : undefined);
  if (labels) return labels;
  checkClasses(name, classNames);
  const allowed = classNames.map((className, label) => `${label} ${className}`).join(", ");
  throw new UsageError(
    `${name}: the binary task needs its positive labels, some of: ${allowed}; or choose the task multiclass`,
  );
}

interface Plan {
  splits: Record<SplitName, Place[] | { part: number; count: number }>;
  /** All images were split again here, although or because they state no splits. */
  isPooled: boolean;
  warnings: string[];
  steps: string[];
}

/** Which images are in which split: as stated, drawn from a pool, or with val or test drawn from train. */
function splitsOf(source: Source, options: OpenOptions, isTrainedOn: boolean): Plan {
  const { parts } = source;
  const { model, splitRatio = 0.8, protocol = "official" } = options;
  const whole = (split: SplitName) => {
    const part = parts.findIndex((each) => each.split === split);
    return { part: Math.max(part, 0), count: part < 0 ? 0 : parts[part].count };
  };
  const hasPool = parts[0].split === null;
  if (model && !isTrainedOn && hasPool) {
    const all = { part: 0, count: parts[0].count };
    const none = { part: 0, count: 0 };
    const steps = [
      `states no splits, and is not what the model was trained on: all ${all.count} images are the test split`,
    ];
    return { splits: { train: none, val: none, test: all }, isPooled: false, warnings: [], steps };
  }
  const isPooled = hasPool || (protocol === "pooled" && (model === undefined || isTrainedOn));
  if (!isPooled) checkGroups(source);
  if (isPooled) {
    const warnings =
      hasPool && parts.length === 1
        ? []
        : [
            `${source.name}: pooled protocol, split again by the seed: its figures are not comparable with published ones`,
          ];
    const steps = hasPool
      ? [
          `split by the seed: ${percent((splitRatio * 7) / 8)} train, ${percent(splitRatio / 8)} val, ${percent(1 - splitRatio)} test`,
        ]
      : [];
    return {
      splits: draw(
        source,
        parts.map((_, i) => i),
        splitRatio,
        ["val", "test"],
        options,
      ),
      isPooled: true,
      warnings,
      steps,
    };
  }
  const stated = mapSplits(whole);
  const missing = splitNames.filter((name) => stated[name].count === 0);
  // What a model was trained on is split as it was then.
  const isOther = model !== undefined && (!isTrainedOn || missing.includes("train"));
  if (missing.length === 0 || isOther || options.look)
    return { splits: stated, isPooled: false, warnings: [], steps: [] };
  if (missing.includes("train")) {
    const has = splitNames.filter((name) => stated[name].count > 0).join(" and ");
    throw new HqcnnError(
      `${source.name}: expected a train split, got ${has} alone: these can be evaluated (hqcnn evaluate MODEL --data …), not trained`,
    );
  }
  const drawn = missing as ("val" | "test")[];
  const fromTrain = draw(source, [stated.train.part], splitRatio, drawn, options);
  const splits = mapSplits((name) => (stated[name].count > 0 && name !== "train" ? stated[name] : fromTrain[name]));
  const steps = drawn.map(
    (name) => `no ${name} split: ${(splits[name] as Place[]).length} images of train are ${name}, drawn by the seed`,
  );
  return { splits, isPooled: false, warnings: [], steps };
}

function draw(
  source: Source,
  from: readonly number[],
  ratio: number,
  drawn: ("val" | "test")[],
  { permutation }: OpenOptions,
): Record<SplitName, Place[]> {
  if (!permutation) throw new UsageError(`${source.name}: splitting needs a permutation; pass options.permutation`);
  const pool = from.flatMap((part) =>
    Array.from({ length: source.parts[part].count }, (_, index) => ({ part, index })),
  );
  const isMultilabel = source.parts[0].matrix !== null;
  const labels = Uint8Array.from(pool, ({ part, index }) => source.parts[part].labels?.[index] ?? 0);
  checkGrouped(source, from);
  const groups = source.parts[from[0]].groups === null ? null : from.flatMap((part) => source.parts[part].groups ?? []);
  const classNames = isMultilabel ? ["all"] : source.classNames;
  const indices = divide({ labels, classNames, groups, permutation }, ratio, drawn);
  return mapSplits((name) => Array.from(indices[name], (index) => pool[index]));
}

/** Groups of some images alone cannot keep a patient's images together. */
function checkGrouped({ name, parts }: Source, from: readonly number[]): void {
  const [grouped, others] = [true, false].map((has) => from.filter((part) => (parts[part].groups !== null) === has));
  if (grouped.length === 0 || others.length === 0) return;
  const text = (some: readonly number[]) => some.map((part) => parts[part].split).join(" and ");
  throw new HqcnnError(
    `${name}: expected groups for the images of all splits, as they are split again, got them for ${text(grouped)} but ` +
      `not for ${text(others)}: add them, or choose the official protocol`,
  );
}

/** Images of one patient in two splits would flatter the network. */
function checkGroups({ name, parts }: Source): void {
  const splitsOfGroup = new Map<string, SplitName | null>();
  for (const { groups, split } of parts) {
    for (const group of groups ?? []) {
      const first = splitsOfGroup.get(group);
      if (first !== undefined && first !== split) {
        throw new HqcnnError(
          `${name}: group ${group} is in ${first} and in ${split}: one patient's images belong in one split; leave out the ` +
            "splits, and they are drawn by groups",
        );
      }
      splitsOfGroup.set(group, split);
    }
  }
}

/** The classes must be the model's, in its order: a model that is right would be wrong otherwise. */
function checkKnown({ name }: Source, { classNames }: LabelMap, known: Known): void {
  if (classNames.join("\n") === known.classNames.join("\n")) return;
  throw new HqcnnError(
    `${name}: expected the model's classes ${known.classNames.join(", ")}, got ${classNames.join(", ")}`,
  );
}

function checkTrain({ name }: Source, { classNames }: LabelMap, { train }: Record<SplitName, Uint8Array>): void {
  checkClasses(name, classNames);
  classNames.forEach((className, label) => {
    if (train.includes(label)) return;
    throw new UsageError(
      `${name}: class ${label} (${className}) has no image in train; choose other labels or another task`,
    );
  });
}

function checkClasses(name: string, classNames: readonly string[]): void {
  if (classNames.length >= 2) return;
  throw new HqcnnError(`${name}: expected at least 2 classes, got only ${classNames.join(", ") || "none"}`);
}

/** Rows of `width` bytes of the images of a split, out of the parts. */
function gather(parts: readonly Uint8Array[], width: number, places: Plan["splits"][SplitName]): Uint8Array {
  if (!Array.isArray(places)) return parts[places.part].subarray(0, places.count * width);
  const out = new Uint8Array(places.length * width);
  places.forEach(({ part, index }, at) => {
    if (width === 1) out[at] = parts[part][index];
    else out.set(parts[part].subarray(index * width, (index + 1) * width), at * width);
  });
  return out;
}

/** Reads the images of a split, if not on disk. Those of drawn splits are read together, a part at a time. */
function imagesOf(source: Source, { splits }: Plan): (name: SplitName) => Promise<Uint8Array | StoredImages> {
  const bytes = source.height * source.width * source.channels;
  const readDrawn = async () => {
    const drawn = splitNames.filter((name) => Array.isArray(splits[name]));
    const images = Object.fromEntries(
      drawn.map((name) => [name, new Uint8Array((splits[name] as Place[]).length * bytes)]),
    );
    const parts = new Set(drawn.flatMap((name) => (splits[name] as Place[]).map(({ part }) => part)));
    for (const part of parts) {
      const from = await source.images(part);
      for (const name of drawn) {
        (splits[name] as Place[]).forEach((place, at) => {
          if (place.part !== part) return;
          images[name].set(from.subarray(place.index * bytes, (place.index + 1) * bytes), at * bytes);
        });
      }
    }
    return images;
  };
  let all: ReturnType<typeof readDrawn> | undefined;
  return async (name) => {
    const places = splits[name];
    const { stored } = source;
    if (!Array.isArray(places)) {
      if (places.count === 0) return new Uint8Array(0);
      return stored ? stored(places.part) : source.images(places.part);
    }
    if (stored)
      return placedImages(
        source.parts.map((_, part) => stored(part)),
        (i) => places[i],
        bytes,
      );
    all ??= readDrawn();
    return (await all)[name];
  };
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`;
}

function mapSplits<T>(value: (name: SplitName, place: number) => T): Record<SplitName, T> {
  return { train: value("train", 0), val: value("val", 1), test: value("test", 2) };
}
