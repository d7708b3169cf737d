import { addGroups, addRows, zero } from "../../assembly/core/reduce";

// Whole numbers small enough that every sum is exact in f32: any difference is one of index arithmetic.

const X = memory.data(4 * 512, 16);
const OUT = memory.data(4 * 64, 16);
const GUARD: f32 = 12345;

function fillNumbers(at: usize, n: i32, seed: i32): void {
  for (let i = 0; i < n; i++) store<f32>(at + ((<usize>i) << 2), <f32>(((i * 7 + seed * 13) % 11) - 5));
}

function get(at: usize, i: i32): f32 {
  return load<f32>(at + ((<usize>i) << 2));
}

/** What fillNumbers leaves at i. */
function number(i: i32, seed: i32): f32 {
  return <f32>(((i * 7 + seed * 13) % 11) - 5);
}

describe("zero", () => {
  it("clears the bytes and not one more", () => {
    for (let n = 0; n <= 5; n++) {
      for (let i = 0; i < 8; i++) store<f32>(OUT + ((<usize>i) << 2), GUARD);
      zero(OUT, (<usize>n) << 2);
      for (let i = 0; i < 8; i++) expect<f32>(get(OUT, i)).toBe(i < n ? 0 : GUARD);
    }
  });
});

describe("addRows", () => {
  it("adds every channel's sum over the rows", () => {
    fillNumbers(X, 512, 5);
    for (let rows = 0; rows <= 5; rows++) {
      for (let C = 4; C <= 20; C += 4) {
        fillNumbers(OUT, C, 6);
        store<f32>(OUT + ((<usize>C) << 2), GUARD);
        addRows(OUT, X, rows, C);
        for (let c = 0; c < C; c++) {
          let sum = number(c, 6);
          for (let r = 0; r < rows; r++) sum += get(X, r * C + c);
          expect<f32>(get(OUT, c)).toBe(sum);
        }
        expect<f32>(get(OUT, C)).toBe(GUARD);
      }
    }
  });
});

describe("addGroups", () => {
  it("adds partial sums that lie a stride apart", () => {
    fillNumbers(X, 512, 5);
    for (let groups = 1; groups <= 5; groups++) {
      for (let n = 4; n <= 20; n += 4) {
        for (let gap = 0; gap <= 16; gap += 16) {
          const stride = n + gap;
          fillNumbers(OUT, n, 6);
          store<f32>(OUT + ((<usize>n) << 2), GUARD);
          addGroups(OUT, X, groups, (<usize>stride) << 2, n);
          for (let i = 0; i < n; i++) {
            let sum = number(i, 6);
            for (let g = 0; g < groups; g++) sum += get(X, g * stride + i);
            expect<f32>(get(OUT, i)).toBe(sum);
          }
          expect<f32>(get(OUT, n)).toBe(GUARD);
        }
      }
    }
  });

  it("adds the groups in their order before it adds what is there", () => {
    // 2^24 + 1 is no f32: 1 + (2^24 + 1) and (1 + 1) + 2^24 differ
    const large: f32 = 16777216;
    for (let i = 0; i < 4; i++) {
      store<f32>(OUT + ((<usize>i) << 2), 1);
      store<f32>(X + ((<usize>i) << 2), large);
      store<f32>(X + ((<usize>(4 + i)) << 2), 1);
      store<f32>(X + ((<usize>(8 + i)) << 2), -large);
    }
    addGroups(OUT, X, 3, 16, 4);
    expect<f32>(get(OUT, 0)).toBe(1); // ((2^24 + 1) − 2^24) + 1
    store<f32>(X, 1);
    store<f32>(X + 16, large);
    store<f32>(X + 32, -large);
    store<f32>(OUT, 1);
    addGroups(OUT, X, 3, 16, 4);
    expect<f32>(get(OUT, 0)).toBe(1); // ((1 + 2^24) − 2^24) + 1
    store<f32>(X + 16, -large);
    store<f32>(X, large);
    store<f32>(X + 32, 1);
    store<f32>(OUT, 1);
    addGroups(OUT, X, 3, 16, 4);
    expect<f32>(get(OUT, 0)).toBe(2); // ((2^24 − 2^24) + 1) + 1
  });
});

if (!ASC_NO_ASSERT) {
  describe("reductions in the debug build", () => {
    it("refuse what does not come in fours", () => {
      expect(() => addRows(OUT, X, 1, 6)).toThrow();
      expect(() => addGroups(OUT, X, 1, 16, 6)).toThrow();
    });
  });
}
