import * as assert from "uvu/assert";
import { HqcnnError } from "../../host/check.ts";

/**
 * Asserts that `action` rejects with a HqcnnError of one or two lines whose message holds all of `parts`. Returns the
 * message.
 */
export async function refused(action: () => unknown, ...parts: string[]): Promise<string> {
  let error: unknown;
  try {
    await action();
  } catch (caught) {
    error = caught;
  }
  assert.instance(error, HqcnnError, `expected a HqcnnError, got ${error}`);
  const { message } = error as HqcnnError;
  for (const part of parts) assert.ok(message.includes(part), `expected "${part}" in: ${message}`);
  assert.ok(message.split("\n").length <= 2, message);
  return message;
}
