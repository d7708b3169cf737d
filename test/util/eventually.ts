import * as assert from "uvu/assert";

/** Waits until something is true: what a test waits for is a condition, not a time. Fails after some minutes. */
export async function eventually(isSo: () => boolean | Promise<boolean>, expected: () => string, seconds = 240) {
  for (const until = Date.now() + 1000 * seconds; !(await isSo()); ) {
    assert.ok(Date.now() < until, `expected within ${seconds} s: ${expected()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
