// Limits of time and memory that an issue or the README names. They are goals on a quiet machine: what crosses one is
// printed as "limit: …", which the runner shows. A test fails only beyond a multiple of it, which a machine half as
// fast and busy with other work does not reach, and a fault does: a loop over all pairs, a sleep, an array held twice.
import * as assert from "uvu/assert";

const TIME_SLACK = 4;
const MEMORY_SLACK = 1.5;

function judge(what: string, found: number, limit: number, slack: number, unit: string): void {
  const text = `${what}: ${Number(found.toPrecision(3))} ${unit}, the limit is ${Number(limit.toPrecision(3))}`;
  if (found > limit) console.log(`limit: ${text}`);
  assert.ok(found <= slack * limit, text);
}

/** Asserts that something took about `limit` or less, both in `unit`; for a rate give the time of one. */
export function inTime(what: string, took: number, limit: number, unit = "s"): void {
  judge(what, took, limit, TIME_SLACK, unit);
}

/** Asserts that something took about `limit` or less of memory, both in bytes. */
export function inMemory(what: string, taken: number, limit: number): void {
  judge(what, taken / 1e6, limit / 1e6, MEMORY_SLACK, "MB");
}
