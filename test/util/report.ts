import { existsSync, readFileSync } from "node:fs";
import { repository } from "./paths.ts";
import type { Counts } from "./process.ts";

/**
 * For each suite: how many tests there are at least, with or without ../shared; how many of them may be skipped; and
 * how many more where ../shared is missing.
 */
type Minimum = Record<string, { tests: number; skipped: number; needShared: number }>;

/**
 * Adds up what the runners reported, holds it against the committed minimum of the suite (unless `partial`), prints
 * `N passed, N failed, N skipped` as the last line and sets the exit code.
 */
export function report(suite: string, counts: Counts[], { partial = false } = {}): void {
  const sum: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of counts) {
    sum.passed += passed;
    sum.failed += failed;
    sum.skipped += skipped;
  }
  const minimum = (JSON.parse(readFileSync(repository("test/minimum.json"), "utf8")) as Minimum)[suite];
  const tests = sum.passed + sum.failed + sum.skipped;
  let short = false;
  if (!partial && tests < minimum.tests) {
    short = true;
    console.log(`expected at least ${minimum.tests} tests in the suite ${suite} (test/minimum.json), ran ${tests}`);
  }
  const skippable = minimum.skipped + (existsSync(repository("../shared")) ? 0 : minimum.needShared);
  if (!partial && sum.skipped > skippable) {
    short = true;
    console.log(`expected at most ${skippable} skipped tests in the suite ${suite}, got ${sum.skipped}`);
  }
  if (tests === 0) {
    short = true;
    console.log(`no test ran in the suite ${suite}`);
  }
  if (short && sum.failed === 0) sum.failed = 1;
  console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
  process.exitCode = sum.failed > 0 ? 1 : 0;
}
