// relu and tanh, the slow ones, in f64.

export function reluForward(x: ArrayLike<number>): Float64Array {
  return Float64Array.from(x, (value) => Math.max(0, value));
}

export function reluBackward(dout: ArrayLike<number>, out: ArrayLike<number>): Float64Array {
  return Float64Array.from(dout, (g, i) => (out[i] > 0 ? g : 0));
}

export function tanhForward(x: ArrayLike<number>): Float64Array {
  return Float64Array.from(x, Math.tanh);
}

export function tanhBackward(dout: ArrayLike<number>, x: ArrayLike<number>): Float64Array {
  return Float64Array.from(dout, (g, i) => g / Math.cosh(x[i]) ** 2);
}
