import { suite } from "uvu";
import { trigonometricBackward, trigonometricForward } from "../../reference/trigonometric.ts";
import { checkKernel } from "../../util/kernels.ts";
import { numbers } from "../../util/numbers.ts";

const test = suite("trigonometric");

for (const [N, W] of [
  [1, 1],
  [3, 2],
  [5, 3],
  [2, 4],
  [1, 6],
]) {
  test(`equals the reference: ${N} samples of ${W} angles`, () => {
    const features = 3 ** W - 1;
    const x = numbers(N * W, W, -7, 7);
    const dout = numbers(N * features, W + 1);
    checkKernel(
      "trigonometric",
      (blocks, kernels) => {
        const [out, dx, scratch] = [
          blocks.output(N * features),
          blocks.output(N * W),
          blocks.scratch(kernels.trigonometricScratchBytes(W)),
        ];
        const at = blocks.input(x);
        kernels.trigonometricForward(out, at, scratch, N, W);
        kernels.trigonometricBackward(dx, blocks.input(dout), at, scratch, N, W);
        return { out: blocks.read(out, N * features), dx: blocks.read(dx, N * W) };
      },
      { out: trigonometricForward(x, W), dx: trigonometricBackward(dout, x, W) },
      2e-6,
    );
  });
}

test.run();
