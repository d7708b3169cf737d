// Elementary functions from own polynomials, so that the bits are the same on every runtime and in every build: plain
// multiplications and additions
// only, never the relaxed madd. Coefficients: fdlibm (https://www.netlib.org/fdlibm/), tanh Cephes
// (https://www.netlib.org/cephes/).

/** Up to this k·π/2 is subtracted in three parts; beyond it `reduce` does it with as many bits of 2/π as it takes. */
const LARGEST_ANGLE: f64 = 1048576; // 2^20

/** π/2 in three parts of 33 bits: k times a part is exact for |k| < 2^20. */
const PIO2_1: f64 = 1.57079632673412561417;
const PIO2_2: f64 = 6.0771005063039659766e-11;
const PIO2_3: f64 = 2.02226624879595063154e-21;

// @ts-ignore: decorator
@inline
function horner(z: v128, high: v128, low: f64): v128 {
  return f64x2.add(f64x2.mul(z, high), f64x2.splat(low));
}

/** The bits of 2/π behind the point, most significant first. */
const TWO_OVER_PI = memory.data<u64>([
  0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041, 0xfe5163abdebbc561, 0xb7246e3a424dd2e0,
  0x06492eea09d1921c, 0xfe1deb1cb129a73e, 0xe88235f52ebb4484, 0xe99c7026b45f7e41, 0x3991d639835339f4,
  0x9c845f8bbdf9283b, 0x1ff897ffde05980f, 0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7, 0x4f463f669e5fea2d,
  0x7527bac7ebe5f17b, 0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab,
]);

/** Upper half of the product of two u64. */
function mulHigh(a: u64, b: u64): u64 {
  const a0 = a & 0xffffffff;
  const a1 = a >>> 32;
  const b0 = b & 0xffffffff;
  const b1 = b >>> 32;
  const middle = a1 * b0 + ((a0 * b0) >>> 32);
  return a1 * b1 + (middle >>> 32) + ((a0 * b1 + (middle & 0xffffffff)) >>> 32);
}

/** 64 bits of 2/π from bit `at` on, the first behind the point being bit 0; bits before that one are 0. */
function bitsOf2OverPi(at: i32): u64 {
  const word = at >> 6;
  const shift = <u64>(at & 63);
  const high: u64 = word < 0 ? 0 : load<u64>(TWO_OVER_PI + ((<usize>word) << 3));
  const low: u64 = word < -1 ? 0 : load<u64>(TWO_OVER_PI + ((<usize>(word + 1)) << 3));
  return shift == 0 ? high : (high << shift) | (low >>> (64 - shift));
}

/**
 * x = k·π/2 + r for |x| > 2^20: r to p, k mod 4 to p + 16; NaN for NaN and ±inf. x·2/π is m · (the bits of 2/π that do
 * not give whole multiples of 4),
 * m the 53 bits of x; 126 of them leave r a relative error of 2^-53 or so, as no double comes nearer than 2^-61 to a
 * multiple of π/2.
 * Payne and Hanek, Radian reduction for trigonometric functions, ACM SIGNUM 18 (1983).
 */
function reduce(p: usize, x: f64): void {
  const bits = reinterpret<u64>(x);
  const exponent = <i32>((bits >>> 52) & 0x7ff) - 1075;
  if (exponent > 971) {
    store<f64>(p, NaN);
    store<f64>(p, 0, 16);
    return;
  }
  const m = (bits & 0x000fffffffffffff) | 0x0010000000000000;
  // |x| = m · 2^exponent. With bits from exponent − 2 on as a, b, c: x·2/π mod 4 = m · (a·2^-62 + b·2^-126 + c·2^-190)
  // mod 4.
  const at = exponent - 2;
  const a = bitsOf2OverPi(at);
  const b = bitsOf2OverPi(at + 64);
  const c = bitsOf2OverPi(at + 128);
  const carried = mulHigh(m, c);
  const low = m * b + carried;
  const high = m * a + mulHigh(m, b) + u64(low < carried);
  // high:low is x·2/π mod 4 in units of 2^-126; k rounds it, the rest is signed
  let k = (high + ((<u64>1) << 61)) >>> 62;
  const rest = high - (k << 62);
  const negative = <i64>rest < 0;
  // the magnitude of the rest, normalised
  let h = negative ? ~rest + u64(low == 0) : rest;
  let l = negative ? 0 - low : low;
  const zeros = <u64>clz<u64>(h);
  if (zeros > 0 && zeros < 64) {
    h = (h << zeros) | (l >>> (64 - zeros));
  } else if (zeros == 64) {
    h = l;
  }
  // h · 2^-62 · 2^-zeros quarter turns
  let r = <f64>h * reinterpret<f64>((1023 - 62 - zeros) << 52) * 1.57079632679489661923;
  const below = <i64>bits < 0;
  if (negative != below) r = -r;
  if (below) k = 4 - k;
  store<f64>(p, r);
  store<f64>(p, <f64>(k & 3), 16);
}

/**
 * Cosine of both lanes to p, sine to p + 16. Error below 2e-16 absolute for every finite x; NaN for NaN and ±inf.
 * x = k·π/2 + r, |r| <= π/4; polynomials of r; the two lowest bits of k choose and sign them.
 */
function sincos64(p: usize, x: v128): void {
  let k = f64x2.nearest(f64x2.mul(x, f64x2.splat(0.63661977236758134308)));
  let r = f64x2.sub(x, f64x2.mul(k, f64x2.splat(PIO2_1)));
  r = f64x2.sub(r, f64x2.mul(k, f64x2.splat(PIO2_2)));
  r = f64x2.sub(r, f64x2.mul(k, f64x2.splat(PIO2_3)));
  const small = f64x2.le(f64x2.abs(x), f64x2.splat(LARGEST_ANGLE));
  if (!i64x2.all_true(small)) {
    // rare: one lane after the other, r and k by way of p
    v128.store(p, r);
    v128.store(p, k, 16);
    if (!i64x2.extract_lane(small, 0)) reduce(p, f64x2.extract_lane(x, 0));
    if (!i64x2.extract_lane(small, 1)) reduce(p + 8, f64x2.extract_lane(x, 1));
    r = v128.load(p);
    k = v128.load(p, 16);
  }
  const z = f64x2.mul(r, r);

  let s = horner(z, f64x2.splat(1.58969099521155010221e-10), -2.50507602534068634195e-8);
  s = horner(z, s, 2.75573137070700676789e-6);
  s = horner(z, s, -1.98412698298579493134e-4);
  s = horner(z, s, 8.33333333332248946124e-3);
  s = horner(z, s, -1.66666666666666324348e-1);
  s = f64x2.add(r, f64x2.mul(f64x2.mul(z, r), s));

  let c = horner(z, f64x2.splat(-1.13596475577881948265e-11), 2.0875723212981748279e-9);
  c = horner(z, c, -2.75573143513906633035e-7);
  c = horner(z, c, 2.48015872894767294178e-5);
  c = horner(z, c, -1.38888888888741095749e-3);
  c = horner(z, c, 4.16666666666666019037e-2);
  // 1 − z/2 + z²c, with the rounding error of 1 − z/2 carried along
  const one = f64x2.splat(1);
  const half = f64x2.mul(z, f64x2.splat(0.5));
  const head = f64x2.sub(one, half);
  c = f64x2.add(head, f64x2.add(f64x2.sub(f64x2.sub(one, head), half), f64x2.mul(f64x2.mul(z, z), c)));

  const q = i64x2.extend_low_i32x4_s(i32x4.trunc_sat_f64x2_s_zero(k));
  const odd = i64x2.neg(v128.and(q, i64x2.splat(1)));
  const two = i64x2.splat(2);
  const cosSign = i64x2.shl(v128.and(i64x2.add(q, i64x2.splat(1)), two), 62);
  const sinSign = i64x2.shl(v128.and(q, two), 62);
  v128.store(p, v128.xor(v128.bitselect(s, c, odd), cosSign));
  v128.store(p, v128.xor(v128.bitselect(c, s, odd), sinSign), 16);
}

/**
 * Cosine of every lane (T = f32 or f64) of x to p (16 bytes), sine to p + 16. f32 is computed in f64 and rounded once:
 * half an ulp.
 * NaN for NaN and ±inf.
 */
export function sincos<T>(p: usize, x: v128): void {
  if (sizeof<T>() == 8) {
    sincos64(p, x);
    return;
  }
  sincos64(p, f64x2.promote_low_f32x4(x));
  const c = f32x4.demote_f64x2_zero(v128.load(p));
  const s = f32x4.demote_f64x2_zero(v128.load(p, 16));
  sincos64(p, f64x2.promote_low_f32x4(v128.shuffle<u64>(x, x, 1, 0)));
  v128.store(p, v128.shuffle<u64>(c, f32x4.demote_f64x2_zero(v128.load(p)), 0, 2));
  v128.store(p, v128.shuffle<u64>(s, f32x4.demote_f64x2_zero(v128.load(p, 16)), 0, 2), 16);
}

/** 2^k for −1022 <= k <= 1023. */
// @ts-ignore: decorator
@inline
function powerOfTwo(k: i32): f64 {
  return reinterpret<f64>((<i64>(k + 1023)) << 52);
}

const LN2_HIGH: f64 = 6.9314718036912381649e-1;
const LN2_LOW: f64 = 1.90821492927058770002e-10;

/** e^x to 1 ulp; +inf above 709.78, subnormal and then 0 below −708.4. */
export function exp(x: f64): f64 {
  if (x != x) return x;
  if (x > 7.09782712893383973096e2) return Infinity;
  if (x < -7.4513321910194110842e2) return 0;
  const k = nearest(x * 1.442695040888963387);
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const t = r * r;
  const c =
    r -
    t *
      (1.66666666666666019037e-1 +
        t *
          (-2.77777777770155933842e-3 +
            t * (6.61375632143793436117e-5 + t * (-1.6533902205465251539e-6 + t * 4.13813679705723846039e-8))));
  const y = 1 - (low - (r * c) / (2 - c) - high);
  // in two steps, as 2^k itself may lie outside the normal numbers; only the second can round
  const first = (<i32>k) >> 1;
  return y * powerOfTwo(first) * powerOfTwo(<i32>k - first);
}

/** Natural logarithm to 1 ulp; −inf at 0, NaN below, +inf at +inf. */
export function log(x: f64): f64 {
  if (x != x || x == Infinity) return x;
  if (x < 0) return NaN;
  if (x == 0) return -Infinity;
  let k = 0;
  if (x < 2.2250738585072014e-308) {
    k = -54;
    x *= 18014398509481984; // 2^54, out of the subnormal numbers
  }
  // x = 2^k (1 + f), √½ < 1 + f < √2
  const bits = reinterpret<i64>(x) - 0x3fe6a09e00000000;
  k += <i32>(bits >> 52);
  const f = reinterpret<f64>((bits & 0x000fffffffffffff) + 0x3fe6a09e00000000) - 1;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const even = w * (3.999999999940941908e-1 + w * (2.222219843214978396e-1 + w * 1.531383769920937332e-1));
  const odd =
    z *
    (6.66666666666673513e-1 +
      w * (2.857142874366239149e-1 + w * (1.818357216161805012e-1 + w * 1.479819860511658591e-1)));
  const half = 0.5 * f * f;
  const dk = <f64>k;
  return dk * LN2_HIGH - (half - (s * (half + (even + odd)) + dk * LN2_LOW) - f);
}

/** Hyperbolic tangent to 2 ulp; ±1 from |x| = 22 on. */
export function tanh(x: f64): f64 {
  const a = abs(x);
  if (a > 22) return copysign<f64>(1, x);
  if (a > 0.625) return copysign<f64>(1 - 2 / (exp(a + a) + 1), x);
  const z = x * x;
  const p = (-9.64399179425052238628e-1 * z - 9.92877231001918586564e1) * z - 1.61468768441708447952e3;
  const q = ((z + 1.12811678491632931402e2) * z + 2.23548839060100448583e3) * z + 4.84406305325125486048e3;
  return x + x * z * (p / q);
}
