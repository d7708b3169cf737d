import { isRecord } from "../check.ts";
import { allFinite } from "./parameters.ts";

/** How a model file says when not to trust an answer: fitted at the end of training, see evaluation/reliability.ts. */
export interface Reliability {
  /** The layer of the trunk whose channels are looked at: their mean and standard deviation over the image. */
  layer: string;
  /** Training images that the two moments below are of. */
  images: number;
  /** f32, little-endian, base64: the mean of each feature, its standard deviation. */
  mean: string;
  std: string;
  /**
   * f32, little-endian, base64: rows of the lower Cholesky factor of the shrunken correlation matrix; null where there
   * are too many features to write it down: they count as uncorrelated.
   */
  cholesky: string | null;
  /** An image at a larger distance is unlike the training images. */
  threshold: number;
  /** Test images that are at a larger one, with the 95 % interval (Wilson) of their share. */
  falseAlarms: { count: number; images: number; interval: [low: number, high: number] };
  /** Classes with at least this probability are possible; null: not known for this task, or from too few images. */
  possible: number | null;
}

/** Number of features whose correlations are kept. */
export const MAX_CORRELATED = 256;

/** Whether a model file's `reliability` has the form that evaluation/reliability.ts reads. */
export function isReliability(value: unknown): value is Reliability {
  if (!isRecord(value)) return false;
  const { layer, images, mean, std, cholesky, threshold, falseAlarms, possible } = value;
  if (typeof layer !== "string" || !isCount(images) || typeof mean !== "string" || typeof std !== "string")
    return false;
  if (!isRecord(falseAlarms) || !isCount(falseAlarms.count) || !isCount(falseAlarms.images)) return false;
  const { interval } = falseAlarms;
  if (cholesky !== null && typeof cholesky !== "string") return false;
  const moments = readMoments(value as unknown as StoredMoments);
  const features = moments.mean?.length ?? 0;
  const factor = features * (features + 1) * 0.5;
  return (
    features > 0 &&
    moments.std?.length === features &&
    moments.std.every((value) => value > 0) &&
    (cholesky === null || moments.cholesky?.length === factor) &&
    isNumber(threshold) &&
    Array.isArray(interval) &&
    interval.length === 2 &&
    interval.every(isNumber) &&
    (possible === null || (isNumber(possible) && possible >= 0 && possible <= 1))
  );
}

type StoredMoments = Pick<Reliability, "mean" | "std" | "cholesky">;

/** Numbers that cannot be read are null; so are correlations that are not written down. */
type Moments = Record<keyof StoredMoments, Float32Array | null>;

const known = new WeakMap<StoredMoments, Moments>();

/** The numbers behind the texts: reading them takes a part of a prediction that shows, so it is done once. */
export function readMoments(stored: StoredMoments): Moments {
  const { mean, std, cholesky } = stored;
  const moments = known.get(stored) ?? {
    mean: floatsOf(mean),
    std: floatsOf(std),
    cholesky: cholesky === null ? null : floatsOf(cholesky),
  };
  known.set(stored, moments);
  return moments;
}

/** Finite numbers of a base64 text, or null. */
export function floatsOf(text: string): Float32Array | null {
  try {
    const letters = atob(text);
    const bytes = new Uint8Array(letters.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
    const values = new Float32Array(bytes.buffer);
    return allFinite(values) ? values : null;
  } catch {
    return null;
  }
}

export function textOfFloats(values: ArrayLike<number>): string {
  const bytes = new Uint8Array(Float32Array.from(values).buffer);
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** How the flags are to be read, in a sentence or two. @param measured of predictions with shots or noise */
export function reliabilityText(
  { falseAlarms: { count, images, interval }, possible }: Reliability,
  measured = false,
): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return (
    `unlike: farther from the training images than 99 % of the validation images; true of ${count} of ${images} test ` +
    `images (${percent(count / images)}, 95 % interval ${interval.map(percent).join(" to ")})` +
    (measured
      ? "; it does not depend on the circuit; undecided: not known with shots or noise, as its limit is one of exact probabilities"
      : possible === null
        ? ""
        : "; undecided: none or several classes are possible at 95 % (split conformal prediction)")
  );
}
