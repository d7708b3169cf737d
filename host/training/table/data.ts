import { FITS } from "../../datasets/fit.ts";
import { TASKS } from "../../datasets/types.ts";
import * as kind from "../kinds.ts";
import type { Row } from "./row.ts";

/** Ways to learn classes that are in an order. */
export const ORDINAL = ["classes", "cumulative"] as const;

/** Options: which data, and what is to be told apart. */
export const DATA_OPTIONS = {
  data: {
    kind: kind.text("a name, file or folder", "data"),
    default: "bloodmnist-sample",
    help:
      "data set: bloodmnist-sample (built in), a MedMNIST name, an .npz file, a folder with one subfolder per class, " +
      "or a .csv with the columns image and label",
    group: "Data and task",
    belongsTo: ["data"],
    resumed: "given",
    page: { placed: true },
  },
  size: {
    kind: kind.text("N or HEIGHTxWIDTH, as in 64 or 48x64", "n", /^\d+([x×]\d+)?$/i),
    help: "pixels of the images, N or HEIGHTxWIDTH, 16 to 256; MedMNIST names have files of 28, 64, 128 and 224, other images are resized",
    defaultText: "the size of the .npz, 28 for folders",
    group: "Data and task",
    belongsTo: ["data"],
  },
  fit: {
    kind: kind.choice(FITS),
    default: "squash",
    help: "aspect ratio of images that are resized; squash: not kept, as MedMNIST did; crop: the middle; pad: black borders",
    group: "Data and task",
    belongsTo: ["data"],
  },
  keys: {
    kind: kind.text("NAME=ARRAY pairs with commas between", "pairs"),
    help: "which arrays of an .npz are what: images=x,labels=y or train_images=a,train_labels=b,…",
    defaultText: "their names tell",
    group: "Data and task",
    belongsTo: ["data"],
  },
  range: {
    kind: kind.pairOr("low,high", "auto"),
    help: "values that become black and white; auto: smallest and largest of each image file",
    defaultText: "bytes as they are, image files as they say; of other types the values must tell",
    group: "Data and task",
    belongsTo: ["data"],
  },
  window: {
    kind: kind.pair("center,width"),
    help: "the same as --range, by center and width",
    group: "Data and task",
    belongsTo: ["data"],
  },
  frame: {
    kind: kind.whole(0, 65_535),
    help: "frame or page of image files that have several, from 0",
    defaultText: "the first, which is said",
    group: "Data and task",
    belongsTo: ["data"],
  },
  group: {
    kind: kind.text("a column or level", "column"),
    help:
      "keeps images of one patient in one split: a column of a .csv; for folders patient (the folder below the class) " +
      "or a level, 1 being the first",
    defaultText: "a column named group, patient or the like",
    group: "Data and task",
    belongsTo: ["data"],
  },
  task: {
    kind: kind.choice(TASKS),
    help:
      "binary: the positive labels against all others; multiclass: every class; ordinal: classes in an order, that of " +
      "their labels; multilabel: every label by itself, for images with several",
    defaultText:
      "multilabel for several labels per image, binary for two classes and where the thesis has positive labels, ordinal " +
      "for retinamnist, else multiclass",
    group: "Data and task",
    belongsTo: ["data"],
  },
  ordinal: {
    kind: kind.choice(ORDINAL),
    help:
      "how the ordinal task is learned; classes: like multiclass; cumulative: for every class but the last an output " +
      "that says whether the class is above it",
    defaultText: "classes",
    group: "Data and task",
    belongsTo: ["network"],
  },
  positive: {
    kind: kind.labels(),
    help: "labels that together form class 1 of the binary task, as in 1,2",
    defaultText: "the thesis's labels for its data sets",
    group: "Data and task",
    belongsTo: ["data"],
  },
  protocol: {
    kind: kind.choice(["official", "pooled"]),
    default: "official",
    help: "official: MedMNIST's own splits; pooled: all images split again, results not comparable with the official ones",
    group: "Data and task",
    belongsTo: ["data"],
  },
  splitRatio: {
    kind: kind.fraction(),
    default: 0.8,
    help: "fraction of the images that is not held out for testing, for folders and the pooled protocol",
    group: "Data and task",
    belongsTo: ["data"],
  },
  fraction: {
    kind: kind.part(),
    default: 1,
    help: "part of the training images that is used, drawn by class and seed; a smaller part lies within a larger one",
    group: "Data and task",
    belongsTo: ["data"],
  },
  strict: {
    kind: kind.toggle(),
    default: false,
    help: "fail on an unreadable image in a folder instead of skipping it",
    group: "Data and task",
    belongsTo: ["data"],
  },
  cache: {
    kind: kind.text("a folder", "folder"),
    help:
      "where pixels of large data sets are kept that cannot be read where they are: compressed, resized, or in image " +
      "files; hqcnn data clean removes them",
    defaultText: "images in the folder of fetched data sets",
    group: "Data and task",
    belongsTo: ["data"],
    resumed: "given",
    page: { placed: true },
  },
  shuffleLabels: {
    kind: kind.toggle(),
    default: false,
    help: "put the training and validation labels in random order, to check that nothing leaks into the test split",
    group: "Data and task",
    belongsTo: ["data"],
  },
} as const satisfies Record<string, Row>;
