import { suite } from "uvu";
import * as assert from "uvu/assert";
import { attempt, systemReason } from "../../../host/platform/errors.ts";
import { refused } from "../../util/refusal.ts";

const errors = suite("platform/errors");
const failing = (code: string) => Object.assign(new Error(`${code}: raw text, open 'x'`), { code });

errors("every system error of a full, closed, read-only or overused machine has words and a way out", async () => {
  for (const [code, ...parts] of [
    ["ENOSPC", "the disk is full", "free space"],
    ["EDQUOT", "quota", "free space"],
    ["EFBIG", "ulimit -f"],
    ["EROFS", "read-only", "choose another path"],
    ["EMFILE", "too many open files", "ulimit -n"],
    ["ENFILE", "too many open files"],
    ["EIO", "check the disk"],
    ["ENOMEM", "no memory"],
    ["EAGAIN", "ulimit -a"],
    ["EPIPE", "closed"],
    ["ELOOP", "circle"],
    ["EBUSY", "another program"],
  ]) {
    const message = await refused(() => attempt("write", "out/run", () => Promise.reject(failing(code))), ...parts);
    assert.ok(message.startsWith("cannot write out/run: "), message);
    assert.not.match(message, "raw text");
  }
});

errors("what Deno's permissions refuse is named with the option that allows it", () => {
  const text = 'Requires env access to "HQCNN_DEBUG", run again with the --allow-env flag';
  const refusal = Object.assign(new Error(text), { name: "NotCapable" });
  assert.is(systemReason(refusal), "Deno's permissions forbid it; run with --allow-env or -A");
});

errors("an error of no system has none", () => {
  assert.is(systemReason(new TypeError("x is not a function")), undefined);
  assert.is(systemReason("text"), undefined);
});

errors.run();
