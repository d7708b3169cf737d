// adam: one flat pass over params, grads, m, v (n), in vectors of four; n is a multiple of 4
//   m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²,  θ ← θ − lr/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε),  θ first times 1 −
//   lr · decay
// Kingma & Ba 2015; decoupled decay: Loshchilov & Hutter 2019; as in
// https://pytorch.org/docs/stable/generated/torch.optim.AdamW.html
import { madd } from "../simd";

export function adam(
  params: usize,
  m: usize,
  v: usize,
  grads: usize,
  n: i32,
  step: i32,
  lr: f64,
  beta1: f64,
  beta2: f64,
  epsilon: f64,
  weightDecay: f64,
): void {
  assert((n & 3) == 0, "adam: n is not a multiple of 4");
  assert(step > 0, "adam: steps count from 1");
  const b1 = f32x4.splat(<f32>beta1);
  const c1 = f32x4.splat(<f32>(1 - beta1));
  const b2 = f32x4.splat(<f32>beta2);
  const c2 = f32x4.splat(<f32>(1 - beta2));
  const rate = f32x4.splat(<f32>(-lr / (1 - power(beta1, step))));
  const root = f32x4.splat(<f32>(1 / sqrt<f64>(1 - power(beta2, step))));
  const eps = f32x4.splat(<f32>epsilon);
  const keep = f32x4.splat(<f32>(1 - lr * weightDecay));
  for (let i: usize = 0; i < (<usize>n) << 2; i += 16) {
    const g = v128.load(grads + i);
    const mi = madd<f32>(c1, g, f32x4.mul(b1, v128.load(m + i)));
    const vi = madd<f32>(c2, f32x4.mul(g, g), f32x4.mul(b2, v128.load(v + i)));
    const denominator = madd<f32>(f32x4.sqrt(vi), root, eps);
    const theta = f32x4.mul(keep, v128.load(params + i));
    v128.store(m + i, mi);
    v128.store(v + i, vi);
    v128.store(params + i, madd<f32>(rate, f32x4.div(mi, denominator), theta));
  }
}

/**
 * Scales grads (n) so that their L2 norm is at most maxNorm, as torch.nn.utils.clip_grad_norm_; returns the norm
 * before.
 */
export function clipGradNorm(grads: usize, n: i32, maxNorm: f64): f64 {
  let squares: f64 = 0;
  for (let i: usize = 0; i < (<usize>n) << 2; i += 4) {
    const g = <f64>load<f32>(grads + i);
    squares += g * g;
  }
  const norm = sqrt<f64>(squares);
  const scale = maxNorm / (norm + 1e-6);
  if (scale < 1) {
    for (let i: usize = 0; i < (<usize>n) << 2; i += 4) store<f32>(grads + i, load<f32>(grads + i) * <f32>scale);
  }
  return norm;
}

/** base ⁿ by repeated squaring: no pow of the runtime, so the same bits everywhere. */
function power(base: f64, exponent: i32): f64 {
  let result: f64 = 1;
  for (; exponent > 0; exponent >>= 1) {
    if (exponent & 1) result *= base;
    base *= base;
  }
  return result;
}
