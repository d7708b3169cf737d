// Explanations, the slow ones: plain loops in f64 over the reference network. Share nothing with host/explain.
import { forward, type ReferenceEmbedding, type Tensors } from "./network.ts";
import { applyMatrix, expval, matrix, type ReferenceOperation, type State } from "./statevector.ts";

/** Blocks, and the flattening behind them, on the reference's tape. */
const BEFORE_HEAD = 6;

/** Cells of layer5 (rows × columns), the map enlarged to the image before it is divided by its maximum, and divided. */
export interface ReferenceGradCam {
  cells: Float64Array;
  enlarged: Float64Array;
  map: Float64Array;
  /** Gradient of the class's logit with respect to layer5's output, (rows, columns, channels). */
  gradient: Float64Array;
}

/** Grad-CAM on layer5: https://arxiv.org/abs/1610.02391, equations 1 and 2. */
export function gradCam(
  tensors: Tensors,
  image: ArrayLike<number>,
  [H, W, C]: readonly number[],
  [rows, columns]: readonly number[],
  label: number,
  layers: readonly string[],
  embedding?: ReferenceEmbedding,
): ReferenceGradCam {
  const pass = forward(tensors, image, [H, W, C], "evaluation", embedding, new Map(), layers);
  let gradient: Float64Array = new Float64Array(pass.logits.length);
  gradient[label] = 1;
  // The flattening's backward brings the gradient back to (rows, columns, channels).
  for (const { backward } of pass.tape.slice(BEFORE_HEAD - 1).toReversed()) gradient = backward(gradient);
  const activation = pass.activations.get("layer5")!;
  const channels = activation.length / (rows * columns);
  const cells = new Float64Array(rows * columns);
  for (let k = 0; k < channels; k++) {
    let alpha = 0;
    for (let p = 0; p < cells.length; p++) alpha += gradient[p * channels + k];
    for (let p = 0; p < cells.length; p++) cells[p] += (alpha / cells.length) * activation[p * channels + k];
  }
  for (let p = 0; p < cells.length; p++) if (cells[p] < 0) cells[p] = 0;
  const enlarged = enlarge(cells, [rows, columns], [H, W]);
  const largest = Math.max(...enlarged);
  return { cells, enlarged, gradient, map: enlarged.map((value) => (largest > 0 ? value / largest : 0)) };
}

/** Bilinear as a sum over all cells, each a tent around its centre; cells at the edge extend beyond it. */
export function enlarge(cells: ArrayLike<number>, [h, w]: readonly number[], [H, W]: readonly number[]): Float64Array {
  const tent = (pixel: number, to: number, cell: number, from: number) => {
    const place = ((pixel + 0.5) / to) * from - 0.5;
    const inside = Math.min(Math.max(place, 0), from - 1);
    return Math.max(0, 1 - Math.abs(inside - cell));
  };
  const out = new Float64Array(H * W);
  for (let y = 0; y < H; y++) {
    for (let x = 0; x < W; x++) {
      for (let i = 0; i < h; i++) {
        for (let j = 0; j < w; j++) out[y * W + x] += tent(y, H, i, h) * tent(x, W, j, w) * cells[i * w + j];
      }
    }
  }
  return out;
}

/** Mean drop of a class's probability over the patches that cover each pixel, one image after the other. */
export function occlusion(
  probability: (image: Uint8Array) => number,
  image: Uint8Array,
  [H, W, C]: readonly number[],
  { size, stride, fill }: { size: number; stride: number; fill: readonly number[] },
): Float64Array {
  const places = (length: number) => {
    const list: number[] = [];
    for (let at = 0; at < length - size; at += stride) list.push(at);
    return [...list, length - size];
  };
  const whole = probability(image);
  const drops: { top: number; left: number; drop: number }[] = [];
  for (const top of places(H)) {
    for (const left of places(W)) {
      const covered = image.slice();
      for (let y = 0; y < size; y++) {
        for (let x = 0; x < size; x++) {
          for (let c = 0; c < C; c++) covered[((top + y) * W + left + x) * C + c] = fill[c];
        }
      }
      drops.push({ top, left, drop: whole - probability(covered) });
    }
  }
  return Float64Array.from({ length: H * W }, (_, pixel) => {
    const [y, x] = [Math.floor(pixel / W), pixel % W];
    const covering = drops.filter(({ top, left }) => y >= top && y < top + size && x >= left && x < left + size);
    return covering.reduce((sum, { drop }) => sum + drop, 0) / covering.length;
  });
}

/** ⟨X⟩, ⟨Y⟩ and ⟨Z⟩ of every wire, after each operation. */
export function blochVectors(
  numWires: number,
  operations: readonly ReferenceOperation[],
  parameters: readonly (readonly number[])[],
): number[][][] {
  let state: State = { re: new Float64Array(2 ** numWires), im: new Float64Array(2 ** numWires) };
  state.re[0] = 1;
  return operations.map(({ name, wires }, i) => {
    if (name === "AmplitudeEmbedding") {
      const norm = Math.hypot(...parameters[i]);
      state = { re: Float64Array.from(parameters[i], (x) => x / norm), im: new Float64Array(2 ** numWires) };
    } else state = applyMatrix(state, numWires, wires, matrix(name, wires.length, parameters[i]));
    return Array.from({ length: numWires }, (_, wire) =>
      ["X", "Y", "Z"].map((letter) => expval(state, numWires, [[letter, wire]])),
    );
  });
}
