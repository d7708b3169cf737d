// transpose4x4: four rows of four f32, `from` bytes apart, become four rows `to` bytes apart

@inline
export function transpose4x4(out: usize, to: usize, x: usize, from: usize): void {
  const r0 = v128.load(x);
  const r1 = v128.load(x + from);
  const r2 = v128.load(x + 2 * from);
  const r3 = v128.load(x + 3 * from);
  const low01 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5);
  const high01 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7);
  const low23 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
  const high23 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<i64>(low01, low23, 0, 2));
  v128.store(out + to, v128.shuffle<i64>(low01, low23, 1, 3));
  v128.store(out + 2 * to, v128.shuffle<i64>(high01, high23, 0, 2));
  v128.store(out + 3 * to, v128.shuffle<i64>(high01, high23, 1, 3));
}
