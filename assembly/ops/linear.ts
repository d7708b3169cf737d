// linear: out = x · wᵀ + b
//   x     (N, K)   activations; any K
//   w     (O, K)   params, PyTorch's layout; any O
//   b     (O)      params
//   out   (N, O)
// Forward overwrites out. Backward overwrites dx and accumulates into dw, db. Tail policy: vectors of four along K,
// then scalars. https://pytorch.org/docs/stable/generated/torch.nn.Linear.html
import { horizontalSum, madd } from "../simd";

export function linearForward(out: usize, x: usize, w: usize, b: usize, N: i32, K: i32, O: i32): void {
  assert(N >= 0 && K > 0 && O > 0, "linear: empty shape");
  const row = (<usize>K) << 2;
  for (let n = 0; n < N; n++) {
    for (let o = 0; o < O; o++) {
      store<f32>(out, load<f32>(b + ((<usize>o) << 2)) + dot(x, w + <usize>o * row, K));
      out += 4;
    }
    x += row;
  }
}

export function linearBackward(
  dx: usize,
  dw: usize,
  db: usize,
  dout: usize,
  x: usize,
  w: usize,
  N: i32,
  K: i32,
  O: i32,
): void {
  assert(N >= 0 && K > 0 && O > 0, "linear: empty shape");
  const row = (<usize>K) << 2;
  memory.fill(dx, 0, <usize>N * row);
  for (let n = 0; n < N; n++) {
    for (let o: usize = 0; o < <usize>O; o++) {
      const g = load<f32>(dout);
      store<f32>(db + (o << 2), load<f32>(db + (o << 2)) + g);
      axpy(dw + o * row, g, x, K);
      axpy(dx, g, w + o * row, K);
      dout += 4;
    }
    x += row;
    dx += row;
  }
}

/** Σ x · y in sixteen, then four, then one running sums: enough to hide the latency of an addition. */
@inline
function dot(x: usize, y: usize, K: i32): f32 {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let k = K;
  for (; k >= 16; k -= 16, x += 64, y += 64) {
    s0 = madd<f32>(v128.load(x), v128.load(y), s0);
    s1 = madd<f32>(v128.load(x, 16), v128.load(y, 16), s1);
    s2 = madd<f32>(v128.load(x, 32), v128.load(y, 32), s2);
    s3 = madd<f32>(v128.load(x, 48), v128.load(y, 48), s3);
  }
  for (; k >= 4; k -= 4, x += 16, y += 16) s0 = madd<f32>(v128.load(x), v128.load(y), s0);
  let sum = horizontalSum(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
  for (; k > 0; k--, x += 4, y += 4) sum += load<f32>(x) * load<f32>(y);
  return sum;
}

/** out += a · x. */
@inline
function axpy(out: usize, a: f32, x: usize, K: i32): void {
  const splat = f32x4.splat(a);
  let k = K;
  for (; k >= 4; k -= 4, out += 16, x += 16) v128.store(out, madd<f32>(splat, v128.load(x), v128.load(out)));
  for (; k > 0; k--, out += 4, x += 4) store<f32>(out, load<f32>(out) + a * load<f32>(x));
}
