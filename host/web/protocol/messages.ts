// Everything that crosses between the page and its workers: what they ask of each other, and what the answers look
// like.
import type { Remote } from "comlink";
import type { CircuitData } from "../../circuit/data.ts";
import type { MeasureOptions } from "../../circuit/noise/tape.ts";
import type { AblationName } from "../../comparison/ablations.ts";
import type { Part } from "../../datasets/formats/image.ts";
import type { DecodedImage } from "../../datasets/formats/pixels.ts";
import type { SplitName } from "../../datasets/types.ts";
import type { Explanation } from "../../explain/explain.ts";
import type { IntegratedGradients } from "../../explain/integratedGradients.ts";
import type { LayerOutput } from "../../explain/layers.ts";
import type { Kernel, Window } from "../../explain/receptiveField.ts";
import type { quantumOff, Wires } from "../../explain/wires.ts";
import type { ModelInfo } from "../../network/model.ts";
import type { Network } from "../../network/network.ts";
import type { AnalysisRow } from "../../simulator/analysisSweep.ts";
import type { StudyProgress } from "../../study/study.ts";
import type { RUN_FILES } from "../../training/files.ts";
import type { EpochRecord, StepRecord } from "../../training/loop.ts";
import type { TrainOptions } from "../../training/options.ts";
import type { ComparisonEstimate } from "../../work/estimate.ts";
import type { Picture } from "./picture.ts";

/** A data set as the page shows it. */
export interface DataSummary {
  name: string;
  size: [height: number, width: number, channels: number];
  classNames: string[];
  counts: Record<SplitName, number[]>;
  /** Images to train with; where an image may have several labels, fewer than the counts' sum. */
  trainImages: number;
  protocol: string;
  /** What was guessed or changed when they were read. */
  steps: string[];
  license: string;
  citation: string;
  warnings: string[];
}

/** An image of a data set. */
export interface Sample extends Picture {
  /** Place in its split. */
  index: number;
  label: number;
  /** Where an image may have several: all of them; `label` is then the one that it is shown for. */
  labels?: number[];
}

/** A data set in the browser's storage. */
export interface StoredData {
  /** As the option `data` names it. */
  path: string;
  name: string;
}

/** A file that a person gave, and where it was: "cells/eosinophil/1.png" of a dropped folder, "1.png" of a file. */
export interface GivenFile {
  path: string;
  file: File;
}

/**
 * What was given: data kept in the platform's storage (open it by its path), images to classify, or a model. `notes`:
 * what of a folder was not kept.
 */
export type Dropped =
  | { kind: "data"; path: string; name: string; notes: string[] }
  | { kind: "images"; files: File[] }
  | { kind: "model"; file: File };

/** How far something is: bytes or images done, of how many. */
export type OnProgress = (done: number, total: number | null) => void;

/** Loss of a batch, and where it was: epochs done, with the share of the one under way. */
export interface LossPoint {
  x: number;
  y: number;
}

/** A network under training as it is between two batches. */
export interface Snapshot extends Pick<ModelInfo, "architecture" | "classNames" | "data"> {
  training: { seed: number };
  tensors: ReturnType<Network["tensors"]>;
}

/** Feature maps of a block, some of its channels. */
export interface BlockMaps {
  name: string;
  /** [channels, height, width] of the whole block. */
  shape: readonly number[];
  channels: number[];
  /** (channels shown, height, width) */
  maps: Float32Array<ArrayBuffer>;
}

/** What a network makes of several images, and of one of them in detail. */
export interface Glance {
  /** The class that it answers each image with; null where an image may have several. */
  answers: (number | null)[];
  /** Of the image in detail. */
  probs: number[];
  blocks: BlockMaps[];
  /** What FC1 gives. */
  features: number[];
  /** What stands between FC1 and FC2, and what it gives; null: nothing. */
  head: { name: string; values: number[] } | null;
}

/** What it takes to draw a circuit. */
export type Wiring = Pick<NonNullable<Network["template"]>["circuit"], "numWires" | "operations">;

/** A network that is watched while it trains. */
export interface LiveApi {
  /** null: there is none, or several. */
  circuit(): Wiring | null;
  /** Takes the tensors of another moment of the same network. */
  update(tensors: Snapshot["tensors"]): void;
  /** @param images uint8 (height, width, channels) of the network's size; `at` is the one in detail */
  glance(images: Uint8Array[], at: number): Glance;
  close(): void;
}

export interface TrainListener {
  /** `notes`: how the data were read, and what the user should know about them, the engine and the start. */
  onStart(run: { folder: string; threads: number; notes: string[] }): void;
  /** At most ten times a second; `losses` are those of all batches since the last call. */
  onProgress(step: Omit<StepRecord, "loss">, losses: LossPoint[]): void;
  onEpoch(record: EpochRecord): void;
}

/** What to train: a new run, or one to continue. */
export type TrainTarget = { folder: string } | { options: Partial<TrainOptions> };

/**
 * How far a call of `train` goes: to the end of the run, one step of that size, or no step: the run ends with what it
 * has.
 */
export type Stride = "run" | "epoch" | "batch" | "end";

/** How a call of `train` ended. */
export type TrainEnd =
  | { finished: false; folder: string; epoch: number; batch: number }
  | { finished: true; folder: string; accuracy: number; auc: number | null; fingerprint: string; warnings: string[] };

/** A run as a list shows it. */
export interface RunSummary {
  folder: string;
  /** Whether it is the run that ships with the page: it can be looked at and used, nothing else. */
  shipped: boolean;
  /** The name that somebody gave it; null: none. */
  name: string | null;
  /** Data set, or null with a reason where the run cannot be read. */
  data: string | null;
  problem: string | null;
  started: string;
  seed: number;
  epochs: number;
  epochsDone: number;
  finished: boolean;
  hasModel: boolean;
  accuracy: number | null;
  auc: number | null;
}

/** A report's sections as markup of our own making. */
export interface Sections {
  title: string;
  lead: string;
  sections: { id: string; title: string; html: string }[];
}

export interface CompareRequest {
  /** Those of the view Train; see comparisonOptions for what is not used. */
  options: Partial<TrainOptions>;
  seeds: number;
  twins: readonly AblationName[];
}

/** What a comparison found. */
export interface ComparisonReport extends Sections {
  markdown: string;
  html: string;
  /** About the data, and options that are not used in a comparison, one sentence each. */
  warnings: readonly string[];
}

/** The model that Use, Layers and Circuit are about. */
export interface ModelAtHand {
  /** model.safetensors */
  bytes: Uint8Array<ArrayBuffer>;
  info: ModelInfo;
  /** What was done to read it. */
  notes: readonly string[];
  /** What to call it: a run or a file. */
  name: string;
  /** The run that it is of; null: it is from elsewhere. */
  folder: string | null;
}

/** The image that Use, Layers and Circuit are about. */
export interface ImageAtHand {
  name: string;
  source: Blob | DecodedImage;
  /** The part of it that is classified, in its pixels; null, the default: all of it. */
  crop?: Part | null;
  /** Its class, where it comes from a data set. */
  label?: number;
  /** Its labels, where it may have several. */
  labels?: number[];
  /** Set where nobody has asked for it: it came with a model of these data. */
  example?: string;
}

/** What the network takes an image for. */
export interface Seen {
  /** The image as it came, made smaller where it is large. */
  preview: Picture;
  /** How large it came. */
  size: Pick<Part, "height" | "width">;
  /** The part of it that was classified, in its pixels; null: all of it. */
  crop: Part | null;
  /** What the network is shown, in pixels of the preview; it may reach beyond. */
  region: Part;
  /** null: the model does not tell. */
  undecided: boolean | null;
  unlike: boolean | null;
  /** As the network sees it: uint8 (height, width, channels) of its size. */
  input: Uint8Array;
  predicted: number;
  probs: Float32Array;
  /** Where an image may have several: the labels that the network answers. */
  labels?: number[];
  /** What was dropped or guessed when it was decoded. */
  notes: readonly string[];
}

/** One layer of the network, for people. */
export interface LayerSummary {
  name: string;
  kind: string;
  inShape: readonly number[];
  outShape: readonly number[];
  parameters: number;
  /** Of its convolutions and poolings in order; null where every value sees the whole image. */
  windows: Window[] | null;
}

/** A model's layers, and its circuit if it has one. */
export interface ModelSummary {
  layers: LayerSummary[];
  circuit: { data: CircuitData; weights: number[] } | null;
  off: ReturnType<typeof quantumOff> | null;
}

/** The circuit at some angles, and what the network then answers. */
export interface CircuitAnswer {
  wires: Wires;
  probs: Float32Array;
}

/** A loaded model in a worker. */
export interface ModelApi {
  describe(): ModelSummary;
  /** Decodes and classifies one image. @throws HqcnnError that names the image when it cannot be read */
  see(image: ImageAtHand): Promise<Seen>;
  /** All maps but integrated gradients, and the wires; for the predicted class unless `label` is given. */
  explain(input: Uint8Array, label?: number): Explanation;
  attribute(input: Uint8Array, label: number): IntegratedGradients;
  /** What every layer makes of one image. */
  layers(input: Uint8Array): LayerOutput[];
  /** The kernel of a layer's feature map; null where it has none, or several. */
  kernel(layer: string, channel: number): Kernel | null;
  /** The circuit's angles for one image. */
  angles(input: Uint8Array): number[];
  /** The circuit at angles, and weights, of one's own, and the network's answer to its ⟨Z⟩. */
  circuit(angles: readonly number[], weights?: readonly number[]): CircuitAnswer;
  close(): void;
}

/** A circuit at some inputs and weights. */
export interface CircuitRun {
  wires: Wires;
  /** A name for every number that it gives. */
  labels: string[];
  /** The same numbers with shots or noise; null: neither was asked for. */
  measured: number[] | null;
  /** Probabilities of the basis states with shots or noise; null also where there are too many. */
  basis: number[] | null;
}

/** A session worker: everything that computes. */
export interface SessionApi {
  /** Runs a circuit exactly, and with shots and noise where these are asked for. */
  runCircuit(
    circuit: CircuitData,
    values: { inputs: readonly number[]; weights: readonly number[] },
    measure: MeasureOptions,
  ): Promise<CircuitRun>;
  /** What a circuit can do before training, as hqcnn circuit analyze says it. */
  analyzeCircuit(circuit: CircuitData, samples: number): Promise<AnalysisRow[]>;
  /** Classes and counts of the data that options name. */
  describeData(given: Partial<TrainOptions>): Promise<DataSummary>;
  /** The first images of each class of a split, in the order of the classes. */
  samples(given: Partial<TrainOptions>, split: SplitName, perClass: number): Promise<Sample[]>;
  /**
   * The first images of each class of the test split of the data that a model was trained on, read as its run `folder`
   * read them; null: it is from elsewhere.
   * @throws HqcnnError when these data are not in this browser
   */
  testSamples(
    info: Pick<ModelInfo, "architecture" | "data"> & { training: { seed: number } },
    folder: string | null,
    perClass: number,
  ): Promise<Sample[]>;
  /** Images of train as an epoch (from 0) of training with these options sees them; null: unchanged. */
  augmented(given: Partial<TrainOptions>, indices: number[], epoch: number): Promise<Sample[] | null>;
  /** Brings a MedMNIST set into the browser's storage; `stopFetch` ends it, and the next call continues from there. */
  fetchData(name: string, onProgress: OnProgress): Promise<void>;
  /** Keeps files that a person gave: data, images to classify, or a model. */
  keep(given: GivenFile[], onProgress: OnProgress): Promise<Dropped>;
  /** Ends `fetchData` or `keep`. */
  stopFetch(): void;
  /** The data sets in the browser's storage: fetched ones by their names, a person's own by their paths. */
  storedData(): Promise<StoredData[]>;
  /** Removes a data set of `storedData`. */
  removeData(path: string): Promise<void>;
  /**
   * Trains into a run folder of the browser's storage: starts a run with these options, or continues `folder` by its
   * own. One call at a time.
   * @throws HqcnnError about data, options, storage, or when another tab trains in that folder
   */
  train(target: TrainTarget, stride: Stride, listener: TrainListener): Promise<TrainEnd>;
  /** The network under training as it is now; null: there is none. */
  snapshot(): Snapshot | null;
  /** A network to watch: a model file, or one under training. Release it as `openModel`'s. */
  openLive(from: { bytes: Uint8Array; name: string } | Snapshot): Promise<LiveApi>;
  /** Ends training or a comparison after the step under way, with a checkpoint. */
  pause(): void;
  /** Ends training for good: the best epoch so far is tested. Before the first epoch has ended it only pauses. */
  end(): void;
  /** Runs in the browser's storage, the newest first; then the one that ships with the page. */
  runs(): Promise<RunSummary[]>;
  removeRun(folder: string): Promise<void>;
  /** Gives a run a name of its own; an empty one takes it away. */
  renameRun(folder: string, name: string): Promise<void>;
  /** Keeps files of a run folder made elsewhere. @returns its folder here */
  openRun(name: string, files: File[]): Promise<string>;
  /** History of a run so far. */
  history(folder: string): Promise<EpochRecord[]>;
  /** A file of a run folder. */
  runFile(folder: string, file: keyof typeof RUN_FILES): Promise<Uint8Array<ArrayBuffer>>;
  /** What the report of a run says. */
  runSections(folder: string): Promise<Sections>;
  /** The report of a run: the file that the command line writes. */
  runReport(folder: string): Promise<string>;
  /** A loaded model that answers questions; release it with `close` and comlink's releaseProxy. */
  openModel(bytes: Uint8Array, name: string): Promise<ModelApi>;
  /**
   * What a model file says about itself, and what was done to read it. @throws HqcnnError when it is none, or damaged
   */
  inspectModel(bytes: Uint8Array, name: string): Promise<Pick<ModelAtHand, "info" | "notes">>;
  /**
   * Trains the network and its ablations, continuing where the same comparison was stopped.
   * @returns its report; null: paused
   */
  compare(request: CompareRequest, onProgress: (progress: StudyProgress) => void): Promise<ComparisonReport | null>;
  /** The runs of a comparison, and how long those that are not finished will take, measured by some steps. */
  estimate(request: CompareRequest): Promise<ComparisonEstimate>;
  /** How many comparisons' runs are kept. */
  studyCount(): Promise<number>;
  /** Removes the runs of all comparisons. */
  removeStudies(): Promise<void>;
}

/** A session worker as the page sees it: every call is a promise. */
export type SessionProxy = Remote<SessionApi>;

/** A network to watch as the page sees it. */
export type LiveProxy = Remote<LiveApi>;

/** A model in a session worker as the page sees it. */
export type ModelProxy = Remote<ModelApi>;

/** The page's workers, started when first asked: one trains and compares, the other answers at once. */
export interface Sessions {
  training(): SessionProxy;
  answering(): SessionProxy;
}
