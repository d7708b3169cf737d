import { exp, log, sincos, tanh } from "../../assembly/math";

// The measure is AssemblyScript's NativeMath, another implementation (musl's).

const buffer = memory.data(32, 16);
const buffer32 = memory.data(32, 16);

function cos64(x: f64): f64 {
  sincos<f64>(buffer, f64x2(x, 0));
  return load<f64>(buffer);
}

function sin64(x: f64): f64 {
  sincos<f64>(buffer, f64x2(0, x));
  return load<f64>(buffer, 24);
}

/** Relative distance of a from b. */
function relative(a: f64, b: f64): f64 {
  return a == b ? 0 : abs(a - b) / abs(b);
}

/** The i-th of count numbers from low to high. */
function at(low: f64, high: f64, i: i32, count: i32): f64 {
  return low + ((high - low) * <f64>i) / <f64>count;
}

const COUNT = 20000;

describe("sincos", () => {
  it("f64 is right to 2.3e-16 for |x| <= 1e6", () => {
    let worst: f64 = 0;
    for (let i = 0; i <= COUNT; i++) {
      const scale: f64 = i % 3 == 0 ? 1 : i % 3 == 1 ? 1e4 : 1e6;
      const x = at(-scale, scale, i, COUNT);
      worst = max(worst, max(abs(cos64(x) - NativeMath.cos(x)), abs(sin64(x) - NativeMath.sin(x))));
    }
    expect<f64>(worst).toBeLessThan(2.3e-16);
  });

  it("keeps the relative accuracy of small sines", () => {
    let worst: f64 = 0;
    for (let k = -300; k < 300; k++)
      worst = max(worst, relative(sin64(<f64>k * NativeMath.PI), NativeMath.sin(<f64>k * NativeMath.PI)));
    expect<f64>(worst).toBeLessThan(1e-12);
    expect<f64>(sin64(1e-300)).toBe(1e-300);
    expect<f64>(sin64(0)).toBe(0);
    expect<f64>(cos64(0)).toBe(1);
  });

  it("f32 lanes are the f64 results rounded once, each in its place", () => {
    let wrong = 0;
    for (let i = 0; i < COUNT; i++) {
      const x = <f32>at(-1e4, 1e4, i, COUNT);
      sincos<f32>(buffer32, f32x4(x, x + 1, x + 2, x + 3));
      for (let lane = 0; lane < 4; lane++) {
        const angle = <f64>(x + <f32>lane);
        if (load<f32>(buffer32 + 4 * lane) != <f32>cos64(angle)) wrong++;
        if (load<f32>(buffer32 + 4 * lane, 16) != <f32>sin64(angle)) wrong++;
      }
    }
    expect<i32>(wrong).toBe(0);
  });

  it("is NaN for NaN and infinities, and right beyond 2^30", () => {
    expect<f64>(sin64(NaN)).toBeNaN();
    expect<f64>(cos64(Infinity)).toBeNaN();
    expect<f64>(sin64(-Infinity)).toBeNaN();
    expect<f64>(relative(cos64(1073741825), NativeMath.cos(1073741825))).toBeLessThan(1e-15);
    expect<f64>(abs(sin64(1073741824) - NativeMath.sin(1073741824))).toBeLessThan(1e-7);
  });
});

describe("exp", () => {
  it("is right to 1e-15 over its range", () => {
    let worst: f64 = 0;
    for (let i = 0; i <= COUNT; i++) {
      const x = at(-708, 709.7, i, COUNT);
      worst = max(worst, relative(exp(x), NativeMath.exp(x)));
      worst = max(worst, relative(exp(x / 700), NativeMath.exp(x / 700)));
    }
    expect<f64>(worst).toBeLessThan(1e-15);
  });

  it("at the edges", () => {
    expect<f64>(exp(0)).toBe(1);
    expect<f64>(exp(Infinity)).toBe(Infinity);
    expect<f64>(exp(-Infinity)).toBe(0);
    expect<f64>(exp(NaN)).toBeNaN();
    expect<f64>(exp(709.79)).toBe(Infinity);
    expect<f64>(exp(-745)).toBe(5e-324);
    expect<f64>(exp(-746)).toBe(0);
    expect<f64>(exp(-720)).toBe(NativeMath.exp(-720));
  });
});

describe("log", () => {
  it("is right to 1e-15 over its range and around 1", () => {
    let worst: f64 = 0;
    for (let i = 0; i <= COUNT; i++) {
      const wide = NativeMath.exp(at(-744, 709, i, COUNT));
      const near = at(0.4, 2.5, i, COUNT);
      worst = max(worst, max(relative(log(wide), NativeMath.log(wide)), relative(log(near), NativeMath.log(near))));
    }
    expect<f64>(worst).toBeLessThan(1e-15);
  });

  it("at the edges", () => {
    expect<f64>(log(1)).toBe(0);
    expect<f64>(log(0)).toBe(-Infinity);
    expect<f64>(log(-1)).toBeNaN();
    expect<f64>(log(NaN)).toBeNaN();
    expect<f64>(log(Infinity)).toBe(Infinity);
    expect<f64>(log(-Infinity)).toBeNaN();
    expect<f64>(log(5e-324)).toBe(NativeMath.log(5e-324));
  });
});

describe("tanh", () => {
  it("is right to 1e-15", () => {
    let worst: f64 = 0;
    for (let i = 0; i <= COUNT; i++) {
      const x = at(-25, 25, i, COUNT);
      worst = max(worst, relative(tanh(x), NativeMath.tanh(x)));
      worst = max(worst, relative(tanh(x / 30), NativeMath.tanh(x / 30)));
    }
    expect<f64>(worst).toBeLessThan(1e-15);
  });

  it("at the edges", () => {
    expect<f64>(tanh(0)).toBe(0);
    expect<f64>(tanh(1e-300)).toBe(1e-300);
    expect<f64>(tanh(Infinity)).toBe(1);
    expect<f64>(tanh(-Infinity)).toBe(-1);
    expect<f64>(tanh(NaN)).toBeNaN();
  });
});
