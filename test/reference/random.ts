// Philox 4x32-10, the slow one, in BigInt. Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (SC 2011).

const MASK = 0xffffffffn;

/** The four output words for a counter of four and a key of two words. */
export function philox4x32(counter: readonly number[], key: readonly number[]): number[] {
  let [c0, c1, c2, c3] = counter.map(BigInt);
  let [k0, k1] = key.map(BigInt);
  for (let round = 0; round < 10; round++) {
    const a = 0xd2511f53n * c0;
    const b = 0xcd9e8d57n * c2;
    [c0, c1, c2, c3] = [(b >> 32n) ^ c1 ^ k0, b & MASK, (a >> 32n) ^ c3 ^ k1, a & MASK];
    k0 = (k0 + 0x9e3779b9n) & MASK;
    k1 = (k1 + 0xbb67ae85n) & MASK;
  }
  return [c0, c1, c2, c3].map(Number);
}

/** The engine's draw: word 0 for counter (index, substream, 0, 0) and key (seed, stream). */
export function draw(seed: number, stream: number, substream: number, index: number): number {
  return philox4x32([index, substream, 0, 0], [seed, stream])[0];
}

/** In [0, 1): the upper 24 bits. */
export function uniform01(seed: number, stream: number, substream: number, index: number): number {
  return Math.floor(draw(seed, stream, substream, index) / 256) / 2 ** 24;
}

/** Fisher–Yates from the end, index j of step i = ⌊draw(i) · (i + 1) / 2³²⌋. */
export function permutation(n: number, seed: number, stream: number, substream: number): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Number((BigInt(draw(seed, stream, substream, i)) * BigInt(i + 1)) >> 32n);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
