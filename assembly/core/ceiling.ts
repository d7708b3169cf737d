// ceiling: what multiply-adds alone can reach here: twelve chains in registers, no memory. The bench and the speed
// guard measure products against it.
import { madd } from "../simd";

/**
 * ½ and 1, so that the chains end at 2 (towards 0 they would become subnormal, which is slow); in memory, because V8
 * makes constants anew in every round.
 */
const NUMBERS = memory.data<f32>([0.5, 0.5, 0.5, 0.5, 1, 1, 1, 1], 16);

/**
 * out (4) ← the end of the chains, so that nothing can be left out; they start differently, so that no compiler makes
 * one of them. Returns the flops.
 */
export function ceiling(out: usize, rounds: i32): f64 {
  const a = v128.load(NUMBERS);
  const b = v128.load(NUMBERS, 16);
  let c0 = f32x4.splat(1);
  let c1 = f32x4.splat(2);
  let c2 = f32x4.splat(3);
  let c3 = f32x4.splat(4);
  let c4 = f32x4.splat(5);
  let c5 = f32x4.splat(6);
  let c6 = f32x4.splat(7);
  let c7 = f32x4.splat(8);
  let c8 = f32x4.splat(9);
  let c9 = f32x4.splat(10);
  let c10 = f32x4.splat(11);
  let c11 = f32x4.splat(12);
  for (let i = 0; i < rounds; i++) {
    c0 = madd<f32>(c0, a, b);
    c1 = madd<f32>(c1, a, b);
    c2 = madd<f32>(c2, a, b);
    c3 = madd<f32>(c3, a, b);
    c4 = madd<f32>(c4, a, b);
    c5 = madd<f32>(c5, a, b);
    c6 = madd<f32>(c6, a, b);
    c7 = madd<f32>(c7, a, b);
    c8 = madd<f32>(c8, a, b);
    c9 = madd<f32>(c9, a, b);
    c10 = madd<f32>(c10, a, b);
    c11 = madd<f32>(c11, a, b);
  }
  const low = f32x4.add(f32x4.add(c0, c1), f32x4.add(c2, c3));
  const middle = f32x4.add(f32x4.add(c4, c5), f32x4.add(c6, c7));
  const high = f32x4.add(f32x4.add(c8, c9), f32x4.add(c10, c11));
  v128.store(out, f32x4.add(low, f32x4.add(middle, high)));
  return <f64>rounds * 8 * 12;
}
