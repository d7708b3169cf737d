import { UsageError } from "../check.ts";
import { eachImages } from "../datasets/images.ts";
import type { Split } from "../datasets/types.ts";
import { instantiate } from "../engine/load.ts";
import { f32 } from "../engine/memory.ts";
import { plan } from "../engine/plan.ts";
import { STREAMS } from "../engine/random.ts";
import type { Network } from "../network/network.ts";
import { cumulativeTargets } from "../network/output.ts";
import { type Robust, robustOf } from "./robustness.ts";

/**
 * fgsm: one step along the sign of the loss's gradient (Goodfellow et al. 2015, https://arxiv.org/abs/1412.6572).
 * pgd: several, from a random start, each projected back (Madry et al. 2018, https://arxiv.org/abs/1706.06083).
 */
export const ATTACKS = ["fgsm", "pgd"] as const;
export type Attack = (typeof ATTACKS)[number];

/** Of --epsilon alone: 1/255, 2/255, 4/255, 8/255 and 16/255. */
export const EPSILONS: readonly number[] = [1, 2, 4, 8, 16].map((n) => n / 255);

export interface AttackSettings {
  attack: Attack;
  /** Largest changes of a pixel, white is 1: 0 to 1. 0 is always measured, too. */
  epsilons?: readonly number[];
  /** Of pgd; default 10. */
  steps?: number;
  /** Of pgd's start; default 0. */
  seed?: number;
}

export interface AttackResult {
  attack: Attack;
  /** 1 for fgsm. */
  steps: number;
  seed: number;
  count: number;
  /** In the order of ε, from 0 on. */
  rows: (Robust & { epsilon: number })[];
}

/** The settings with their defaults. @throws UsageError on impossible ones */
export function checkAttack({ attack, epsilons = EPSILONS, steps, seed: given }: AttackSettings) {
  if (!ATTACKS.includes(attack)) throw new UsageError(`attack: expected ${ATTACKS.join(" or ")}, got ${attack}`);
  const bad = epsilons.find((epsilon) => !(epsilon >= 0 && epsilon <= 1));
  if (bad !== undefined) throw new UsageError(`epsilon: expected numbers from 0 to 1, where white is 1, got ${bad}`);
  if (attack === "fgsm" && steps !== undefined)
    throw new UsageError("steps: fgsm takes one step: leave it out, or choose pgd");
  if (attack === "fgsm" && given !== undefined)
    throw new UsageError("seed of the attack: fgsm starts at the image itself: leave it out, or choose pgd");
  const seed = given ?? 0;
  const count = attack === "fgsm" ? 1 : (steps ?? 10);
  if (!(Number.isInteger(count) && count >= 1 && count <= 1000))
    throw new UsageError(`steps: expected a whole number from 1 to 1000, got ${steps}`);
  if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32))
    throw new UsageError(`seed of the attack: expected a whole number from 0 to 4294967295, got ${seed}`);
  return { attack, epsilons: [...new Set([0, ...epsilons])].sort((a, b) => a - b), steps: count, seed };
}

/**
 * A network's errors on images that an attacker changed, who knows all of it: gradients go through the circuit (by
 * adjoint differentiation) and the trunk to the pixels. Every pixel changes by at most ε and stays between black and
 * white; changed images are not rounded to 8 bits. Steps of pgd are 2.5 ε / steps.
 */
export async function evaluateAttack(
  network: Network,
  split: Split,
  settings: AttackSettings,
  onProgress?: (done: number, total: number) => void,
): Promise<AttackResult> {
  const { attack, epsilons, steps, seed } = checkAttack(settings);
  const { height, width, channels } = network.architecture;
  const size = height * width * channels;
  const logits = epsilons.map(() => new Float32Array(split.count * network.outputs));
  const start = createStart(network, seed);
  for await (const { first, count, images } of eachImages(split, 16 * network.batchSize)) {
    for (let at = 0; at < count; at += network.batchSize) {
      onProgress?.(first + at, split.count);
      await new Promise((resolve) => setTimeout(resolve)); // lets events in
      const N = Math.min(network.batchSize, count - at);
      const clean = network.normalized(images.subarray(at * size, (at + N) * size));
      const targets = targetsOf(network, split, first + at, N);
      epsilons.forEach((epsilon, i) => {
        const begun = epsilon > 0 && attack === "pgd" ? start(first + at, N, size) : null;
        const x = attacked(network, { clean, targets }, epsilon, epsilon > 0 ? steps : 0, begun);
        logits[i].set(network.trace(x), (first + at) * network.outputs);
      });
    }
  }
  onProgress?.(split.count, split.count);
  const rows = epsilons.map((epsilon, i) => {
    const { right: _, ...worth } = robustOf(network, split, logits[i]);
    return { epsilon, ...worth };
  });
  return { attack, steps, seed, count: split.count, rows };
}

/**
 * The images that an attacker makes of clean ones. On the network's scale, from −1 to 1, ε counts twice.
 * @param clean (N, height, width, channels) as `normalized` gives them; targets (N, outputs) 0 or 1
 * @param start uniform numbers in [0, 1) of a random start, one for each value; null: the clean images, in one step
 */
export function attacked(
  network: Network,
  { clean, targets }: { clean: Float32Array; targets: Float32Array },
  epsilon: number,
  steps: number,
  start: Float32Array | null,
): Float32Array {
  const x = clean.slice();
  const radius = 2 * epsilon;
  const move = (by: (i: number) => number) => {
    for (let i = 0; i < x.length; i++) {
      const near = Math.min(clean[i] + radius, Math.max(clean[i] - radius, x[i] + by(i)));
      x[i] = Math.min(1, Math.max(-1, near));
    }
  };
  if (start) move((i) => (2 * start[i] - 1) * radius);
  const step = start ? (2.5 * radius) / steps : radius;
  for (let k = 0; k < steps; k++) {
    // Of softmax as of sigmoids, the gradient with respect to the logits is probability minus target.
    const dlogits = network.softmax(network.trace(x)).map((value, i) => value - targets[i]);
    const gradient = network.gradientAt("input", dlogits);
    move((i) => Math.sign(gradient[i]) * step);
  }
  return x;
}

/** (N, outputs) 0 or 1: what each output should be. */
function targetsOf({ architecture, outputs }: Network, { labels, matrix }: Split, first: number, N: number) {
  const { classes, output } = architecture;
  if (output === "sigmoid") return Float32Array.from(matrix!.subarray(first * classes, (first + N) * classes));
  const own = labels.subarray(first, first + N);
  if (output === "cumulative") return Float32Array.from(cumulativeTargets(own, classes));
  const targets = new Float32Array(N * outputs);
  own.forEach((label, n) => {
    targets[n * outputs + label] = 1;
  });
  return targets;
}

/** Uniform numbers of images by their place in the split. */
function createStart({ engine }: Network, seed: number): (first: number, N: number, size: number) => Float32Array {
  const instance = instantiate(engine);
  return (first, N, size) => {
    const uniforms = new Float32Array(N * size);
    for (let n = 0; n < N; n++) {
      const { out } = plan(instance, { out: 4 * size });
      instance.kernels.uniform(out, size, 0, 1, seed, STREAMS.attack, first + n);
      uniforms.set(f32(instance, out, size), n * size);
    }
    return uniforms;
  };
}
