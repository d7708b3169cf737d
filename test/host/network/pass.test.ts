import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Ptr } from "../../../host/engine/kernels.ts";
import { createControl } from "../../../host/engine/threads.ts";
import { completeAugmentation } from "../../../host/network/augmentation.ts";
import { decodePass, encodePass, type Pass, threadsFor } from "../../../host/network/pass.ts";
import { groupsOf } from "../../../host/network/share.ts";
import { encodeCommand } from "../../../host/network/thread.ts";

const test = suite("passes");

const plain = { noNullPrototype: true }; // uvu compares prototypes too
const u32 = fc.nat(0xffffffff);
const strength = fc.double({ min: 0, max: 180, noNaN: true });
const augment = fc.record(
  {
    ...{ flips: fc.boolean(), rotate: strength, shift: strength, scale: strength },
    ...{
      brightness: strength,
      contrast: strength,
      border: fc.constantFrom("zero" as const, "reflect" as const),
      seed: u32,
      epoch: u32,
    },
  },
  plain,
);
const passes: fc.Arbitrary<Pass> = fc.record(
  {
    kind: fc.constantFrom("train", "forward", "infer", "trace"),
    N: fc.integer({ min: 1, max: 65536 }),
    fold: fc.boolean(),
    first: fc.nat(65535),
    weight: fc.double({ min: 0, max: 1, noNaN: true }),
    add: fc.boolean(),
    from: fc.nat(12),
    weighted: fc.boolean(),
    labelSmoothing: fc.double({ min: 0, max: 1, noNaN: true }),
    augment: fc.option(augment),
    draw: fc.option(fc.record({ seed: u32, epoch: u32 }, plain)),
  },
  plain,
);

test("a pass goes through numbers and comes back the same", () => {
  fc.assert(
    fc.property(passes, (pass) => {
      const numbers = encodePass(pass);
      assert.equal(decodePass(numbers), pass);
      assert.equal(decodePass(Float64Array.from(numbers)), pass);
    }),
    { seed: 7 },
  );
});

test("a command carries a pass, whatever stands behind it", () => {
  const { command } = createControl();
  const pass: Pass = {
    ...{ kind: "train", N: 64, fold: false, from: 3, weighted: true, labelSmoothing: 0.1 },
    ...{ first: 32, weight: 0.25, add: true },
    augment: completeAugmentation({ flips: true, rotate: 15, border: "reflect", seed: 0xffffffff, epoch: 7 }),
    draw: { seed: 0xffffffff, epoch: 7 },
  };
  const numbers = encodeCommand(0xfffffff0 as Ptr, { room: 64, batch: 128 }, encodePass(pass));
  assert.ok(numbers.length <= command.length, `${numbers.length} numbers, room for ${command.length}`);
  command.fill(-1);
  command.set(numbers);
  const [start, room, batch, ...rest] = command;
  assert.equal([start, room, batch], [0xfffffff0, 64, 128]);
  assert.equal(decodePass(rest), pass);
});

test("a pass takes no more threads than it has groups, or chunks of 16 images", () => {
  for (const image of [
    [28, 28, 3],
    [224, 224, 3],
  ]) {
    for (let N = 1; N <= 600; N++) {
      for (const threads of [1, 2, 3, 16]) {
        for (const kind of ["train", "forward"] as const) {
          assert.is(threadsFor({ kind, N }, image, threads), Math.min(threads, groupsOf(N, image).groups));
        }
        assert.is(threadsFor({ kind: "infer", N }, image, threads), Math.min(threads, Math.ceil(N / 16)));
      }
    }
  }
});

test.run();
