// softmaxCrossEntropy: loss = Σ w[y] · (logsumexp(x) − x[y]) / Σ w[y] over the batch, optionally with smoothed labels
//   logits, probs, dlogits   (N, K)   f32
//   labels                   (N)      u8, each below K
//   weights                  (K)      f32 class weights; 0 for none
// Overwrites probs and dlogits. A few numbers an image: sums and exponentials in f64, the largest logit subtracted
// first. With smoothing s the target is (1 − s) · onehot(y) + s / K, and class k's share carries weight w[k], as in
// https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
import { exp, log } from "../math";

/** probs ← softmax(logits), each row in f64, rounded once. */
export function softmax(probs: usize, logits: usize, N: i32, K: i32): void {
  assert(N >= 0 && K > 0, "softmax: empty shape");
  const row = (<usize>K) << 2;
  for (let n = 0; n < N; n++, probs += row, logits += row) {
    const logSum = logSumExp(logits, row);
    for (let k: usize = 0; k < row; k += 4) store<f32>(probs + k, <f32>exp(<f64>load<f32>(logits + k) - logSum));
  }
}

/** Returns the mean loss; dlogits ← its gradient. */
export function softmaxCrossEntropy(
  dlogits: usize,
  logits: usize,
  labels: usize,
  weights: usize,
  N: i32,
  K: i32,
  smoothing: f64,
): f64 {
  assert(N > 0 && K > 0, "softmaxCrossEntropy: empty shape");
  assert(smoothing >= 0 && smoothing <= 1, "softmaxCrossEntropy: smoothing outside [0, 1]");
  const row = (<usize>K) << 2;
  let totalWeight: f64 = 0;
  for (let n: usize = 0; n < <usize>N; n++) totalWeight += weightOf(weights, (<usize>load<u8>(labels + n)) << 2);
  const share = smoothing / <f64>K;
  let loss: f64 = 0;
  for (let n = 0; n < N; n++, labels++, logits += row, dlogits += row) {
    const label = (<usize>load<u8>(labels)) << 2;
    assert(label < row, "softmaxCrossEntropy: label out of range");
    const logSum = logSumExp(logits, row);
    let targets: f64 = 0; // Σ over classes of this row's target weights
    for (let k: usize = 0; k < row; k += 4) {
      const target = ((k == label ? 1 - smoothing : 0) + share) * weightOf(weights, k);
      targets += target;
      if (target != 0) loss += target * (logSum - <f64>load<f32>(logits + k));
    }
    for (let k: usize = 0; k < row; k += 4) {
      const target = ((k == label ? 1 - smoothing : 0) + share) * weightOf(weights, k);
      const p = exp(<f64>load<f32>(logits + k) - logSum);
      store<f32>(dlogits + k, <f32>((targets * p - target) / totalWeight));
    }
  }
  return loss / totalWeight;
}


@inline
function weightOf(weights: usize, k: usize): f64 {
  return weights ? <f64>load<f32>(weights + k) : 1;
}


@inline
function logSumExp(logits: usize, row: usize): f64 {
  let largest = load<f32>(logits);
  for (let k: usize = 4; k < row; k += 4) largest = max<f32>(largest, load<f32>(logits + k));
  let sum: f64 = 0;
  for (let k: usize = 0; k < row; k += 4) sum += exp(<f64>load<f32>(logits + k) - <f64>largest);
  return <f64>largest + log(sum);
}
