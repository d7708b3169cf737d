// The transforms of winograd.ts for two vectors of channels at a time: with V8's revectorize flag they become one of
// 256 bits. Every lane sees the operations of winograd.ts in their order, so the bits are the same. V8 joins vectors
// where their loads and stores are neighbours with constant offsets, and no store lies between loads that belong
// together: hence every line twice, the second vector with a w. Only engines with wide tiles come here: without the
// flag it takes twice the registers. The convolutions of layers 2 to 5 then take 0.9 of the time (strict, Node 24).
import { madd, nmadd } from "../simd";
import { factorAt, FACTORS } from "./winograd";

/** A factor in all lanes: a splat from memory, which V8 joins where it does not join the same load twice. */
@inline
function factor(value: f64): v128 {
  return v128.load32_splat(FACTORS + factorAt(value));
}


@inline
function store2(out: usize, to: usize, even: v128, odd: v128, evenw: v128, oddw: v128): void {
  v128.store(out, f32x4.add(even, odd));
  v128.store(out, f32x4.add(evenw, oddw), 16);
  const at = out + to;
  v128.store(at, f32x4.sub(even, odd));
  v128.store(at, f32x4.sub(evenw, oddw), 16);
}

/** to ← Bᵀ · from (n → n). */
@inline
export function pairByBt(m: i32, out: usize, to: usize, x: usize, from: usize): void {
  const zero = (m & 1) == 0; // is 0 one of the points? Then the others see the patch from its second element on
  const c = zero ? x + from : x;
  const c0 = v128.load(c);
  const c0w = v128.load(c, 16);
  const c1 = v128.load(c + from);
  const c1w = v128.load(c + from, 16);
  const c2 = v128.load(c + 2 * from);
  const c2w = v128.load(c + 2 * from, 16);
  const c3 = v128.load(c + 3 * from);
  const c3w = v128.load(c + 3 * from, 16);
  const c4 = v128.load(c + 4 * from);
  const c4w = v128.load(c + 4 * from, 16);
  let last: v128;
  let lastw: v128;
  if (m == 4) {
    const x0 = v128.load(x);
    const x0w = v128.load(x, 16);
    const f0 = factor(4);
    const even1 = nmadd<f32>(f0, c1, c3);
    const even1w = nmadd<f32>(f0, c1w, c3w);
    const f1 = factor(4);
    const odd1 = nmadd<f32>(f1, c0, c2);
    const odd1w = nmadd<f32>(f1, c0w, c2w);
    const even2 = f32x4.sub(c3, c1);
    const even2w = f32x4.sub(c3w, c1w);
    const half2 = f32x4.sub(c2, c0);
    const half2w = f32x4.sub(c2w, c0w);
    const odd2 = f32x4.add(half2, half2);
    const odd2w = f32x4.add(half2w, half2w);
    const f2 = factor(4);
    const f3 = factor(5);
    v128.store(out, madd<f32>(f2, x0, nmadd<f32>(f3, c1, c3)));
    v128.store(out, madd<f32>(f2, x0w, nmadd<f32>(f3, c1w, c3w)), 16);
    const f4 = factor(4);
    const f5 = factor(5);
    last = madd<f32>(f4, c0, nmadd<f32>(f5, c2, c4));
    lastw = madd<f32>(f4, c0w, nmadd<f32>(f5, c2w, c4w));
    out += to;
    v128.store(out, f32x4.add(even1, odd1));
    v128.store(out, f32x4.add(even1w, odd1w), 16);
    v128.store(out + to, f32x4.sub(even1, odd1));
    v128.store(out + to, f32x4.sub(even1w, odd1w), 16);
    v128.store(out + 2 * to, f32x4.add(even2, odd2));
    v128.store(out + 2 * to, f32x4.add(even2w, odd2w), 16);
    v128.store(out + 3 * to, f32x4.sub(even2, odd2));
    v128.store(out + 3 * to, f32x4.sub(even2w, odd2w), 16);
    v128.store(out + 4 * to, last);
    v128.store(out + 4 * to, lastw, 16);
    return;
  }
  const c5 = v128.load(c + 5 * from);
  const c5w = v128.load(c + 5 * from, 16);
  const c6 = v128.load(c + 6 * from);
  const c6w = v128.load(c + 6 * from, 16);
  if (zero) {
    const x0 = v128.load(x);
    const x0w = v128.load(x, 16);
    const f6 = factor(5.25);
    v128.store(out, madd<f32>(f6, f32x4.sub(c1, c3), f32x4.sub(c5, x0)));
    v128.store(out, madd<f32>(f6, f32x4.sub(c1w, c3w), f32x4.sub(c5w, x0w)), 16);
    out += to;
  }
  const f7 = factor(4.25);
  const even1 = nmadd<f32>(f7, c3, f32x4.add(c5, c1));
  const even1w = nmadd<f32>(f7, c3w, f32x4.add(c5w, c1w));
  const f8 = factor(4.25);
  const odd1 = nmadd<f32>(f8, c2, f32x4.add(c4, c0));
  const odd1w = nmadd<f32>(f8, c2w, f32x4.add(c4w, c0w));
  v128.store(out, f32x4.add(even1, odd1));
  v128.store(out, f32x4.add(even1w, odd1w), 16);
  v128.store(out + to, f32x4.sub(even1, odd1));
  v128.store(out + to, f32x4.sub(even1w, odd1w), 16);
  const f9 = factor(0.25);
  const f10 = factor(1.25);
  const even2 = madd<f32>(f9, c1, nmadd<f32>(f10, c3, c5));
  const even2w = madd<f32>(f9, c1w, nmadd<f32>(f10, c3w, c5w));
  const f11 = factor(0.5);
  const f12 = factor(2.5);
  const odd2 = madd<f32>(f11, c0, nmadd<f32>(f12, c2, f32x4.add(c4, c4)));
  const odd2w = madd<f32>(f11, c0w, nmadd<f32>(f12, c2w, f32x4.add(c4w, c4w)));
  v128.store(out + 2 * to, f32x4.add(even2, odd2));
  v128.store(out + 2 * to, f32x4.add(even2w, odd2w), 16);
  v128.store(out + 3 * to, f32x4.sub(even2, odd2));
  v128.store(out + 3 * to, f32x4.sub(even2w, odd2w), 16);
  const f13 = factor(4);
  const f14 = factor(5);
  const even3 = madd<f32>(f13, c1, nmadd<f32>(f14, c3, c5));
  const even3w = madd<f32>(f13, c1w, nmadd<f32>(f14, c3w, c5w));
  const f15 = factor(0.5);
  const f16 = factor(2.5);
  const odd3 = madd<f32>(f15, c4, nmadd<f32>(f16, c2, f32x4.add(c0, c0)));
  const odd3w = madd<f32>(f15, c4w, nmadd<f32>(f16, c2w, f32x4.add(c0w, c0w)));
  v128.store(out + 4 * to, f32x4.add(even3, odd3));
  v128.store(out + 4 * to, f32x4.add(even3w, odd3w), 16);
  v128.store(out + 5 * to, f32x4.sub(even3, odd3));
  v128.store(out + 5 * to, f32x4.sub(even3w, odd3w), 16);
  const f17 = factor(5.25);
  v128.store(out + 6 * to, madd<f32>(f17, f32x4.sub(c2, c4), f32x4.sub(c6, c0)));
  v128.store(out + 6 * to, madd<f32>(f17, f32x4.sub(c2w, c4w), f32x4.sub(c6w, c0w)), 16);
}

/** to ← B · from (n → n), the transpose of multiplyBt. */
@inline
export function pairByB(m: i32, out: usize, to: usize, x: usize, from: usize): void {
  const zero = (m & 1) == 0;
  const p = zero ? x + from : x;
  const c = zero ? out + to : out;
  const p1 = v128.load(p);
  const p1w = v128.load(p, 16);
  const m1 = v128.load(p + from);
  const m1w = v128.load(p + from, 16);
  const p2 = v128.load(p + 2 * from);
  const p2w = v128.load(p + 2 * from, 16);
  const m2 = v128.load(p + 3 * from);
  const m2w = v128.load(p + 3 * from, 16);
  const sum1 = f32x4.add(p1, m1);
  const sum1w = f32x4.add(p1w, m1w);
  const difference1 = f32x4.sub(p1, m1);
  const difference1w = f32x4.sub(p1w, m1w);
  const sum2 = f32x4.add(p2, m2);
  const sum2w = f32x4.add(p2w, m2w);
  const difference2 = f32x4.sub(p2, m2);
  const difference2w = f32x4.sub(p2w, m2w);
  if (m == 4) {
    const v0 = v128.load(x);
    const v0w = v128.load(x, 16);
    const last = v128.load(p + 4 * from);
    const lastw = v128.load(p + 4 * from, 16);
    const double2 = f32x4.add(difference2, difference2);
    const double2w = f32x4.add(difference2w, difference2w);
    const f0 = factor(4);
    v128.store(out, f32x4.mul(f0, v0));
    v128.store(out, f32x4.mul(f0, v0w), 16);
    const f1 = factor(4);
    v128.store(c, f32x4.sub(f32x4.mul(f1, f32x4.sub(last, difference1)), double2));
    v128.store(c, f32x4.sub(f32x4.mul(f1, f32x4.sub(lastw, difference1w)), double2w), 16);
    const f2 = factor(5);
    const f3 = factor(4);
    v128.store(c + to, f32x4.sub(f32x4.neg(madd<f32>(f2, v0, f32x4.mul(f3, sum1))), sum2));
    v128.store(c + to, f32x4.sub(f32x4.neg(madd<f32>(f2, v0w, f32x4.mul(f3, sum1w))), sum2w), 16);
    const f4 = factor(5);
    v128.store(c + 2 * to, nmadd<f32>(f4, last, f32x4.add(difference1, double2)));
    v128.store(c + 2 * to, nmadd<f32>(f4, lastw, f32x4.add(difference1w, double2w)), 16);
    v128.store(c + 3 * to, f32x4.add(v0, f32x4.add(sum1, sum2)));
    v128.store(c + 3 * to, f32x4.add(v0w, f32x4.add(sum1w, sum2w)), 16);
    v128.store(c + 4 * to, last);
    v128.store(c + 4 * to, lastw, 16);
    return;
  }
  const p3 = v128.load(p + 4 * from);
  const p3w = v128.load(p + 4 * from, 16);
  const m3 = v128.load(p + 5 * from);
  const m3w = v128.load(p + 5 * from, 16);
  const last = v128.load(p + 6 * from);
  const lastw = v128.load(p + 6 * from, 16);
  const sum3 = f32x4.add(p3, m3);
  const sum3w = f32x4.add(p3w, m3w);
  const difference3 = f32x4.sub(p3, m3);
  const difference3w = f32x4.sub(p3w, m3w);
  const f5 = factor(4);
  const f6 = factor(0.25);
  let c1 = madd<f32>(f5, sum3, madd<f32>(f6, sum2, sum1));
  let c1w = madd<f32>(f5, sum3w, madd<f32>(f6, sum2w, sum1w));
  const f7 = factor(5);
  const f8 = factor(1.25);
  const f9 = factor(4.25);
  let c3 = f32x4.neg(madd<f32>(f7, sum3, madd<f32>(f8, sum2, f32x4.mul(f9, sum1))));
  let c3w = f32x4.neg(madd<f32>(f7, sum3w, madd<f32>(f8, sum2w, f32x4.mul(f9, sum1w))));
  let c5 = f32x4.add(sum1, f32x4.add(sum2, sum3));
  let c5w = f32x4.add(sum1w, f32x4.add(sum2w, sum3w));
  if (zero) {
    const v0 = v128.load(x);
    const v0w = v128.load(x, 16);
    const f10 = factor(5.25);
    const scaled = f32x4.mul(f10, v0);
    const scaledw = f32x4.mul(f10, v0w);
    c1 = f32x4.add(c1, scaled);
    c1w = f32x4.add(c1w, scaledw);
    c3 = f32x4.sub(c3, scaled);
    c3w = f32x4.sub(c3w, scaledw);
    c5 = f32x4.add(c5, v0);
    c5w = f32x4.add(c5w, v0w);
    v128.store(out, f32x4.neg(v0));
    v128.store(out, f32x4.neg(v0w), 16);
  }
  const f11 = factor(5.25);
  const scaled = f32x4.mul(f11, last);
  const scaledw = f32x4.mul(f11, lastw);
  const f12 = factor(2);
  const f13 = factor(0.5);
  v128.store(c, f32x4.sub(madd<f32>(f12, difference3, madd<f32>(f13, difference2, difference1)), last));
  v128.store(c, f32x4.sub(madd<f32>(f12, difference3w, madd<f32>(f13, difference2w, difference1w)), lastw), 16);
  v128.store(c + to, c1);
  v128.store(c + to, c1w, 16);
  const f14 = factor(4.25);
  const f15 = factor(2.5);
  v128.store(c + 2 * to, nmadd<f32>(f14, difference1, nmadd<f32>(f15, f32x4.add(difference2, difference3), scaled)));
  v128.store(
    c + 2 * to,
    nmadd<f32>(f14, difference1w, nmadd<f32>(f15, f32x4.add(difference2w, difference3w), scaledw)),
    16,
  );
  v128.store(c + 3 * to, c3);
  v128.store(c + 3 * to, c3w, 16);
  const f16 = factor(0.5);
  const f17 = factor(2);
  v128.store(c + 4 * to, f32x4.sub(madd<f32>(f16, difference3, madd<f32>(f17, difference2, difference1)), scaled));
  v128.store(
    c + 4 * to,
    f32x4.sub(madd<f32>(f16, difference3w, madd<f32>(f17, difference2w, difference1w)), scaledw),
    16,
  );
  v128.store(c + 5 * to, c5);
  v128.store(c + 5 * to, c5w, 16);
  v128.store(c + 6 * to, last);
  v128.store(c + 6 * to, lastw, 16);
}

/** to ← Aᵀ · from (n → m). */
@inline
export function pairByAt(m: i32, out: usize, to: usize, x: usize, from: usize): void {
  const zero = (m & 1) == 0;
  const p = zero ? x + from : x;
  const p1 = v128.load(p);
  const p1w = v128.load(p, 16);
  const m1 = v128.load(p + from);
  const m1w = v128.load(p + from, 16);
  const p2 = v128.load(p + 2 * from);
  const p2w = v128.load(p + 2 * from, 16);
  const m2 = v128.load(p + 3 * from);
  const m2w = v128.load(p + 3 * from, 16);
  const sum1 = f32x4.add(p1, m1);
  const sum1w = f32x4.add(p1w, m1w);
  const difference1 = f32x4.sub(p1, m1);
  const difference1w = f32x4.sub(p1w, m1w);
  const sum2 = f32x4.add(p2, m2);
  const sum2w = f32x4.add(p2w, m2w);
  const difference2 = f32x4.sub(p2, m2);
  const difference2w = f32x4.sub(p2w, m2w);
  if (m == 4) {
    const last = v128.load(p + 4 * from);
    const lastw = v128.load(p + 4 * from, 16);
    const x0 = v128.load(x);
    const x0w = v128.load(x, 16);
    v128.store(out, f32x4.add(x0, f32x4.add(sum1, sum2)));
    v128.store(out, f32x4.add(x0w, f32x4.add(sum1w, sum2w)), 16);
    v128.store(out + to, f32x4.add(difference1, f32x4.add(difference2, difference2)));
    v128.store(out + to, f32x4.add(difference1w, f32x4.add(difference2w, difference2w)), 16);
    const f0 = factor(4);
    v128.store(out + 2 * to, madd<f32>(f0, sum2, sum1));
    v128.store(out + 2 * to, madd<f32>(f0, sum2w, sum1w), 16);
    const f1 = factor(8);
    v128.store(out + 3 * to, f32x4.add(madd<f32>(f1, difference2, difference1), last));
    v128.store(out + 3 * to, f32x4.add(madd<f32>(f1, difference2w, difference1w), lastw), 16);
    return;
  }
  const p3 = v128.load(p + 4 * from);
  const p3w = v128.load(p + 4 * from, 16);
  const m3 = v128.load(p + 5 * from);
  const m3w = v128.load(p + 5 * from, 16);
  const last = v128.load(p + 6 * from);
  const lastw = v128.load(p + 6 * from, 16);
  const sum3 = f32x4.add(p3, m3);
  const sum3w = f32x4.add(p3w, m3w);
  const difference3 = f32x4.sub(p3, m3);
  const difference3w = f32x4.sub(p3w, m3w);
  let first = f32x4.add(sum1, f32x4.add(sum2, sum3));
  let firstw = f32x4.add(sum1w, f32x4.add(sum2w, sum3w));
  if (zero) {
    first = f32x4.add(v128.load(x), first);
    firstw = f32x4.add(v128.load(x, 16), firstw);
  }
  v128.store(out, first);
  v128.store(out, firstw, 16);
  const f2 = factor(0.5);
  const f3 = factor(2);
  v128.store(out + to, madd<f32>(f2, difference3, madd<f32>(f3, difference2, difference1)));
  v128.store(out + to, madd<f32>(f2, difference3w, madd<f32>(f3, difference2w, difference1w)), 16);
  const f4 = factor(0.25);
  const f5 = factor(4);
  v128.store(out + 2 * to, madd<f32>(f4, sum3, madd<f32>(f5, sum2, sum1)));
  v128.store(out + 2 * to, madd<f32>(f4, sum3w, madd<f32>(f5, sum2w, sum1w)), 16);
  const f6 = factor(0.125);
  const f7 = factor(8);
  v128.store(out + 3 * to, madd<f32>(f6, difference3, madd<f32>(f7, difference2, difference1)));
  v128.store(out + 3 * to, madd<f32>(f6, difference3w, madd<f32>(f7, difference2w, difference1w)), 16);
  const f8 = factor(0.0625);
  const f9 = factor(16);
  const fourth = madd<f32>(f8, sum3, madd<f32>(f9, sum2, sum1));
  const fourthw = madd<f32>(f8, sum3w, madd<f32>(f9, sum2w, sum1w));
  if (m == 5) {
    v128.store(out + 4 * to, f32x4.add(fourth, last));
    v128.store(out + 4 * to, f32x4.add(fourthw, lastw), 16);
    return;
  }
  v128.store(out + 4 * to, fourth);
  v128.store(out + 4 * to, fourthw, 16);
  const f10 = factor(0.03125);
  const f11 = factor(32);
  const fifth = madd<f32>(f10, difference3, madd<f32>(f11, difference2, difference1));
  const fifthw = madd<f32>(f10, difference3w, madd<f32>(f11, difference2w, difference1w));
  v128.store(out + 5 * to, f32x4.add(fifth, last));
  v128.store(out + 5 * to, f32x4.add(fifthw, lastw), 16);
}

/** to ← A · from (m → n), the transpose of multiplyAt. */
@inline
export function pairByA(m: i32, out: usize, to: usize, x: usize, from: usize): void {
  const zero = (m & 1) == 0;
  const y0 = v128.load(x);
  const y0w = v128.load(x, 16);
  const y1 = v128.load(x + from);
  const y1w = v128.load(x + from, 16);
  const y2 = v128.load(x + 2 * from);
  const y2w = v128.load(x + 2 * from, 16);
  const y3 = v128.load(x + 3 * from);
  const y3w = v128.load(x + 3 * from, 16);
  if (zero) {
    v128.store(out, y0);
    v128.store(out, y0w, 16);
    out += to;
  }
  let even1 = f32x4.add(y0, y2);
  let even1w = f32x4.add(y0w, y2w);
  let odd1 = f32x4.add(y1, y3);
  let odd1w = f32x4.add(y1w, y3w);
  const f0 = factor(4);
  let even2 = madd<f32>(f0, y2, y0);
  let even2w = madd<f32>(f0, y2w, y0w);
  const f1 = factor(4);
  let half2 = madd<f32>(f1, y3, y1);
  let half2w = madd<f32>(f1, y3w, y1w);
  if (m == 4) {
    store2(out, to, even1, odd1, even1w, odd1w);
    store2(out + 2 * to, to, even2, f32x4.add(half2, half2), even2w, f32x4.add(half2w, half2w));
    v128.store(out + 4 * to, y3);
    v128.store(out + 4 * to, y3w, 16);
    return;
  }
  const y4 = v128.load(x + 4 * from);
  const y4w = v128.load(x + 4 * from, 16);
  const f2 = factor(0.0625);
  const f3 = factor(0.25);
  let even3 = madd<f32>(f2, y4, madd<f32>(f3, y2, y0));
  let even3w = madd<f32>(f2, y4w, madd<f32>(f3, y2w, y0w));
  const f4 = factor(0.125);
  const f5 = factor(0.5);
  let odd3 = madd<f32>(f4, y3, f32x4.mul(f5, y1));
  let odd3w = madd<f32>(f4, y3w, f32x4.mul(f5, y1w));
  even1 = f32x4.add(even1, y4);
  even1w = f32x4.add(even1w, y4w);
  const f6 = factor(16);
  even2 = madd<f32>(f6, y4, even2);
  even2w = madd<f32>(f6, y4w, even2w);
  let last = y4;
  let lastw = y4w;
  if (m == 6) {
    last = v128.load(x + 5 * from);
    lastw = v128.load(x + 5 * from, 16);
    odd1 = f32x4.add(odd1, last);
    odd1w = f32x4.add(odd1w, lastw);
    const f7 = factor(16);
    half2 = madd<f32>(f7, last, half2);
    half2w = madd<f32>(f7, lastw, half2w);
    const f8 = factor(0.03125);
    odd3 = madd<f32>(f8, last, odd3);
    odd3w = madd<f32>(f8, lastw, odd3w);
  }
  store2(out, to, even1, odd1, even1w, odd1w);
  store2(out + 2 * to, to, even2, f32x4.add(half2, half2), even2w, f32x4.add(half2w, half2w));
  store2(out + 4 * to, to, even3, odd3, even3w, odd3w);
  v128.store(out + 6 * to, last);
  v128.store(out + 6 * to, lastw, 16);
}
