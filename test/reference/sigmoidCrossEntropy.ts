// sigmoidCrossEntropy, the slow one: logits (N, K) in f64, as torch.nn.BCEWithLogitsLoss writes it out with
// pos_weight p:   loss = mean over n, k of −(p[k] · y · log σ(x) + (1 − y) · log(1 − σ(x))),  y = (1 − s) · target +
// s / 2

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** log σ(x), also where σ(x) rounds to 0. */
function logSigmoid(x: number): number {
  return x < -30 ? x - Math.exp(x) : -Math.log1p(Math.exp(-x));
}

export function sigmoidCrossEntropy(
  logits: ArrayLike<number>,
  targets: ArrayLike<number>,
  K: number,
  weights: ArrayLike<number> = new Float64Array(K).fill(1),
  smoothing = 0,
): { loss: number; dlogits: Float64Array } {
  const dlogits = new Float64Array(logits.length);
  let loss = 0;
  for (let i = 0; i < logits.length; i++) {
    const [x, weight] = [logits[i], weights[i % K]];
    const y = (1 - smoothing) * targets[i] + smoothing / 2;
    loss -= weight * y * logSigmoid(x) + (1 - y) * logSigmoid(-x);
    dlogits[i] = ((1 - y) * sigmoid(x) - weight * y * sigmoid(-x)) / logits.length;
  }
  return { loss: loss / logits.length, dlogits };
}
