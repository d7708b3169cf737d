// adam, the slow one: torch.optim.Adam (AdamW with weightDecay) in f64, in place.

export interface AdamState {
  params: Float64Array;
  m: Float64Array;
  v: Float64Array;
}

export interface AdamOptions {
  lr: number;
  beta1?: number;
  beta2?: number;
  epsilon?: number;
  weightDecay?: number;
}

/** One step; steps count from 1. */
export function adam(
  { params, m, v }: AdamState,
  grads: ArrayLike<number>,
  step: number,
  { lr, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 }: AdamOptions,
): void {
  for (let i = 0; i < params.length; i++) {
    params[i] -= lr * weightDecay * params[i];
    m[i] = beta1 * m[i] + (1 - beta1) * grads[i];
    v[i] = beta2 * v[i] + (1 - beta2) * grads[i] ** 2;
    const mHat = m[i] / (1 - beta1 ** step);
    params[i] -= (lr * mHat) / (Math.sqrt(v[i]) / Math.sqrt(1 - beta2 ** step) + epsilon);
  }
}

/** torch.nn.utils.clip_grad_norm_: the clipped gradients and the L2 norm before. */
export function clipGradNorm(grads: ArrayLike<number>, maxNorm: number): { grads: Float64Array; norm: number } {
  const norm = Math.hypot(...Array.from(grads));
  const scale = Math.min(1, maxNorm / (norm + 1e-6));
  return { grads: Float64Array.from(grads, (g) => g * scale), norm };
}
