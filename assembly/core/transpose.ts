// transpose: out (N, M) ← x (M, N), both f32 without padding; M and N are multiples of 4.

export function transpose(out: usize, x: usize, M: i32, N: i32): void {
  assert(((M | N) & 3) == 0, "transpose: M and N must be multiples of 4");
  const xBytes = <usize>N << 2;
  const outBytes = <usize>M << 2;
  for (let i: usize = 0; i < <usize>M; i += 4) {
    for (let j: usize = 0; j < <usize>N; j += 4) {
      const from = x + i * xBytes + (j << 2);
      const r0 = v128.load(from);
      const r1 = v128.load(from + xBytes);
      const r2 = v128.load(from + 2 * xBytes);
      const r3 = v128.load(from + 3 * xBytes);
      const low01 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5);
      const high01 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7);
      const low23 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
      const high23 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
      const to = out + j * outBytes + (i << 2);
      v128.store(to, v128.shuffle<i64>(low01, low23, 0, 2));
      v128.store(to + outBytes, v128.shuffle<i64>(low01, low23, 1, 3));
      v128.store(to + 2 * outBytes, v128.shuffle<i64>(high01, high23, 0, 2));
      v128.store(to + 3 * outBytes, v128.shuffle<i64>(high01, high23, 1, 3));
    }
  }
}
