import type { Kernels, Ptr } from "../../engine/kernels.ts";
import type { Answering } from "../output.ts";
import { sizeOf, type TensorSpec } from "../parameters.ts";
import type { Share } from "../share.ts";
import type { Module } from "./modules.ts";

/** (height, width, channels) of an image, (features) of a vector. */
export type Shape = readonly number[];

/** Where the blocks of one layer lie. Names are the layer's own. */
export interface Blocks {
  params: Record<string, Ptr>;
  grads: Record<string, Ptr>;
  /** What forward keeps for backward, and the layer's output as "out". */
  saved: Record<string, Ptr>;
  /** A part of `stride` bytes for every group of images: the group's sums towards grads. */
  partial: Ptr;
  stride: number;
}

/** One step of the network: its tensors, its memory, forward and backward for one thread's share of the batch. */
export interface Layer {
  /** Of the last layer: what its outputs stand for; not given: a softmax over them. */
  answering?: Answering;
  name: string;
  /** What it computes, as PyTorch's modules in order. */
  modules: readonly Module[];
  inShape: Shape;
  outShape: Shape;
  tensors: TensorSpec[];
  /** Whether its tensors stay as they are; it then works as in inference. */
  frozen?: boolean;
  /** Multiply-adds of a forward pass for one image; null where the count has no meaning (a circuit). */
  multiplyAdds: number | null;
  /** Those that a forward pass really does in matrix products, where Winograd's are fewer. */
  products?: number;
  /** Bytes of each saved block for a batch of N in `groups` groups; "out" is the output. */
  saved(N: number, groups: number): Record<string, number>;
  /** Bytes of one group's partial sums. */
  partialBytes: number;
  /** Bytes of scratch a thread. */
  scratchBytes: number;
  /** Fills constant blocks once after they are placed. */
  prepare?(blocks: Blocks): void;
  /** Before a training pass: what depends on params alone. */
  start?(blocks: Blocks, share: Share): void;
  forward(blocks: Blocks, x: Ptr, share: Share): void;
  /**
   * Overwrites dx, and the partial sums of the share's groups. dx is NONE for the first layer. dout is free afterwards.
   */
  backward(blocks: Blocks, dx: Ptr, dout: Ptr, x: Ptr, share: Share): void;
  /** Adds the partial sums of all groups to grads, in their order. */
  reduce?(blocks: Blocks, share: Share): void;
  /** Before inference with changed params or running statistics. */
  fold?(blocks: Blocks, share: Share): void;
  /** Forward with running statistics, for images first … last − 1 of the batch. Default: forward. */
  infer?(blocks: Blocks, x: Ptr, first: number, last: number, share: Share): void;
}

/** Bytes of N activations of a shape. */
export const bytes = (shape: Shape, N: number): number => 4 * N * sizeOf(shape);

/** For a layer whose partial sums lie like its params, the first tensor of which is `first`: n numbers. */
export function addPartialSums(kernels: Kernels, first: string, n: number): Layer["reduce"] {
  return ({ grads, partial, stride }, { thread, groups }) => {
    // Layers lie at whole cache lines, in grads and in the partial sums: the last vector may run over into padding.
    if (thread === 0) kernels.addGroups(grads[first], partial, groups, stride, Math.ceil(n / 4) * 4);
  };
}

/** Trainable numbers of a layer. */
export function countParams(layer: Pick<Layer, "tensors">): number {
  return layer.tensors.reduce((sum, spec) => sum + (spec.role === "param" ? sizeOf(spec.shape) : 0), 0);
}
