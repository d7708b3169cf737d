// Lane helpers shared by every kernel. Lanes are T = f32 (four to a vector) or f64 (two).

/**
 * a·b + c. Strict builds round twice (mul, then add: the same bits everywhere); builds with relaxed SIMD let the
 * runtime fuse it.
 */
@inline
export function madd<T>(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<T>(a, b, c);
  return v128.add<T>(v128.mul<T>(a, b), c);
}

/** c − a·b, rounded as madd is. */
@inline
export function nmadd<T>(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_nmadd<T>(a, b, c);
  return v128.sub<T>(c, v128.mul<T>(a, b));
}

/** ((l0 + l1) + (l2 + l3)): one fixed order of summation. */
@inline
export function horizontalSum(a: v128): f32 {
  return f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1) + (f32x4.extract_lane(a, 2) + f32x4.extract_lane(a, 3));
}
