import * as kind from "../kinds.ts";
import type { Row } from "./row.ts";

/** Options: which data, and what is to be told apart. */
export const DATA_OPTIONS = {
  data: {
    kind: kind.text("a name, file or folder", "data"),
    default: "bloodmnist-sample",
    help: "data set: bloodmnist-sample (built in), a MedMNIST name, an .npz file, or a folder with one subfolder per class",
    group: "Data and task",
    belongsTo: ["data"],
    resumed: "given",
    page: { placed: true },
  },
  task: {
    kind: kind.choice(["binary", "multiclass"]),
    default: "binary",
    help: "binary: the positive labels against all others; multiclass: every class",
    group: "Data and task",
    belongsTo: ["data"],
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
  strict: {
    kind: kind.toggle(),
    default: false,
    help: "fail on an unreadable image in a folder instead of skipping it",
    group: "Data and task",
    belongsTo: ["data"],
  },
  shuffleLabels: {
    kind: kind.toggle(),
    default: false,
    help: "put the training and validation labels in random order, to check that nothing leaks into the test split",
    group: "Data and task",
    belongsTo: ["data"],
  },
} as const satisfies Record<string, Row>;
