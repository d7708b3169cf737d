// batchNorm2d, the slow one: x (rows, C) in f64, per channel. Backward step by step through variance and mean (Ioffe &
// Szegedy 2015, section 3).

export interface Statistics {
  mean: Float64Array;
  /** Biased. */
  variance: Float64Array;
}

export function batchStatistics(x: ArrayLike<number>, C: number): Statistics {
  const rows = x.length / C;
  const mean = new Float64Array(C);
  const variance = new Float64Array(C);
  for (let i = 0; i < x.length; i++) mean[i % C] += x[i] / rows;
  for (let i = 0; i < x.length; i++) variance[i % C] += (x[i] - mean[i % C]) ** 2 / rows;
  return { mean, variance };
}

/** Running statistics after one batch of `rows` values a channel. */
export function movedStatistics(running: Statistics, batch: Statistics, rows: number, momentum: number): Statistics {
  const move = (old: number, value: number) => (1 - momentum) * old + momentum * value;
  return {
    mean: running.mean.map((old, c) => move(old, batch.mean[c])),
    variance: running.variance.map((old, c) => move(old, (batch.variance[c] * rows) / (rows - 1))),
  };
}

export function batchNorm2dForward(
  x: ArrayLike<number>,
  { mean, variance }: Statistics,
  w: ArrayLike<number>,
  b: ArrayLike<number>,
  epsilon: number,
): Float64Array {
  const C = mean.length;
  return Float64Array.from(x, (value, i) => {
    const c = i % C;
    return ((value - mean[c]) / Math.sqrt(variance[c] + epsilon)) * w[c] + b[c];
  });
}

/** `statistics` are those of x itself. */
export function batchNorm2dBackward(
  dout: ArrayLike<number>,
  x: ArrayLike<number>,
  { mean, variance }: Statistics,
  w: ArrayLike<number>,
  epsilon: number,
): { dx: Float64Array; dw: Float64Array; db: Float64Array } {
  const C = mean.length;
  const rows = x.length / C;
  const dx = new Float64Array(x.length);
  const dw = new Float64Array(C);
  const db = new Float64Array(C);
  for (let c = 0; c < C; c++) {
    const root = Math.sqrt(variance[c] + epsilon);
    let dvariance = 0;
    let dmean = 0;
    for (let i = c; i < x.length; i += C) {
      const dhat = dout[i] * w[c];
      dw[c] += (dout[i] * (x[i] - mean[c])) / root;
      db[c] += dout[i];
      dvariance -= (dhat * (x[i] - mean[c])) / (2 * root ** 3);
      dmean -= dhat / root;
    }
    for (let i = c; i < x.length; i += C) {
      dx[i] = (dout[i] * w[c]) / root + (dvariance * 2 * (x[i] - mean[c])) / rows + dmean / rows;
    }
  }
  return { dx, dw, db };
}

/** The same where the statistics are constants: running ones, in evaluation mode. */
export function batchNorm2dBackwardRunning(
  dout: ArrayLike<number>,
  x: ArrayLike<number>,
  { mean, variance }: Statistics,
  w: ArrayLike<number>,
  epsilon: number,
): { dx: Float64Array; dw: Float64Array; db: Float64Array } {
  const C = mean.length;
  const dx = new Float64Array(x.length);
  const dw = new Float64Array(C);
  const db = new Float64Array(C);
  for (let i = 0; i < x.length; i++) {
    const c = i % C;
    const root = Math.sqrt(variance[c] + epsilon);
    dx[i] = (dout[i] * w[c]) / root;
    dw[c] += (dout[i] * (x[i] - mean[c])) / root;
    db[c] += dout[i];
  }
  return { dx, dw, db };
}
