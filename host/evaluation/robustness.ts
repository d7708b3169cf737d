import { UsageError } from "../check.ts";
import type { Split } from "../datasets/types.ts";
import type { Network } from "../network/network.ts";
import type { Metrics } from "../statistics/types.ts";
import { corruptSplit, createDraws } from "./corruptions/corrupt.ts";
import {
  CORRUPTION_NAMES,
  CORRUPTIONS,
  type CorruptionName,
  corruptionsOf,
  SEVERITIES,
  type Severity,
} from "./corruptions/table.ts";
import { judge } from "./judge.ts";
import { predictSplit, type Tta } from "./tta.ts";

export interface CorruptionSettings {
  /** Default: all that change images with so many channels. */
  corruptions?: readonly CorruptionName[];
  /** Default: all five. */
  severities?: readonly Severity[];
  /** Of what is drawn; default 0. */
  seed?: number;
  tta?: Tta;
}

/** Of several labels an image, which have no classes to average over. */
export const LABELS_NOTE = "several labels an image: the balanced error is the share of wrong labels";

/** What a network's answers on one split are worth. */
export interface Robust {
  /** Share of images (of several labels: of labels) with a wrong answer. */
  error: number;
  /** 1 − the mean recall of the classes, MedMNIST-C's error; of several labels the same as `error`. */
  balancedError: number;
  /** 95 %, of `error`. */
  errorInterval: [low: number, high: number];
  auc: number | null;
}

export interface CorruptionRow extends Robust {
  corruption: CorruptionName;
  severity: Severity;
  /** (count) the share of an image's answers that are right: 0 or 1, of several labels anything between. */
  right: Float64Array;
}

export interface Robustness {
  seed: number;
  count: number;
  clean: Robust & { right: Float64Array };
  rows: CorruptionRow[];
  /** Mean over corruptions of the mean over severities. */
  meanError: number;
  meanBalancedError: number;
  /** Why corruptions are left out that were not named, and what the errors are where that is not plain. */
  notes: string[];
}

/**
 * The errors of a network on a split with every corruption at every severity.
 * @throws UsageError on corruptions that change nothing, or severities that there are not
 */
export async function evaluateCorruptions(
  network: Network,
  split: Split,
  settings: CorruptionSettings = {},
  onProgress?: (done: number, total: number) => void,
): Promise<Robustness> {
  const { architecture: shape } = network;
  const { corruptions, severities, notes } = checkCorruptions(shape.channels, settings);
  const { seed = 0, tta = "none" } = settings;
  const draws = createDraws(network.engine, seed);
  const worth = async (images: Split) => robustOf(network, split, await predictSplit(network, images, tta));
  const clean = await worth(split);
  const rows: CorruptionRow[] = [];
  const total = corruptions.length * severities.length;
  for (const corruption of corruptions) {
    for (const severity of severities) {
      onProgress?.(rows.length, total);
      await new Promise((resolve) => setTimeout(resolve)); // lets events in
      const images = corruptSplit(split, shape, corruption, severity, draws);
      rows.push({ corruption, severity, ...(await worth(images)) });
    }
  }
  onProgress?.(total, total);
  const mean = (of: (row: CorruptionRow) => number) => rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
  return {
    ...{ seed, count: split.count, clean, rows, notes: [...notes, ...(split.matrix ? [LABELS_NOTE] : [])] },
    meanError: mean(({ error }) => error),
    meanBalancedError: mean(({ balancedError }) => balancedError),
  };
}

/** The settings with their defaults. @throws UsageError as evaluateCorruptions does */
export function checkCorruptions(
  channels: number,
  { corruptions, severities = SEVERITIES, seed = 0 }: CorruptionSettings,
): { corruptions: readonly CorruptionName[]; severities: readonly Severity[]; notes: string[] } {
  const possible = corruptionsOf(channels);
  const other = corruptions?.find((name) => !possible.includes(name));
  if (other !== undefined) {
    throw new UsageError(
      Object.hasOwn(CORRUPTIONS, other)
        ? `corruptions: ${other} changes colours, and the images are grey: leave it out`
        : `corruptions: expected some of ${CORRUPTION_NAMES.join(", ")}, got ${other}`,
    );
  }
  if (corruptions?.length === 0)
    throw new UsageError(`corruptions: expected some of ${CORRUPTION_NAMES.join(", ")}, got none`);
  const bad = severities.find((severity) => !SEVERITIES.includes(severity));
  if (bad !== undefined || severities.length === 0)
    throw new UsageError(`severities: expected some of ${SEVERITIES.join(", ")}, got ${bad ?? "none"}`);
  if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32))
    throw new UsageError(`seed of the corruptions: expected a whole number from 0 to 4294967295, got ${seed}`);
  const left = CORRUPTION_NAMES.filter((name) => !possible.includes(name));
  return {
    corruptions: [...new Set(corruptions ?? possible)],
    severities: [...new Set(severities)].sort(),
    notes: corruptions || left.length === 0 ? [] : [`grey images: without the corruption ${left.join(", ")}`],
  };
}

/** What logits (count, outputs) of a split are worth. */
export function robustOf(network: Network, split: Split, logits: Float32Array): Robust & { right: Float64Array } {
  const { metrics, predicted } = judge(network, split, logits);
  const [low, high] = metrics.accuracyInterval;
  return {
    ...{ error: 1 - metrics.accuracy, balancedError: balancedErrorOf(metrics) },
    ...{ errorInterval: [1 - high, 1 - low], auc: metrics.auc, right: rightOf(split, predicted) },
  };
}

function balancedErrorOf({ multilabel, perClass, accuracy }: Metrics): number {
  if (multilabel) return 1 - accuracy;
  const there = perClass.filter(({ support }) => support > 0);
  return 1 - there.reduce((sum, { recall }) => sum + recall, 0) / there.length;
}

function rightOf({ labels, matrix, count }: Split, predicted: Uint32Array): Float64Array {
  if (!matrix) return Float64Array.from(labels, (label, i) => (predicted[i] === label ? 1 : 0));
  const width = matrix.length / count;
  const right = new Float64Array(count);
  for (let i = 0; i < matrix.length; i++) {
    if (matrix[i] === predicted[i]) right[Math.floor(i / width)] += 1 / width;
  }
  return right;
}
