import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cosineOfTurns, exp, log, log1p } from "../../../host/statistics/functions.ts";

const functions = suite("statistics/functions");

/** Of the host's value, in units in the last place; the host's own is off by up to one. */
function apart(own: number, host: number): number {
  return own === host ? 0 : Math.abs(own - host) / (Math.abs(host) * 2 ** -53 + Number.MIN_VALUE);
}

functions("exp, log, log1p and cos agree with the host's to the last bits", () => {
  const check = (own: number, host: number, what: string) => {
    assert.ok(apart(own, host) <= 4, `${what}: ${own}, the host ${host}`);
  };
  for (let i = 0; i < 20_000; i++) {
    const u = ((i * 0.6180339887498949) % 1) + 2 ** -40;
    check(exp(1400 * u - 700), Math.exp(1400 * u - 700), `exp ${1400 * u - 700}`);
    check(exp(u - 0.5), Math.exp(u - 0.5), `exp ${u - 0.5}`);
    check(log(u), Math.log(u), `log ${u}`);
    check(log(0.9 + u / 5), Math.log(0.9 + u / 5), `log ${0.9 + u / 5}`);
    check(log(u * 1e300), Math.log(u * 1e300), `log ${u * 1e300}`);
    check(log1p(u * 1e-6), Math.log1p(u * 1e-6), `log1p ${u * 1e-6}`);
    const cosine = cosineOfTurns(u);
    assert.ok(Math.abs(cosine - Math.cos(2 * Math.PI * u)) < 1e-15, `cos of ${u} turns`);
  }
});

functions("ends and exact values", () => {
  assert.equal([0, -1e4, 1e4, Number.NaN].map(exp), [1, 0, Number.POSITIVE_INFINITY, Number.NaN]);
  assert.equal([1, 0, -1, Number.POSITIVE_INFINITY].map(log), [0, Number.NEGATIVE_INFINITY, Number.NaN, Infinity]);
  assert.ok(Math.abs(log(Number.MIN_VALUE) - Math.log(Number.MIN_VALUE)) < 1e-12);
  assert.ok(exp(-745) > 0 && exp(-745.2) < 1e-320 && Number.isFinite(exp(709.78)));
  assert.equal([0, 1e-20].map(log1p), [0, 1e-20]);
  assert.equal([0, 0.25, 0.5, 0.75].map(cosineOfTurns).map(Math.abs), [1, 0, 1, 0]);
});

functions("some bits: the same on every runtime", () => {
  // by exact arithmetic (mpmath), rounded to f64
  assert.equal([exp(1), exp(-0.1), log(2), log(10)], [Math.E, 0.9048374180359595, Math.LN2, Math.LN10]);
});

functions.run();
