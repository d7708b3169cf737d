/**
 * Whether every combination is tried: in the slow suite, which runs all files that use this once more. `npm test` takes
 * a few of each kind, to stay under two minutes.
 */
export const thorough = process.env.HQCNN_THOROUGH === "1";

/** All of them in the slow suite, else the first `n`: put those first that hold most. */
export function some<T>(n: number, all: readonly T[]): readonly T[] {
  return thorough ? all : all.slice(0, n);
}
