import { UsageError } from "../check.ts";
import type { Init } from "./parameters.ts";

/** What `quantumInit` may be. */
export const QUANTUM_INIT = /^(uniform|near-zero|identity|normal:(\d+\.?\d*|\.\d+)(e-?\d+)?)$/;

/** Half the width of "near-zero", in radians. */
const NEAR_ZERO = 0.1;

/**
 * How the weights of a circuit start:
 * - uniform in [0, 2π), as PennyLane's TorchLayer
 * - normal:SIGMA, around 0: Zhang, Liu, Hsieh and Tao, NeurIPS 2022, https://arxiv.org/abs/2203.09376
 * - near-zero, uniform in ±0.1: a reduced domain as in Wang et al., Phys. Rev. Applied 22, 054005 (2024),
 *   https://arxiv.org/abs/2302.06858
 * - identity: layers in pairs, of which the second starts as the inverse of the first: Grant et al., Quantum 3, 214
 *   (2019); the head must be `mirrored`
 */
export type QuantumInit = "uniform" | "near-zero" | "identity" | `normal:${number}`;

/** @throws UsageError on another text */
export function checkQuantumInit(text: string): QuantumInit {
  if (QUANTUM_INIT.test(text) && (!text.startsWith("normal:") || Number(text.slice(7)) > 0)) return text as QuantumInit;
  throw new UsageError(
    `quantum init: expected uniform, near-zero, identity or normal:SIGMA with SIGMA above 0, got ${text}`,
  );
}

/**
 * How a tensor of a circuit starts. `paired`: its first index counts layers of which every other undoes the one before.
 */
export function initOf(init: QuantumInit, shape: readonly number[], paired: boolean): Init {
  if (init === "near-zero") return { kind: "uniform", low: -NEAR_ZERO, high: NEAR_ZERO };
  if (init.startsWith("normal:")) return { kind: "normal", mean: 0, deviation: Number(init.slice(7)) };
  const whole = { kind: "uniform", low: 0, high: 2 * Math.PI } as const;
  return init === "identity" && paired ? { ...whole, kind: "paired", layers: shape[0] } : whole;
}
