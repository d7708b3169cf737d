// Winograd's F(m×m, 3×3) for m = 4, 5, 6: an m×m patch of a 3×3 cross-correlation from an n×n patch of the input, n = m
// + 2, with n² products in place of 9 m²:   out = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A        Lavin & Gray, Fast algorithms for
// convolutional neural networks (CVPR 2016)
//
// The matrices are Toom and Cook's: n − 1 points p and ∞. With P(x) = Π (x − p) over the points,
//   Aᵀ   column p: 1, p, …, p^(m−1)                ∞: 1 in the last row only
//   G    row p: (1, p, p²) / P'(p)                 ∞: 0, 0, 1
//   Bᵀ   row p: the coefficients of P(x) / (x − p) ∞: those of P(x)
// Points are 0 (m even only), ±1, ±2 and, for m > 4, ±½; a pair ±a shares its even and its odd half:  even ± odd. Rows
// stand in the order [0], 1, −1, 2, −2, [½, −½], ∞. test/reference/winograd.ts derives the same matrices with plain
// arithmetic from that list of points.
//
// Each function below multiplies by one matrix along one axis; m is a compile-time constant; four channels sit in a
// vector; `from` and `to` are the distances in bytes between neighbours along that axis. B, A and Gᵀ serve the
// gradients.
import { madd, nmadd } from "../simd";

/** Tile sizes that exist; n = m + 2. */
export function isTile(m: i32): bool {
  return m >= 4 && m <= 6;
}

/**
 * The row of A that is all ones (point 1): its product holds what every pixel of the tile shares: the bias; its
 * gradient is a sum over it.
 */
@inline
export function onesPlane(m: i32): usize {
  return m & 1 ? 0 : <usize>(m + 3); // (1, 1) of n×n where point 0 comes first, else (0, 0)
}

/**
 * The factors of the transforms, a vector each. Loaded from memory, because V8 keeps constant vectors in registers
 * across a whole loop and spills for it: eight multiplyBt of m = 6 take 42 ns with this table and 60 ns without (Node
 * 20 and 24, strict).
 */
// prettier-ignore
export const FACTORS = memory.data<f32>([
  4, 4, 4, 4,  5, 5, 5, 5,  5.25, 5.25, 5.25, 5.25,  4.25, 4.25, 4.25, 4.25,  1.25, 1.25, 1.25, 1.25,  2.5, 2.5, 2.5, 2.5,  0.25, 0.25, 0.25, 0.25,
  0.5, 0.5, 0.5, 0.5,  8, 8, 8, 8,  2, 2, 2, 2,  0.125, 0.125, 0.125, 0.125,  0.0625, 0.0625, 0.0625, 0.0625,  16, 16, 16, 16,  32, 32, 32, 32,
  0.03125, 0.03125, 0.03125, 0.03125,
], 16);


@inline
function factor(value: f64): v128 {
  return v128.load(FACTORS + factorAt(value));
}

/** Where a factor stands in the table. */
@inline
export function factorAt(value: f64): usize {
  if (value == 4) return 0;
  if (value == 5) return 16;
  if (value == 5.25) return 32;
  if (value == 4.25) return 48;
  if (value == 1.25) return 64;
  if (value == 2.5) return 80;
  if (value == 0.25) return 96;
  if (value == 0.5) return 112;
  if (value == 8) return 128;
  if (value == 2) return 144;
  if (value == 0.125) return 160;
  if (value == 0.0625) return 176;
  if (value == 16) return 192;
  if (value == 32) return 208;
  assert(value == 0.03125, "winograd: no such factor");
  return 224;
}


@inline
function splat(value: f64): v128 {
  return f32x4.splat(<f32>value);
}

/** to ← Bᵀ · from (n → n). */
@inline
export function multiplyBt(m: i32, out: usize, to: usize, x: usize, from: usize): void {
  const zero = (m & 1) == 0; // is 0 one of the points? Then the others see the patch from its second element on
  const c = zero ? x + from : x;
  const c0 = v128.load(c);
  const c1 = v128.load(c + from);
  const c2 = v128.load(c + 2 * from);
  const c3 = v128.load(c + 3 * from);
  const c4 = v128.load(c + 4 * from);
  let last: v128;
  if (m == 4) {
    const x0 = v128.load(x);
    const even1 = nmadd<f32>(factor(4), c1, c3);
    const odd1 = nmadd<f32>(factor(4), c0, c2);
    const even2 = f32x4.sub(c3, c1);
    const half2 = f32x4.sub(c2, c0);
    const odd2 = f32x4.add(half2, half2);
    v128.store(out, madd<f32>(factor(4), x0, nmadd<f32>(factor(5), c1, c3)));
    last = madd<f32>(factor(4), c0, nmadd<f32>(factor(5), c2, c4));
    out += to;
    v128.store(out, f32x4.add(even1, odd1));
    v128.store(out + to, f32x4.sub(even1, odd1));
    v128.store(out + 2 * to, f32x4.add(even2, odd2));
    v128.store(out + 3 * to, f32x4.sub(even2, odd2));
    v128.store(out + 4 * to, last);
    return;
  }
  const c5 = v128.load(c + 5 * from);
  const c6 = v128.load(c + 6 * from);
  if (zero) {
    const x0 = v128.load(x);
    v128.store(out, madd<f32>(factor(5.25), f32x4.sub(c1, c3), f32x4.sub(c5, x0)));
    out += to;
  }
  const even1 = nmadd<f32>(factor(4.25), c3, f32x4.add(c5, c1));
  const odd1 = nmadd<f32>(factor(4.25), c2, f32x4.add(c4, c0));
  v128.store(out, f32x4.add(even1, odd1));
  v128.store(out + to, f32x4.sub(even1, odd1));
  const even2 = madd<f32>(factor(0.25), c1, nmadd<f32>(factor(1.25), c3, c5));
  const odd2 = madd<f32>(factor(0.5), c0, nmadd<f32>(factor(2.5), c2, f32x4.add(c4, c4)));
  v128.store(out + 2 * to, f32x4.add(even2, odd2));
  v128.store(out + 3 * to, f32x4.sub(even2, odd2));
  const even3 = madd<f32>(factor(4), c1, nmadd<f32>(factor(5), c3, c5));
  const odd3 = madd<f32>(factor(0.5), c4, nmadd<f32>(factor(2.5), c2, f32x4.add(c0, c0)));
  v128.store(out + 4 * to, f32x4.add(even3, odd3));
  v128.store(out + 5 * to, f32x4.sub(even3, odd3));
  v128.store(out + 6 * to, madd<f32>(factor(5.25), f32x4.sub(c2, c4), f32x4.sub(c6, c0)));
}

/** to ← B · from (n → n), the transpose of multiplyBt. */
@inline
export function multiplyB(m: i32, out: usize, to: usize, x: usize, from: usize): void {
  const zero = (m & 1) == 0;
  const p = zero ? x + from : x;
  const c = zero ? out + to : out;
  const p1 = v128.load(p);
  const m1 = v128.load(p + from);
  const p2 = v128.load(p + 2 * from);
  const m2 = v128.load(p + 3 * from);
  const sum1 = f32x4.add(p1, m1);
  const difference1 = f32x4.sub(p1, m1);
  const sum2 = f32x4.add(p2, m2);
  const difference2 = f32x4.sub(p2, m2);
  if (m == 4) {
    const v0 = v128.load(x);
    const last = v128.load(p + 4 * from);
    const double2 = f32x4.add(difference2, difference2);
    v128.store(out, f32x4.mul(factor(4), v0));
    v128.store(c, f32x4.sub(f32x4.mul(factor(4), f32x4.sub(last, difference1)), double2));
    v128.store(c + to, f32x4.sub(f32x4.neg(madd<f32>(factor(5), v0, f32x4.mul(factor(4), sum1))), sum2));
    v128.store(c + 2 * to, nmadd<f32>(factor(5), last, f32x4.add(difference1, double2)));
    v128.store(c + 3 * to, f32x4.add(v0, f32x4.add(sum1, sum2)));
    v128.store(c + 4 * to, last);
    return;
  }
  const p3 = v128.load(p + 4 * from);
  const m3 = v128.load(p + 5 * from);
  const last = v128.load(p + 6 * from);
  const sum3 = f32x4.add(p3, m3);
  const difference3 = f32x4.sub(p3, m3);
  let c1 = madd<f32>(factor(4), sum3, madd<f32>(factor(0.25), sum2, sum1));
  let c3 = f32x4.neg(madd<f32>(factor(5), sum3, madd<f32>(factor(1.25), sum2, f32x4.mul(factor(4.25), sum1))));
  let c5 = f32x4.add(sum1, f32x4.add(sum2, sum3));
  if (zero) {
    const v0 = v128.load(x);
    const scaled = f32x4.mul(factor(5.25), v0);
    c1 = f32x4.add(c1, scaled);
    c3 = f32x4.sub(c3, scaled);
    c5 = f32x4.add(c5, v0);
    v128.store(out, f32x4.neg(v0));
  }
  const scaled = f32x4.mul(factor(5.25), last);
  v128.store(c, f32x4.sub(madd<f32>(factor(2), difference3, madd<f32>(factor(0.5), difference2, difference1)), last));
  v128.store(c + to, c1);
  v128.store(
    c + 2 * to,
    nmadd<f32>(factor(4.25), difference1, nmadd<f32>(factor(2.5), f32x4.add(difference2, difference3), scaled)),
  );
  v128.store(c + 3 * to, c3);
  v128.store(
    c + 4 * to,
    f32x4.sub(madd<f32>(factor(0.5), difference3, madd<f32>(factor(2), difference2, difference1)), scaled),
  );
  v128.store(c + 5 * to, c5);
  v128.store(c + 6 * to, last);
}

/** to ← Aᵀ · from (n → m). */
@inline
export function multiplyAt(m: i32, out: usize, to: usize, x: usize, from: usize): void {
  const zero = (m & 1) == 0;
  const p = zero ? x + from : x;
  const p1 = v128.load(p);
  const m1 = v128.load(p + from);
  const p2 = v128.load(p + 2 * from);
  const m2 = v128.load(p + 3 * from);
  const sum1 = f32x4.add(p1, m1);
  const difference1 = f32x4.sub(p1, m1);
  const sum2 = f32x4.add(p2, m2);
  const difference2 = f32x4.sub(p2, m2);
  if (m == 4) {
    const last = v128.load(p + 4 * from);
    v128.store(out, f32x4.add(v128.load(x), f32x4.add(sum1, sum2)));
    v128.store(out + to, f32x4.add(difference1, f32x4.add(difference2, difference2)));
    v128.store(out + 2 * to, madd<f32>(factor(4), sum2, sum1));
    v128.store(out + 3 * to, f32x4.add(madd<f32>(factor(8), difference2, difference1), last));
    return;
  }
  const p3 = v128.load(p + 4 * from);
  const m3 = v128.load(p + 5 * from);
  const last = v128.load(p + 6 * from);
  const sum3 = f32x4.add(p3, m3);
  const difference3 = f32x4.sub(p3, m3);
  const all = f32x4.add(sum1, f32x4.add(sum2, sum3));
  v128.store(out, zero ? f32x4.add(v128.load(x), all) : all);
  v128.store(out + to, madd<f32>(factor(0.5), difference3, madd<f32>(factor(2), difference2, difference1)));
  v128.store(out + 2 * to, madd<f32>(factor(0.25), sum3, madd<f32>(factor(4), sum2, sum1)));
  v128.store(out + 3 * to, madd<f32>(factor(0.125), difference3, madd<f32>(factor(8), difference2, difference1)));
  const fourth = madd<f32>(factor(0.0625), sum3, madd<f32>(factor(16), sum2, sum1));
  if (m == 5) {
    v128.store(out + 4 * to, f32x4.add(fourth, last));
    return;
  }
  v128.store(out + 4 * to, fourth);
  const fifth = madd<f32>(factor(0.03125), difference3, madd<f32>(factor(32), difference2, difference1));
  v128.store(out + 5 * to, f32x4.add(fifth, last));
}

/** to ← A · from (m → n), the transpose of multiplyAt. */
@inline
export function multiplyA(m: i32, out: usize, to: usize, x: usize, from: usize): void {
  const zero = (m & 1) == 0;
  const y0 = v128.load(x);
  const y1 = v128.load(x + from);
  const y2 = v128.load(x + 2 * from);
  const y3 = v128.load(x + 3 * from);
  if (zero) {
    v128.store(out, y0);
    out += to;
  }
  let even1 = f32x4.add(y0, y2);
  let odd1 = f32x4.add(y1, y3);
  let even2 = madd<f32>(factor(4), y2, y0);
  let half2 = madd<f32>(factor(4), y3, y1);
  if (m == 4) {
    store2(out, to, even1, odd1);
    store2(out + 2 * to, to, even2, f32x4.add(half2, half2));
    v128.store(out + 4 * to, y3);
    return;
  }
  const y4 = v128.load(x + 4 * from);
  let even3 = madd<f32>(factor(0.0625), y4, madd<f32>(factor(0.25), y2, y0));
  let odd3 = madd<f32>(factor(0.125), y3, f32x4.mul(factor(0.5), y1));
  even1 = f32x4.add(even1, y4);
  even2 = madd<f32>(factor(16), y4, even2);
  let last = y4;
  if (m == 6) {
    last = v128.load(x + 5 * from);
    odd1 = f32x4.add(odd1, last);
    half2 = madd<f32>(factor(16), last, half2);
    odd3 = madd<f32>(factor(0.03125), last, odd3);
  }
  store2(out, to, even1, odd1);
  store2(out + 2 * to, to, even2, f32x4.add(half2, half2));
  store2(out + 4 * to, to, even3, odd3);
  v128.store(out + 6 * to, last);
}

/** to ← G · from (3 → n). */
@inline
export function multiplyG(m: i32, out: usize, to: usize, x: usize, from: usize): void {
  const g0 = v128.load(x);
  const g1 = v128.load(x + from);
  const g2 = v128.load(x + 2 * from);
  if ((m & 1) == 0) {
    v128.store(out, f32x4.mul(splat(weight0(m)), g0));
    out += to;
  }
  const even1 = f32x4.mul(splat(weight(m, 1)), f32x4.add(g0, g2));
  storeFilter(m, out, to, even1, f32x4.mul(splat(weight(m, 1)), g1));
  const even2 = f32x4.mul(splat(weight(m, 2)), madd<f32>(splat(4), g2, g0));
  storeFilter(m, out + 2 * to, to, even2, f32x4.mul(splat(2 * weight(m, 2)), g1));
  out += 4 * to;
  if (m > 4) {
    const even3 = f32x4.mul(splat(weight(m, 0.5)), madd<f32>(splat(0.25), g2, g0));
    storeFilter(m, out, to, even3, f32x4.mul(splat(0.5 * weight(m, 0.5)), g1));
    out += 2 * to;
  }
  v128.store(out, g2);
}

/** to ← Gᵀ · from (n → 3), the transpose of multiplyG. */
@inline
export function multiplyGt(m: i32, out: usize, to: usize, x: usize, from: usize): void {
  const zero = (m & 1) == 0;
  const p = zero ? x + from : x;
  const p1 = f32x4.mul(splat(weight(m, 1)), v128.load(p));
  const m1 = f32x4.mul(splat(mirrored(m, 1)), v128.load(p + from));
  const p2 = f32x4.mul(splat(weight(m, 2)), v128.load(p + 2 * from));
  const m2 = f32x4.mul(splat(mirrored(m, 2)), v128.load(p + 3 * from));
  const sum1 = f32x4.add(p1, m1);
  const sum2 = f32x4.add(p2, m2);
  let first = f32x4.add(sum1, sum2);
  let second = madd<f32>(splat(2), f32x4.sub(p2, m2), f32x4.sub(p1, m1));
  let third = madd<f32>(splat(4), sum2, sum1);
  if (m > 4) {
    const p3 = f32x4.mul(splat(weight(m, 0.5)), v128.load(p + 4 * from));
    const m3 = f32x4.mul(splat(mirrored(m, 0.5)), v128.load(p + 5 * from));
    const sum3 = f32x4.add(p3, m3);
    first = f32x4.add(first, sum3);
    second = madd<f32>(splat(0.5), f32x4.sub(p3, m3), second);
    third = madd<f32>(splat(0.25), sum3, third);
  }
  if (zero) first = madd<f32>(splat(weight0(m)), v128.load(x), first);
  v128.store(out, first);
  v128.store(out + to, second);
  v128.store(out + 2 * to, f32x4.add(third, v128.load(p + (m == 4 ? 4 : 6) * from)));
}

/** 1 / P'(a): P'(a) = a^z · 2a · Π (a² − b²) over the other pairs, z = 1 where 0 is a point. */
@inline
function weight(m: i32, a: f64): f64 {
  const y = a * a;
  const others = (a == 1 ? 1 : y - 1) * (a == 2 ? 1 : y - 4) * (m == 4 || a == 0.5 ? 1 : y - 0.25);
  return 1 / ((m & 1 ? 1 : a) * 2 * a * others);
}

/** 1 / P'(−a): the odd factors of P' change sign, all but one where 0 is a point. */
@inline
function mirrored(m: i32, a: f64): f64 {
  return m & 1 ? -weight(m, a) : weight(m, a);
}

/** 1 / P'(0). */
@inline
function weight0(m: i32): f64 {
  return m == 4 ? 0.25 : -1;
}


@inline
function store2(out: usize, to: usize, even: v128, odd: v128): void {
  v128.store(out, f32x4.add(even, odd));
  v128.store(out + to, f32x4.sub(even, odd));
}


@inline
function storeFilter(m: i32, out: usize, to: usize, even: v128, odd: v128): void {
  v128.store(out, f32x4.add(even, odd));
  v128.store(out + to, m & 1 ? f32x4.sub(odd, even) : f32x4.sub(even, odd));
}
