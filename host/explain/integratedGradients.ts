import type { Network } from "../network/network.ts";
import { classDirection } from "../network/output.ts";
import { classify, type Explained } from "./input.ts";
import type { Size } from "./resample.ts";

/** How far the sum over the pixels may be from the change of the logit. */
const TOLERANCE = 1e-3;
/** Pieces of the path at first, and at most: where those do not do, `gap` says by how much. */
const FEWEST_PIECES = 16;
const MOST_PIECES = 2048;
/** From here on it does that the misses of all pieces cancel out to half the tolerance. */
const ENOUGH_PIECES = 64;

/** How each pixel changes a class's logit on the way from a black image to this one. */
export interface IntegratedGradients extends Explained, Size {
  /**
   * (height, width) of the network's image, the sum over the channels: positive: the pixel speaks for the class,
   * negative: against it; in units of the logit.
   */
  map: Float32Array<ArrayBuffer>;
  /**
   * The class's logit (in an order: the difference of two, see classDirection) for the image, and for the black one.
   */
  logit: number;
  baseline: number;
  /** The sum over all pixels, which is logit − baseline, and how far it is from that. */
  sum: number;
  gap: number;
  /** Pieces that the path was cut into. */
  pieces: number;
}

/** A piece of the path from `from` to `to`, parts of the way. */
interface Piece {
  from: number;
  to: number;
  /** Logits at both ends and in the middle. */
  before: number;
  after: number;
  middle: number;
  /** The change of the logit on the piece, less what the gradient in the middle says. */
  miss: number;
}

/**
 * Integrated gradients of one class: Σ over pieces of the straight path from black to the image of the gradient of the
 * class's logit at the middle of the piece, times the difference of the pixels on it; through FC3, FC2, the quantum
 * layer (by adjoint differentiation), FC1 and the trunk, in evaluation mode. Pieces that miss most of their own change
 * of the logit are halved until all together miss at most 1e-3. Sundararajan et al. 2017,
 * https://arxiv.org/abs/1703.01365
 * @param input uint8 (height, width, channels) of the network's size, as `toInput` makes it
 * @param label the class; default: the most probable one
 */
export function integratedGradients(network: Network, input: Uint8Array, label?: number): IntegratedGradients {
  const explained = classify(network, input, label);
  const { channels, height, width } = network.architecture;
  const end = network.normalized(input);
  const start = network.normalized(new Uint8Array(input.length));
  const way = end.map((value, i) => value - start[i]);
  const along = (parts: readonly number[], visit: (i: number, gradient: Float32Array) => void) =>
    alongPath(network, { start, way, label: explained.label }, parts, visit);
  /** Pieces between these ends, with the logits there. */
  const measured = (ends: readonly Pick<Piece, "from" | "to" | "before" | "after">[]): Piece[] => {
    const slopes: number[] = [];
    const middles = along(ends.map(middleOf), (i, gradient) => {
      slopes[i] = dot(gradient, way);
    });
    return ends.map((piece, i) => {
      const { from, to, before, after } = piece;
      return { ...piece, middle: middles[i], miss: after - before - (to - from) * slopes[i] };
    });
  };
  const marks = Array.from({ length: FEWEST_PIECES + 1 }, (_, i) => i / FEWEST_PIECES);
  const logits = along(marks, () => {});
  let pieces = measured(
    marks.slice(1).map((to, i) => ({ from: marks[i], to, before: logits[i], after: logits[i + 1] })),
  );
  const total = (of: (miss: number) => number) => pieces.reduce((sum, { miss }) => sum + of(miss), 0);
  while (total(Math.abs) > TOLERANCE && pieces.length < MOST_PIECES) {
    if (pieces.length >= ENOUGH_PIECES && Math.abs(total(Number)) <= TOLERANCE / 2) break;
    const most = TOLERANCE / pieces.length;
    const worst = pieces.filter(({ miss }) => Math.abs(miss) > most);
    const halves = worst.flatMap((piece) => {
      const { from, to, before, after, middle } = piece;
      const half = middleOf(piece);
      return [
        { from, to: half, before, after: middle },
        { from: half, to, before: middle, after },
      ];
    });
    pieces = [...pieces.filter((piece) => !worst.includes(piece)), ...measured(halves)];
  }
  pieces.sort((a, b) => a.from - b.from);
  const sums = new Float64Array(input.length);
  along(pieces.map(middleOf), (i, gradient) => {
    const { from, to } = pieces[i];
    gradient.forEach((value, pixel) => {
      sums[pixel] += (to - from) * value * way[pixel];
    });
  });
  const map = new Float32Array(height * width);
  sums.forEach((value, i) => {
    map[Math.floor(i / channels)] += value;
  });
  const [baseline, logit] = [logits[0], logits[FEWEST_PIECES]];
  const sum = map.reduce((total, value) => total + value, 0);
  const gap = Math.abs(sum - (logit - baseline));
  return { ...explained, height, width, map, logit, baseline, sum, gap, pieces: pieces.length };
}

/** The class's logit at parts of the way, and its gradient with respect to the input there. */
function alongPath(
  network: Network,
  { start, way, label }: { start: Float32Array; way: Float32Array; label: number },
  parts: readonly number[],
  visit: (i: number, gradient: Float32Array) => void,
): number[] {
  const { outputs } = network;
  const direction = classDirection(network.architecture, label);
  const size = start.length;
  const found: number[] = [];
  for (let first = 0; first < parts.length; first += network.batchSize) {
    const batch = parts.slice(first, first + network.batchSize);
    const x = new Float32Array(batch.length * size);
    batch.forEach((part, n) => {
      for (let i = 0; i < size; i++) x[n * size + i] = start[i] + part * way[i];
    });
    const logits = network.trace(x);
    const dlogits = new Float32Array(batch.length * outputs);
    for (let n = 0; n < batch.length; n++) dlogits.set(direction, n * outputs);
    const gradient = network.gradientAt("input", dlogits);
    batch.forEach((_, n) => {
      found.push(dot(direction, logits.subarray(n * outputs, (n + 1) * outputs)));
      visit(first + n, gradient.subarray(n * size, (n + 1) * size));
    });
  }
  return found;
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

function middleOf({ from, to }: Pick<Piece, "from" | "to">): number {
  return (from + to) / 2;
}
