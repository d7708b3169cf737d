import { encodeTape } from "../../circuit/tape.ts";
import type { Template } from "../../circuit/templates.ts";
import type { Instance } from "../../engine/load.ts";
import { NONE, offset, u8 } from "../../engine/memory.ts";
import { initOf, type QuantumInit } from "../init.ts";
import { plain } from "../parameters.ts";
import { eachGroup } from "../share.ts";
import { addPartialSums, type Blocks, bytes, type Layer } from "./layer.ts";

/**
 * A circuit whose inputs are the features; its weights start as `init` says, unless their tensor says where.
 * @param paired whether the layers of tensor "weights" come in pairs that undo each other
 */
export function quantum(
  instance: Instance,
  name: string,
  template: Template,
  init: QuantumInit = "uniform",
  paired = false,
): Layer {
  const { kernels } = instance;
  const { circuit, tensors } = template;
  const { numWires, numInputs, numWeights, numOutputs } = circuit;
  const tape = encodeTape(circuit);
  // A circuit may have no weights at all: it then reads none.
  const weightsOf = (blocks: Blocks["params"]) => (numWeights > 0 ? blocks[tensors[0].name] : NONE);
  return {
    name,
    modules: [{ type: "Circuit", name, template }],
    inShape: [numInputs],
    outShape: [numOutputs],
    multiplyAdds: null,
    tensors: tensors.map(({ name: tensor, shape, start }) => ({
      name: `${name}.${tensor}`,
      role: "param",
      shape: [...shape],
      layout: plain,
      init:
        start === undefined ? initOf(init, shape, paired && tensor === "weights") : { kind: "constant", value: start },
    })),
    saved: (N) => ({ tape: tape.bytes.length, out: bytes([numOutputs], N) }),
    partialBytes: 4 * numWeights,
    scratchBytes: kernels.quantumScratchBytes(numWires, numWeights, tape.numOps, tape.numValues) >>> 0,
    prepare: ({ saved }) => u8(instance, saved.tape, tape.bytes.length).set(tape.bytes),
    forward({ params, saved }, x, share) {
      const out = offset(saved.out, share.first * 4 * numOutputs);
      const from = offset(x, share.first * 4 * numInputs);
      kernels.quantumForward(out, from, weightsOf(params), saved.tape, share.scratch, share.last - share.first);
    },
    backward({ params, saved, partial, stride }, dx, dout, x, share) {
      eachGroup(share, ({ n, count, group }) => {
        const dweights = offset(partial, group * stride);
        if (numWeights > 0) kernels.zero(dweights, 4 * numWeights);
        const written = [offset(dx, n * 4 * numInputs), dweights] as const;
        const read = [offset(dout, n * 4 * numOutputs), offset(x, n * 4 * numInputs), weightsOf(params)] as const;
        kernels.quantumBackward(...written, ...read, saved.tape, share.scratch, count);
      });
    },
    reduce: numWeights > 0 ? addPartialSums(kernels, tensors[0].name, numWeights) : undefined,
  };
}
