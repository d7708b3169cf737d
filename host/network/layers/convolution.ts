import type { Kernels, Ptr } from "../../engine/kernels.ts";
import { NONE, offset } from "../../engine/memory.ts";
import { aligned } from "../../engine/plan.ts";
import type { Share } from "../share.ts";
import { type Blocks, bytes } from "./layer.ts";

/** How a 3×3 convolution is computed; "direct" is there to compare with. */
export type ConvolutionKind = "winograd" | "direct";

/** What conv2d kernels do behind the convolution. */
export const TAIL = { none: 0, relu: 1, reluPool: 2 } as const;

interface ConvolutionShape {
  H: number;
  W: number;
  C: number;
  OC: number;
  pad: number;
  pool: boolean;
}

/** One way to compute a convolution, for blocks of at most `images` images. */
interface ConvolutionKernels {
  images: number;
  /** Multiply-adds of one image's matrix products. */
  products: number;
  saved: Record<string, number>;
  scratchBytes: number;
  /** Bytes of a group's sum towards dw. */
  gradientBytes: number;
  /** Saved blocks that hold one number throughout. */
  constants: Record<string, number>;
  start?(saved: Blocks["saved"], w: Ptr, share: Share): void;
  fold?(saved: Blocks["saved"], w: Ptr, share: Share): void;
  forward(out: Ptr, x: Ptr, saved: Blocks["saved"], w: Ptr, b: Ptr, scratch: Ptr, N: number, tail: number): void;
  backward(
    dx: Ptr,
    dw: Ptr,
    db: Ptr,
    dout: Ptr,
    x: Ptr,
    saved: Blocks["saved"],
    w: Ptr,
    scratch: Ptr,
    N: number,
    add: number,
  ): void;
  reduce(dw: Ptr, partial: Ptr, stride: number, share: Share): void;
}

/** The kernels for a shape: Winograd's where the channels come in fours, unless direct sums are asked for. */
export function convolutionKernels(
  kernels: Kernels,
  shape: ConvolutionShape,
  kind: ConvolutionKind,
): ConvolutionKernels {
  return (kind === "winograd" && shape.C % 4 === 0 ? winogradKernels : directKernels)(kernels, shape);
}

/** Winograd's F(m×m, 3×3), with the m that needs the fewest products. */
function winogradKernels(kernels: Kernels, { H, W, C, OC, pad, pool }: ConvolutionShape): ConvolutionKernels {
  const [OH, OW] = [H + 2 * pad - 2, W + 2 * pad - 2];
  const m = tileSize(OH, OW, pool);
  const image = [H, W, C, OC, pad] as const;
  const filterBytes = kernels.conv2dWinogradFilterBytes(m, C, OC);
  const tiles = tilesOf(OH, OW, m);
  const images = blockImages(tiles);
  return {
    images,
    products: tiles * (m + 2) ** 2 * C * OC,
    saved: { u: filterBytes, ut: filterBytes },
    scratchBytes: kernels.conv2dWinogradScratchBytes(m, images, ...image),
    gradientBytes: filterBytes,
    constants: {},
    start({ u, ut }, w, share) {
      kernels.conv2dWinogradFilters(u, ut, w, share.scratch, m, C, OC, ...share.slice(C));
    },
    fold({ u }, w, share) {
      kernels.conv2dWinogradFilters(u, NONE, w, share.scratch, m, C, OC, ...share.slice(C));
    },
    forward(out, x, { u }, _w, b, scratch, N, tail) {
      kernels.conv2dWinogradForward(out, x, u, b, scratch, m, N, ...image, tail);
    },
    backward(dx, du, db, dout, x, { ut }, _w, scratch, N, add) {
      kernels.conv2dWinogradBackward(dx, du, db, dout, x, ut, scratch, m, N, ...image, add);
    },
    reduce(dw, du, stride, share) {
      const { scratch, groups } = share;
      kernels.conv2dWinogradFilterGradient(dw, du, scratch, groups, stride, m, C, OC, ...share.slice(C));
    },
  };
}

/** Direct sums: the first layer, whose one or three channels fill no vector and which needs no dx. */
function directKernels(kernels: Kernels, { H, W, C, OC, pad, pool }: ConvolutionShape): ConvolutionKernels {
  const image = [H, W, C, OC, pad] as const;
  const pooled = [H + 2 * pad - 2, W + 2 * pad - 2, OC] as const;
  const kernelScratch = aligned(kernels.conv2dScratchBytes(...image));
  return {
    images: 1,
    products: pooled[0] * pooled[1] * OC * 9 * C,
    saved: pool ? { zeros: 4 * OC, ones: 4 * OC } : {},
    scratchBytes: kernelScratch + (pool ? bytes(pooled, 1) : 0),
    gradientBytes: aligned(36 * C * OC),
    constants: pool ? { ones: 1 } : {},
    forward(out, x, { zeros, ones }, w, b, scratch, N, tail) {
      const to = tail === TAIL.reluPool ? offset(scratch, kernelScratch) : out;
      kernels.conv2dForward(to, x, w, b, scratch, N, ...image, tail);
      // max(0, (x − 0) · 1 · 1 + 0): the pooling kernel alone. Only networks made of direct sums, which are there to
      // compare with, come here.
      if (to !== out) kernels.batchNorm2dReluMaxPool2dForward(out, to, zeros, ones, ones, zeros, N, ...pooled);
    },
    backward(dx, dw, db, dout, x, _saved, w, scratch, N, add) {
      const fours = C % 4 === 0;
      kernels.conv2dBackward(fours ? dx : NONE, dw, db, dout, x, w, scratch, N, ...image, add);
      if (!fours && dx !== NONE) kernels.conv2dInputGradient(dx, dout, w, N, ...image);
    },
    reduce(dw, partial, stride, share) {
      if (share.thread === 0) kernels.addGroups(dw, partial, share.groups, stride, 9 * C * OC);
    },
  };
}

function tilesOf(OH: number, OW: number, m: number): number {
  return Math.ceil(OH / m) * Math.ceil(OW / m);
}

/** Fewest products of a tile size; a pooled layer's tile is even. The smaller of equals rounds less. */
export function tileSize(OH: number, OW: number, pool: boolean): number {
  const products = (m: number) => tilesOf(OH, OW, m) * (m + 2) ** 2;
  return [4, 5, 6].filter((m) => !pool || m % 2 === 0).reduce((best, m) => (products(m) < products(best) ? m : best));
}

/**
 * Images a block of Winograd's: products of 64 rows, which is where they stop getting faster; at most 16 images, a
 * group.
 */
function blockImages(tiles: number): number {
  return Math.min(16, Math.max(1, Math.floor(64 / tiles)));
}
