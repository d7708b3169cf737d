import type { SplitName } from "../types.ts";

/**
 * One of MedMNIST v2's 2D sets at 28×28. Facts as in medmnist 3.0.2, info.py (https://github.com/MedMNIST/MedMNIST).
 */
export interface MedMnistSet {
  channels: 1 | 3;
  /** ordinal: trained as classes. multilabel: several labels an image; listed, not trained. */
  kind: "binary" | "multiclass" | "ordinal" | "multilabel";
  classNames: string[];
  counts: Record<SplitName, number>;
  license: string;
  /** MD5 of the official NAME.npz at 28×28. */
  md5: string;
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
    classNames: ["choroidal neovascularization", "diabetic macular edema", "drusen", "normal"],
  },
  pneumoniamnist: {
    channels: 1,
    kind: "binary",
    counts: { train: 4708, val: 524, test: 624 },
    license: open,
    md5: "28209eda62fecd6e6a2d98b1501bb15f",
    classNames: ["normal", "pneumonia"],
  },
  retinamnist: {
    channels: 3,
    kind: "ordinal",
    counts: { train: 1080, val: 120, test: 400 },
    license: open,
    md5: "bd4c0672f1bba3e3a89f0e4e876791e4",
    classNames: ["0", "1", "2", "3", "4"],
  },
  breastmnist: {
    channels: 1,
    kind: "binary",
    counts: { train: 546, val: 78, test: 156 },
    license: open,
    md5: "750601b1f35ba3300ea97c75c52ff8f6",
    bytes: 559580,
    classNames: ["malignant", "normal, benign"],
  },
  bloodmnist: {
    channels: 3,
    kind: "multiclass",
    counts: { train: 11959, val: 1712, test: 3421 },
    license: open,
    md5: "7053d0359d879ad8a5505303e11de1dc",
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
    classNames: organs,
  },
  organsmnist: {
    channels: 1,
    kind: "multiclass",
    counts: { train: 13932, val: 2452, test: 8827 },
    license: open,
    md5: "9ab87b696fb54e2a387ebe992d6ed5f1",
    classNames: organs,
  },
};

/**
 * The embedded sample: drawn once with a fixed seed from BloodMNIST, each split from the official split of that name.
 */
export const sampleName = "bloodmnist-sample";
export const sample: MedMnistSet = {
  ...medmnist.bloodmnist,
  counts: { train: 1280, val: 128, test: 512 },
  md5: "6b910b8adf6dd6dd241c99722165be08",
  bytes: 3987714,
};

/** The table's entry for a name ("bloodmnist", "bloodmnist-sample"), or undefined. */
export function setByName(name: string): MedMnistSet | undefined {
  if (name === sampleName) return sample;
  return Object.hasOwn(medmnist, name) ? medmnist[name] : undefined;
}

/** Name of the set whose official file has this MD5, or undefined. */
export function nameByMd5(md5: string): string | undefined {
  return [...Object.keys(medmnist), sampleName].find((name) => setByName(name)?.md5 === md5);
}
