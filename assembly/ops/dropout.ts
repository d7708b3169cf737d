// dropout: out = x · mask; mask is 0 with probability p and 1 / (1 − p) otherwise, so the mean stays
//   x, out   (N, K)   activations
//   mask     (N, K)   saved by forward, read by backward
//   ids      (N)      u32: which image of the data set each one is; element k of image i draws the number i · K + k
//            (mod 2^32)
// Forward overwrites out and mask, backward dx. K is a multiple of 4.
// Srivastava et al. 2014, as in https://pytorch.org/docs/stable/generated/torch.nn.Dropout.html
import { uniform01 } from "../random";

export function dropoutForward(
  out: usize,
  mask: usize,
  x: usize,
  ids: usize,
  N: i32,
  K: i32,
  p: f64,
  seed: u32,
  stream: u32,
  epoch: u32,
): void {
  assert(p >= 0 && p < 1, "dropout: p is not in [0, 1)");
  assert((K & 3) == 0, "dropout: K is not a multiple of 4");
  const kept = <f32>(1 / (1 - p));
  for (let n: usize = 0, at = mask; n < <usize>N; n++) {
    const first = load<u32>(ids + (n << 2)) * <u32>K;
    for (let k: u32 = 0; k < <u32>K; k++, at += 4) {
      store<f32>(at, <f64>uniform01(seed, stream, epoch, first + k) < p ? 0 : kept);
    }
  }
  multiply(out, x, mask, N * K);
}

export function dropoutBackward(dx: usize, dout: usize, mask: usize, N: i32, K: i32): void {
  multiply(dx, dout, mask, N * K);
}

function multiply(out: usize, a: usize, b: usize, n: i32): void {
  for (let i: usize = 0; i < (<usize>n) << 2; i += 16) {
    v128.store(out + i, f32x4.mul(v128.load(a + i), v128.load(b + i)));
  }
}
