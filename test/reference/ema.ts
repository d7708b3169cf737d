// ema, the slow one: exponential moving average in f64, in place.

export function ema(average: Float64Array, x: ArrayLike<number>, decay: number): void {
  for (let i = 0; i < average.length; i++) average[i] = decay * average[i] + (1 - decay) * x[i];
}
