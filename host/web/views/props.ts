// What the views of the page get.
import type { Dispatch, StateUpdater } from "preact/hooks";
import type { ImageAtHand, ModelAtHand, RunSummary, SessionProxy, Sessions } from "../protocol/messages.ts";
import type { LabState } from "../protocol/state.ts";
import type { Training } from "./training.ts";

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

/** What Use, Layers and Circuit get. */
export interface UnderstandProps {
  model: ModelAtHand;
  /** A worker that never trains: it answers at once. */
  session: SessionProxy;
  /** Everything that was dropped, chosen, pasted or photographed, and the one that these views look into. */
  images: readonly ImageAtHand[];
  image: ImageAtHand | null;
  onImages: Dispatch<StateUpdater<readonly ImageAtHand[]>>;
  onImage: Dispatch<StateUpdater<ImageAtHand | null>>;
  change: (part: Partial<LabState>) => void;
  /** Shows a sentence: what happened, and what to do. */
  onError: (error: unknown) => void;
  /** Told outside as hqcnn-prediction. */
  onPrediction: (prediction: {
    label: number;
    className: string;
    /** Where an image may have several: the labels that the network answers. */
    labels?: readonly number[];
    probs: readonly number[];
    name: string;
  }) => void;
}
