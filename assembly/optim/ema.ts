// ema: exponential moving average, average ← average + (1 − decay) · (x − average), over n numbers; n is a multiple of
// 4. Equal numbers stay as they are. Polyak & Juditsky 1992, as in
// https://pytorch.org/docs/stable/optim.html#weight-averaging-swa-and-ema
import { madd } from "../simd";

export function ema(average: usize, x: usize, n: i32, decay: f64): void {
  assert((n & 3) == 0, "ema: n is not a multiple of 4");
  const rate = f32x4.splat(<f32>(1 - decay));
  for (let i: usize = 0; i < (<usize>n) << 2; i += 16) {
    const old = v128.load(average + i);
    v128.store(average + i, madd<f32>(rate, f32x4.sub(v128.load(x + i), old), old));
  }
}
