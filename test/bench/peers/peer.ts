import { createRequire } from "node:module";
import type { Block } from "../../../host/network/trunk.ts";
import { repository } from "../../util/paths.ts";

/** One line of stdin; README.md has the protocol. */
export interface Request {
  peer: string;
  task: "train" | "infer";
  threads: number;
  batch: number;
  seconds: number;
  /** onnxruntime-web: the file that `torch_peers.py export` wrote. */
  model?: string;
  /** PyTorch alone: pixels a side, default 28, and the blocks of another trunk than the thesis's. */
  size?: number;
  trunk?: readonly Block[];
}

/** A network of one of the libraries on a fixed batch. `step` takes the batch through it, to the end. */
export interface Model {
  version: string;
  step(): unknown;
}

/**
 * The thesis's convolutions, each followed by batch norm and ReLU: channels in and out, padding, whether 2×2 pooling
 * follows.
 */
export const CONVS = [
  { from: 3, to: 16, padding: 0, pool: false },
  { from: 16, to: 16, padding: 0, pool: true },
  { from: 16, to: 64, padding: 0, pool: false },
  { from: 64, to: 64, padding: 0, pool: false },
  { from: 64, to: 64, padding: 1, pool: true },
];

/** FC1, FC2, FC3: features in and out. Dense head: tanh after the first; ReLU after the second. */
export const LINEARS = [
  { from: 64 * 4 * 4, to: 4 },
  { from: 4, to: 16 },
  { from: 16, to: 2 },
];

/** Loads a package of test/bench/peers/node_modules, which only `npm ci --prefix test/bench/peers` installs. */
export const requirePrivate = createRequire(repository("test/bench/peers/package.json"));

/** Enough randomness for weights and images whose values do not matter: uniform in ±limit. */
export function random(count: number, limit: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: count }, () => (2 * Math.random() - 1) * limit);
}
