// softmaxCrossEntropy, the slow one: logits (N, K) in f64, class weights and label smoothing as
// torch.nn.CrossEntropyLoss writes them out:
//   loss = (1 − s) · Σ w[y] (−log p[y]) / Σ w[y]  +  s/K · Σ over n, k of w[k] (−log p[k]) / Σ w[y]

export function softmax(logits: ArrayLike<number>, K: number): Float64Array {
  const probs = new Float64Array(logits.length);
  for (let row = 0; row < logits.length; row += K) {
    const values = Array.from({ length: K }, (_, k) => logits[row + k]);
    const largest = Math.max(...values);
    const total = values.reduce((sum, value) => sum + Math.exp(value - largest), 0);
    values.forEach((value, k) => {
      probs[row + k] = Math.exp(value - largest) / total;
    });
  }
  return probs;
}

export function softmaxCrossEntropy(
  logits: ArrayLike<number>,
  labels: ArrayLike<number>,
  K: number,
  weights: ArrayLike<number> = new Float64Array(K).fill(1),
  smoothing = 0,
): { loss: number; dlogits: Float64Array } {
  const probs = softmax(logits, K);
  const totalWeight = Array.from(labels).reduce((sum, label) => sum + weights[label], 0);
  let loss = 0;
  const dlogits = new Float64Array(logits.length);
  Array.from(labels).forEach((label, n) => {
    const row = n * K;
    let largest = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < K; k++) largest = Math.max(largest, logits[row + k]);
    let sum = 0;
    for (let k = 0; k < K; k++) sum += Math.exp(logits[row + k] - largest);
    const surprise = (k: number) => largest + Math.log(sum) - logits[row + k];
    const add = (k: number, share: number) => {
      loss += share * surprise(k);
      for (let j = 0; j < K; j++) dlogits[row + j] += share * (probs[row + j] - (j === k ? 1 : 0));
    };
    add(label, ((1 - smoothing) * weights[label]) / totalWeight);
    if (smoothing > 0) for (let k = 0; k < K; k++) add(k, ((smoothing / K) * weights[k]) / totalWeight);
  });
  return { loss, dlogits };
}
