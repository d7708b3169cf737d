import { permutation, philox, uniform, uniform01 } from "../../assembly/random";

const buffer = memory.data(4 * 64, 16);

describe("philox", () => {
  // Random123's published vector for counter 0, key 0: 6627e8d5 e169c58d bc57ac4c 9b00dbd8; the others from
  // test/reference/random.ts
  it("gives the first word of Philox 4x32-10", () => {
    expect<u32>(philox(0, 0, 0, 0)).toBe(0x6627e8d5);
  });

  it("depends on each of seed, stream, substream and index", () => {
    const origin = philox(1, 2, 3, 4);
    expect<u32>(philox(1, 2, 3, 4)).toBe(origin);
    expect<u32>(philox(2, 2, 3, 4)).not.toBe(origin);
    expect<u32>(philox(1, 3, 3, 4)).not.toBe(origin);
    expect<u32>(philox(1, 2, 4, 4)).not.toBe(origin);
    expect<u32>(philox(1, 2, 3, 5)).not.toBe(origin);
  });
});

describe("uniform", () => {
  it("takes the upper 24 bits, so that every value is exact", () => {
    expect<f32>(uniform01(0, 0, 0, 0)).toBe(<f32>(0x6627e8d5 >>> 8) / 16777216);
  });

  it("writes n numbers of [low, high) and not one more", () => {
    store<f32>(buffer + 4 * 5, 77);
    uniform(buffer, 5, -3, -1, 9, 1, 0);
    for (let i: usize = 0; i < 5; i++) {
      const value = load<f32>(buffer + 4 * i);
      expect(value >= -3 && value < -1).toBe(true);
      expect<f32>(value).toBe(<f32>-3 + <f32>2 * uniform01(9, 1, 0, <u32>i));
    }
    expect<f32>(load<f32>(buffer + 4 * 5)).toBe(77);
  });
});

describe("permutation", () => {
  it("holds every index once and writes no further", () => {
    for (let n = 0; n <= 63; n += 7) {
      store<u32>(buffer + 4 * <usize>n, 1234567);
      permutation(buffer, n, 5, 2, <u32>n);
      let seen: u64 = 0;
      for (let i: usize = 0; i < <usize>n; i++) seen |= (<u64>1) << load<u32>(buffer + 4 * i);
      expect<u64>(seen).toBe(((<u64>1) << n) - 1);
      expect<u32>(load<u32>(buffer + 4 * <usize>n)).toBe(1234567);
    }
  });
});
