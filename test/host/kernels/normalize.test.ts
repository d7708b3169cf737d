import { suite } from "uvu";
import * as assert from "uvu/assert";
import { normalize } from "../../reference/normalize.ts";
import { checkKernel } from "../../util/kernels.ts";

const test = suite("normalize");

for (const n of [1, 3, 4, 7, 256]) {
  test(`equals the reference: ${n} bytes`, () => {
    const x = Uint8Array.from({ length: n }, (_, i) => (n === 256 ? i : 255 - 37 * i));
    const out = checkKernel(
      "normalize",
      (blocks, kernels) => {
        const at = blocks.output(n);
        kernels.normalize(at, blocks.bytes(x), n);
        return { out: blocks.read(at, n) };
      },
      { out: normalize(x) },
      1e-7,
    ).out;
    // torchvision in f32: ToTensor rounds x / 255, Normalize([0.5], [0.5]) subtracts and divides
    assert.equal(
      out,
      Float32Array.from(x, (value) => (Math.fround(value / 255) - 0.5) / 0.5),
    );
  });
}

test.run();
