import { UsageError } from "../check.ts";

// What a network may be asked for; a circuit's own limits stand in circuit/.

/** Features of a hidden layer, at most. */
export const MAX_FEATURES = 1024;
/** Wires of head "series", at most: 3^8 = 6,561 terms a wire. */
export const MAX_SERIES_WIRES = 8;
/** Inputs of a circuit, which FC1 gives: 2^10 amplitudes are as many. */
export const MAX_INPUTS = 1024;
/** Circuits side by side in a head, at most. */
export const MAX_CIRCUITS = 8;
/** Classes, at least and at most. */
export const CLASSES = [2, 64] as const;
/** Height and width of an image in pixels, at least and at most. */
export const SIDE = [16, 256] as const;
/** Images of a batch, at most. */
export const MAX_BATCH = 65_536;

/** Channels of a convolution, and blocks of a trunk, at most. */
export const MAX_CHANNELS = 512;
export const MAX_BLOCKS = 64;

/** @throws UsageError when `value` is no whole number from `low` to `high` */
export function whole(name: string, value: number, low: number, high: number): number {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new UsageError(`${name}: expected a whole number from ${low} to ${high}, got ${value}`);
  }
  return value;
}
