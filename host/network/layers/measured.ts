import { type EstimateSettings, encodeEstimate } from "../../circuit/noise/tape.ts";
import type { Template } from "../../circuit/templates.ts";
import type { Ptr } from "../../engine/kernels.ts";
import type { Instance } from "../../engine/load.ts";
import { NONE, offset, u8 } from "../../engine/memory.ts";
import { STREAMS } from "../../engine/random.ts";
import { eachGroup, type Share } from "../share.ts";
import type { Blocks, Layer } from "./layer.ts";

/** Which random numbers passes get that draw none of an epoch: validation, tests, predictions. */
const OUTSIDE_TRAINING = 2 ** 32 - 1;

/**
 * The quantum layer with its circuit run as a device would: with shots, noise and gradients by other methods than the
 * adjoint. Random numbers depend on seed, epoch and image alone, so that threads and resuming change no bit.
 * @param layer the exact one
 * @throws UsageError on settings that cannot be
 */
export function measured(
  instance: Instance,
  layer: Layer,
  { circuit, tensors }: Template,
  settings: EstimateSettings,
): Layer {
  const { kernels } = instance;
  const { numInputs, numOutputs, numWeights } = circuit;
  const { bytes: noise, sizes, seed, tape } = encodeEstimate(circuit, settings, settings);
  const weightsOf = (blocks: Blocks["params"]) => (numWeights > 0 ? blocks[tensors[0].name] : NONE);
  const draws = (draw: Share["draw"]) => [seed, STREAMS.measurement, draw ? draw.epoch : OUTSIDE_TRAINING] as const;
  /** What the kernels read for the images from n on. */
  const read = ({ params, saved }: Blocks, x: Ptr, { ids, scratch }: Share, n: number) =>
    [...[offset(x, n * 4 * numInputs), weightsOf(params), offset(ids, 4 * n), saved.tape, saved.noise, scratch]] as [
      Ptr,
      Ptr,
      Ptr,
      Ptr,
      Ptr,
      Ptr,
    ];
  const forward = (blocks: Blocks, x: Ptr, share: Share, first: number, last: number) => {
    const out = offset(blocks.saved.out, first * 4 * numOutputs);
    kernels.quantumEstimateForward(out, ...read(blocks, x, share, first), last - first, ...draws(share.draw));
  };
  return {
    ...layer,
    saved(N, groups) {
      const { kets: _, ...others } = layer.saved(N, groups);
      return { ...others, noise: noise.length };
    },
    scratchBytes: kernels.quantumEstimateScratchBytes(...sizes) >>> 0,
    prepare({ saved }) {
      u8(instance, saved.tape, tape.bytes.length).set(tape.bytes);
      u8(instance, saved.noise, noise.length).set(noise);
    },
    forward: (blocks, x, share) => forward(blocks, x, share, share.first, share.last),
    infer: (blocks, x, first, last, share) => forward(blocks, x, share, first, last),
    backward(blocks, dx, dout, x, share) {
      const { partial, stride } = blocks;
      eachGroup(share, ({ n, count, group }) => {
        const dweights = offset(partial, group * stride);
        if (numWeights > 0) kernels.zero(dweights, 4 * numWeights);
        const written = [offset(dx, n * 4 * numInputs), dweights, offset(dout, n * 4 * numOutputs)] as const;
        kernels.quantumEstimateBackward(...written, ...read(blocks, x, share, n), count, ...draws(share.draw));
      });
    },
  };
}
