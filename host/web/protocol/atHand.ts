// What the views of the page have in common: what they get, and how a worker's failures become sentences.
import type { Remote } from "comlink";
import type { Dispatch, StateUpdater } from "preact/hooks";
import type { DecodedImage } from "../../datasets/formats/pixels.ts";
import type { ModelInfo } from "../../network/model.ts";
import { inWords } from "../../training/fields.ts";
import type { Sessions } from "../app.tsx";
import type { Training } from "../views/training.ts";
import type { RunSummary } from "../worker/runs.ts";
import type { Session } from "../worker/session.ts";
import type { LabState } from "./state.ts";

/** A session worker as the page sees it: every call is a promise. */
export type SessionProxy = Remote<Session>;

/** Tells the outside: an event of the element. */
export type Emit = (name: "hqcnn-epoch" | "hqcnn-end" | "hqcnn-prediction" | "hqcnn-error", detail: unknown) => void;

/** The model that Use, Layers and Circuit are about. */
export interface ModelAtHand {
  /** model.safetensors */
  bytes: Uint8Array<ArrayBuffer>;
  info: ModelInfo;
  /** What to call it: a run or a file. */
  name: string;
}

/** The image that Use, Layers and Circuit are about. */
export interface ImageAtHand {
  name: string;
  source: Blob | DecodedImage;
  /** Its class, where it comes from a data set. */
  label?: number;
}

/** What Train, Results and Compare get. */
export interface ViewProps {
  sessions: Sessions;
  onError: (error: unknown) => void;
  /** In the browser's storage, the newest first; null until they are known. */
  runs: readonly RunSummary[] | null;
  refreshRuns: () => Promise<void>;
  state: LabState;
  change: (part: Partial<LabState>) => void;
  training: Training;
}

export interface UnderstandProps {
  model: ModelAtHand;
  /** A worker that never trains: it answers at once. */
  session: SessionProxy;
  /**
   * Everything that was dropped, chosen, pasted or photographed, and the one that Use, Layers and Circuit look into.
   */
  images: readonly ImageAtHand[];
  image: ImageAtHand | null;
  onImages: Dispatch<StateUpdater<readonly ImageAtHand[]>>;
  onImage: Dispatch<StateUpdater<ImageAtHand | null>>;
  /** Shows a sentence: what happened, and what to do. */
  onError: (error: unknown) => void;
  /** Told outside as hqcnn-prediction. */
  onPrediction: (prediction: { label: number; className: string; probs: readonly number[]; name: string }) => void;
}

/** An error as a sentence. Those of our own have one already, with the command line's names of options. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return /^(Hqcnn|Usage|Diverged|Kernel)Error$/.test(error.name)
    ? inWords(error.message)
    : `Unexpected: ${error.message}`;
}

/** Images of the test split that are taken of each class. */
const OF_EACH_CLASS = 2;

/** Images of the test split that the model was not trained on, with their classes. */
export async function testImages(session: SessionProxy, { info }: ModelAtHand): Promise<ImageAtHand[]> {
  const samples = await session.testSamples(info, OF_EACH_CLASS);
  return samples.map(({ index, label, height, width, rgba }) => ({
    name: `${info.data.name}, test image ${index}`,
    source: { height, width, channels: 3 as const, pixels: Uint8Array.from(rgba.filter((_, i) => i % 4 !== 3)) },
    label,
  }));
}
