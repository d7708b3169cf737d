// sigmoidCrossEntropy: outputs that are right or wrong each by itself. With y the target of an output, x its logit and
// w the weight of its positives, the mean over all N·K outputs of
//   w · y · log(1 + exp(−x)) + (1 − y) · log(1 + exp(x))
//   logits, dlogits          (N, K)   f32
//   targets                  (N, K)   u8, 0 or 1
//   weights                  (K)      f32 weights of the positives; 0 for none
// Overwrites dlogits. Sums and exponentials in f64, none of which can overflow. With smoothing s the target is
// (1 − s) · y + s / 2, as of a softmax over the two answers. See
// https://pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html
import { exp, log } from "../math";

/** probs ← 1 / (1 + exp(−logits)), n of them, in f64, rounded once. */
export function sigmoid(probs: usize, logits: usize, n: i32): void {
  assert(n >= 0, "sigmoid: negative length");
  const end = probs + ((<usize>n) << 2);
  for (; probs < end; probs += 4, logits += 4) store<f32>(probs, <f32>sigmoidOf(<f64>load<f32>(logits)));
}

/** Returns the mean loss; dlogits ← its gradient. */
export function sigmoidCrossEntropy(
  dlogits: usize,
  logits: usize,
  targets: usize,
  weights: usize,
  N: i32,
  K: i32,
  smoothing: f64,
): f64 {
  assert(N > 0 && K > 0, "sigmoidCrossEntropy: empty shape");
  assert(smoothing >= 0 && smoothing <= 1, "sigmoidCrossEntropy: smoothing outside [0, 1]");
  const row = (<usize>K) << 2;
  const outputs = <f64>N * <f64>K;
  let loss: f64 = 0;
  for (let n = 0; n < N; n++) {
    for (let k: usize = 0; k < row; k += 4, targets++, logits += 4, dlogits += 4) {
      const target = load<u8>(targets);
      assert(target <= 1, "sigmoidCrossEntropy: target other than 0 and 1");
      const y = (1 - smoothing) * <f64>target + 0.5 * smoothing;
      const positive = (weights ? <f64>load<f32>(weights + k) : 1) * y;
      const negative = 1 - y;
      const x = <f64>load<f32>(logits);
      // log(1 + exp(x)) is x more than log(1 + exp(−x)); a share of 0 must not meet an infinite logit.
      const rest = log(1 + exp(-abs(x)));
      if (positive != 0) loss += positive * (max<f64>(-x, 0) + rest);
      if (negative != 0) loss += negative * (max<f64>(x, 0) + rest);
      store<f32>(dlogits, <f32>(((negative + positive) * sigmoidOf(x) - positive) / outputs));
    }
  }
  return loss / outputs;
}


@inline
function sigmoidOf(x: f64): f64 {
  const small = exp(-abs(x));
  return (x < 0 ? small : 1) / (1 + small);
}
