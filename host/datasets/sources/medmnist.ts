import type { SplitName, Task } from "../types.ts";

/**
 * One of MedMNIST v2's 2D sets at 28×28. Facts as in medmnist 3.0.2, info.py (https://github.com/MedMNIST/MedMNIST).
 */
export interface MedMnistSet {
  channels: 1 | 3;
  /** The task that it has by default, unless the thesis has positive labels for it. */
  kind: Task;
  classNames: string[];
  counts: Record<SplitName, number>;
  license: string;
  /** MD5 of the official NAME.npz at 28×28. */
  md5: string;
  /** MD5s of the official NAME_64.npz, NAME_128.npz and NAME_224.npz of MedMNIST+. */
  plus?: Record<64 | 128 | 224, string>;
  /** Size of that file where it is known here; elsewhere a limit follows from `counts`. */
  bytes?: number;
  /** The thesis's binary task: the labels whose union is class 1. */
  positive?: number[];
  /** Test accuracy of the multi-class task above which something is wrong. */
  implausibleAbove?: number;
}

export const citation =
  "Yang et al., MedMNIST v2: a large-scale lightweight benchmark for 2D and 3D biomedical image classification, Scientific Data 10, 41 (2023)";
const open = "CC BY 4.0";
const organs = [
  "bladder",
  "femur-left",
  "femur-right",
  "heart",
  "kidney-left",
  "kidney-right",
  "liver",
  "lung-left",
  "lung-right",
  "pancreas",
  "spleen",
];

export const medmnist: Readonly<Record<string, MedMnistSet>> = {
  pathmnist: {
    channels: 3,
    kind: "multiclass",
    counts: { train: 89996, val: 10004, test: 7180 },
    license: open,
    md5: "a8b06965200029087d5bd730944a56c1",
    plus: {
      64: "55aa9c1e0525abe5a6b9d8343a507616",
      128: "ac42d08fb904d92c244187169d1fd1d9",
      224: "2c51a510bcdc9cf8ddb2af93af1eadec",
    },
    bytes: 205615438,
    classNames: [
      "adipose",
      "background",
      "debris",
      "lymphocytes",
      "mucus",
      "smooth muscle",
      "normal colon mucosa",
      "cancer-associated stroma",
      "colorectal adenocarcinoma epithelium",
    ],
    positive: [0, 1],
    implausibleAbove: 0.95,
  },
  chestmnist: {
    channels: 1,
    kind: "multilabel",
    counts: { train: 78468, val: 11219, test: 22433 },
    license: open,
    md5: "02c8a6516a18b556561a56cbdd36c4a8",
    plus: {
      64: "9de6cd0b934ebb5b7426cfba5efbae16",
      128: "db107e5590b27930b62dbaf558aebee3",
      224: "45bd33e6f06c3e8cdb481c74a89152aa",
    },
    classNames: [
      "atelectasis",
      "cardiomegaly",
      "effusion",
      "infiltration",
      "mass",
      "nodule",
      "pneumonia",
      "pneumothorax",
      "consolidation",
      "edema",
      "emphysema",
      "fibrosis",
      "pleural",
      "hernia",
    ],
  },
  dermamnist: {
    channels: 3,
    kind: "multiclass",
    counts: { train: 7007, val: 1003, test: 2005 },
    license: "CC BY-NC 4.0",
    md5: "0744692d530f8e62ec473284d019b0c7",
    plus: {
      64: "b70a2f5635c6199aeaa28c31d7202e1f",
      128: "2defd784463fa5243564e855ed717de1",
      224: "8974907d8e169bef5f5b96bc506ae45d",
    },
    classNames: [
      "actinic keratoses and intraepithelial carcinoma",
      "basal cell carcinoma",
      "benign keratosis-like lesions",
      "dermatofibroma",
      "melanoma",
      "melanocytic nevi",
      "vascular lesions",
    ],
  },
  octmnist: {
    channels: 1,
    kind: "multiclass",
    counts: { train: 97477, val: 10832, test: 1000 },
    license: open,
    md5: "c68d92d5b585d8d81f7112f81e2d0842",
    plus: {
      64: "e229e9440236b774d9f0dfef9d07bdaf",
      128: "0a97e76651ace45c5d943ee3f65b63ae",
      224: "abc493b6d529d5de7569faaef2773ba3",
    },
    classNames: ["choroidal neovascularization", "diabetic macular edema", "drusen", "normal"],
  },
  pneumoniamnist: {
    channels: 1,
    kind: "binary",
    counts: { train: 4708, val: 524, test: 624 },
    license: open,
    md5: "28209eda62fecd6e6a2d98b1501bb15f",
    plus: {
      64: "8f4eceb4ccffa70c672198ea285246c6",
      128: "05b46931834c231683c68f40c47b2971",
      224: "d6a3c71de1b945ea11211b03746c1fe1",
    },
    classNames: ["normal", "pneumonia"],
  },
  retinamnist: {
    channels: 3,
    kind: "ordinal",
    counts: { train: 1080, val: 120, test: 400 },
    license: open,
    md5: "bd4c0672f1bba3e3a89f0e4e876791e4",
    plus: {
      64: "afda852cc34dcda56f86ad2b2457dbcc",
      128: "e48e916a24454daf90583d4e6efb1a18",
      224: "eae7e3b6f3fcbda4ae613ebdcbe35348",
    },
    classNames: ["0", "1", "2", "3", "4"],
  },
  breastmnist: {
    channels: 1,
    kind: "binary",
    counts: { train: 546, val: 78, test: 156 },
    license: open,
    md5: "750601b1f35ba3300ea97c75c52ff8f6",
    plus: {
      64: "742edef2a1fd1524b2efff4bd7ba9364",
      128: "363e4b3f8d712e9b5de15470a2aaadf1",
      224: "b56378a6eefa9fed602bb16d192d4c8b",
    },
    bytes: 559580,
    classNames: ["malignant", "normal, benign"],
  },
  bloodmnist: {
    channels: 3,
    kind: "multiclass",
    counts: { train: 11959, val: 1712, test: 3421 },
    license: open,
    md5: "7053d0359d879ad8a5505303e11de1dc",
    plus: {
      64: "2b94928a2ae4916078ca51e05b6b800b",
      128: "adace1e0ed228fccda1f39692059dd4c",
      224: "b718ff6835fcbdb22ba9eacccd7b2601",
    },
    bytes: 35461855,
    classNames: [
      "basophil",
      "eosinophil",
      "erythroblast",
      "immature granulocytes(myelocytes, metamyelocytes and promyelocytes)",
      "lymphocyte",
      "monocyte",
      "neutrophil",
      "platelet",
    ],
    positive: [1, 2],
    implausibleAbove: 0.985,
  },
  tissuemnist: {
    channels: 1,
    kind: "multiclass",
    counts: { train: 165466, val: 23640, test: 47280 },
    license: open,
    md5: "ebe78ee8b05294063de985d821c1c34b",
    plus: {
      64: "123ece2eba09d0aa5d698fda57103344",
      128: "61b955355d7425a89687b06cca3ce0c2",
      224: "b077128c4a949f0a4eb01517f9037b9c",
    },
    classNames: [
      "Collecting Duct, Connecting Tubule",
      "Distal Convoluted Tubule",
      "Glomerular endothelial cells",
      "Interstitial endothelial cells",
      "Leukocytes",
      "Podocytes",
      "Proximal Tubule Segments",
      "Thick Ascending Limb",
    ],
  },
  organamnist: {
    channels: 1,
    kind: "multiclass",
    counts: { train: 34561, val: 6491, test: 17778 },
    license: open,
    md5: "68e3f8846a6bd62f0c9bf841c0d9eacc",
    plus: {
      64: "2dcccc29b88e6da5a01161ef20cda288",
      128: "eeae80d0a227a8d099027e1b3cfd3b60",
      224: "50747347e05c87dd3aaf92c49f9f3170",
    },
    bytes: 38247708,
    classNames: organs,
    positive: [1, 2],
    implausibleAbove: 0.97,
  },
  organcmnist: {
    channels: 1,
    kind: "multiclass",
    counts: { train: 12975, val: 2392, test: 8216 },
    license: open,
    md5: "b9ceb9546e10131b32923c5bbeaea2b1",
    plus: {
      64: "3ce34a8724ea6f548e6db4744d03b6a9",
      128: "773c1f009daa3fe5d9a2a201b2a7ed94",
      224: "050f5e875dc056f6768abf94ec9995d1",
    },
    classNames: organs,
  },
  organsmnist: {
    channels: 1,
    kind: "multiclass",
    counts: { train: 13932, val: 2452, test: 8827 },
    license: open,
    md5: "9ab87b696fb54e2a387ebe992d6ed5f1",
    plus: {
      64: "53a6d115339d874c25e309a994ff46d3",
      128: "ded0c5fa01a95dc4978b956f613e9b8e",
      224: "b354719e553fbbb2513d5533f52a4cb1",
    },
    classNames: organs,
  },
};

/** Sides of the images of MedMNIST (28) and MedMNIST+. */
export const medmnistSizes = [28, 64, 128, 224] as const;
export type MedMnistSize = (typeof medmnistSizes)[number];

/** MedMNIST's sets of volumes: named to be refused. */
export const volumes: readonly string[] = [
  "organmnist3d",
  "nodulemnist3d",
  "adrenalmnist3d",
  "fracturemnist3d",
  "vesselmnist3d",
  "synapsemnist3d",
];

/**
 * The embedded sample: drawn once with a fixed seed from BloodMNIST, each split from the official split of that name.
 */
export const sampleName = "bloodmnist-sample";
export const sample: MedMnistSet = {
  ...medmnist.bloodmnist,
  counts: { train: 1280, val: 128, test: 512 },
  md5: "6b910b8adf6dd6dd241c99722165be08",
  plus: undefined,
  bytes: 3987714,
};

/** A set and one of its sizes. */
export interface SetFile {
  name: string;
  size: MedMnistSize;
  /** Of the official file. */
  md5: string;
}

/** The file that a name such as "bloodmnist" or "bloodmnist_64" means; undefined for other names. */
export function setFile(name: string): SetFile | undefined {
  const [, base, digits] = /^(.+?)(?:_(64|128|224))?$/.exec(name) ?? [];
  const set = base === undefined ? undefined : setByName(base);
  const size = (digits === undefined ? 28 : Number(digits)) as MedMnistSize;
  const md5 = size === 28 ? set?.md5 : set?.plus?.[size];
  return md5 === undefined ? undefined : { name: base, size, md5 };
}

/** Name of a set's file at a size, without ".npz": "bloodmnist", "bloodmnist_64". */
export function fileStem(name: string, size: number): string {
  return size === 28 ? name : `${name}_${size}`;
}

/** The table's entry for a name ("bloodmnist", "bloodmnist-sample"), or undefined. */
export function setByName(name: string): MedMnistSet | undefined {
  if (name === sampleName) return sample;
  return Object.hasOwn(medmnist, name) ? medmnist[name] : undefined;
}

/** The set and size whose official file has this MD5, or undefined. */
export function fileByMd5(md5: string): SetFile | undefined {
  for (const name of [...Object.keys(medmnist), sampleName]) {
    for (const size of medmnistSizes) {
      const file = setFile(fileStem(name, size));
      if (file?.md5 === md5) return file;
    }
  }
  return undefined;
}

/** Name of the set whose official file, of any size, has this MD5, or undefined. */
export function nameByMd5(md5: string): string | undefined {
  return fileByMd5(md5)?.name;
}
