import { horizontalSum, madd, nmadd } from "../../assembly/simd";

/** Lane i of v, with i known at run time. */
function lane<T>(v: v128, i: i32): T {
  const buffer = memory.data(16, 16);
  v128.store(buffer, v);
  return load<T>(buffer + ((<usize>i) << alignof<T>()));
}

describe("madd", () => {
  it("is a·b + c in every f32 lane", () => {
    const out = madd<f32>(f32x4(1, -2, 3, 0.5), f32x4(10, 20, 30, 40), f32x4(1, 2, 3, 4));
    expect<f32>(lane<f32>(out, 0)).toBe(11);
    expect<f32>(lane<f32>(out, 1)).toBe(-38);
    expect<f32>(lane<f32>(out, 2)).toBe(93);
    expect<f32>(lane<f32>(out, 3)).toBe(24);
  });

  it("is a·b + c in both f64 lanes", () => {
    const out = madd<f64>(f64x2(1.5, -2), f64x2(4, 0.25), f64x2(-1, 1));
    expect<f64>(lane<f64>(out, 0)).toBe(5);
    expect<f64>(lane<f64>(out, 1)).toBe(0.5);
  });

  // (1 + 2⁻¹²)² = 1 + 2⁻¹¹ + 2⁻²⁴: the last term is lost when the product is rounded, and kept by a fused multiply-add.
  it("rounds twice in the strict build", () => {
    const a: f32 = 1 + 0.000244140625;
    const out = madd<f32>(f32x4.splat(a), f32x4.splat(a), f32x4.splat(-1));
    expect<f32>(lane<f32>(out, 0)).toBe(0.00048828125);
  });
});

describe("nmadd", () => {
  it("is c − a·b in every f32 lane", () => {
    const out = nmadd<f32>(f32x4(1, -2, 3, 0.5), f32x4(10, 20, 30, 40), f32x4(1, 2, 3, 4));
    expect<f32>(lane<f32>(out, 0)).toBe(-9);
    expect<f32>(lane<f32>(out, 1)).toBe(42);
    expect<f32>(lane<f32>(out, 2)).toBe(-87);
    expect<f32>(lane<f32>(out, 3)).toBe(-16);
  });

  it("is c − a·b in both f64 lanes", () => {
    const out = nmadd<f64>(f64x2(1.5, -2), f64x2(4, 0.25), f64x2(-1, 1));
    expect<f64>(lane<f64>(out, 0)).toBe(-7);
    expect<f64>(lane<f64>(out, 1)).toBe(1.5);
  });

  it("rounds twice in the strict build", () => {
    const a: f32 = 1 + 0.000244140625;
    const out = nmadd<f32>(f32x4.splat(a), f32x4.splat(a), f32x4.splat(1));
    expect<f32>(lane<f32>(out, 0)).toBe(-0.00048828125);
  });
});

describe("horizontalSum", () => {
  it("adds all four lanes", () => {
    expect<f32>(horizontalSum(f32x4(1, 20, 300, 4000))).toBe(4321);
  });

  // 2²⁴ + 1 rounds back to 2²⁴ (ties to even), so the order of summation shows in the result.
  it("adds as (l0 + l1) + (l2 + l3)", () => {
    expect<f32>(horizontalSum(f32x4(16777216, 1, 1, 1))).toBe(16777218, "lane after lane: 16777216");
    expect<f32>(horizontalSum(f32x4(16777216, -16777216, 1, 1))).toBe(2, "(l0 + l2) + (l1 + l3): 1");
  });
});
