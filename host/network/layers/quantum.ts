import { encodeTape } from "../../circuit/tape.ts";
import type { Template } from "../../circuit/templates.ts";
import type { Instance } from "../../engine/load.ts";
import { NONE, offset, u8 } from "../../engine/memory.ts";
import { initOf, type QuantumInit } from "../init.ts";
import { plain } from "../parameters.ts";
import { eachGroup, type Share } from "../share.ts";
import { addPartialSums, type Blocks, bytes, type Layer } from "./layer.ts";

/**
 * Final states that forward keeps for backward take at most so many bytes of a batch; beyond, backward runs the circuit
 * again. 12 wires take 2 MiB for 64 images.
 */
const MOST_KETS = 2 ** 24;

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
  const kets = (N: number): Record<string, number> => {
    const size = kernels.quantumKetsBytes(numWires, N);
    return size <= MOST_KETS ? { kets: size } : {};
  };
  // A backward pass uses them up, so only training keeps them: explanations go back more often than once.
  const ketsFrom = (saved: Blocks["saved"], n: number, { once }: Share) =>
    once && "kets" in saved ? offset(saved.kets, kernels.quantumKetsBytes(numWires, n)) : NONE;
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
    saved: (N) => ({ tape: tape.bytes.length, ...kets(N), out: bytes([numOutputs], N) }),
    partialBytes: 4 * numWeights,
    scratchBytes: kernels.quantumScratchBytes(numWires, numWeights, tape.numOps, tape.numValues) >>> 0,
    prepare: ({ saved }) => u8(instance, saved.tape, tape.bytes.length).set(tape.bytes),
    forward({ params, saved }, x, share) {
      const { first, last, scratch } = share;
      const written = [offset(saved.out, first * 4 * numOutputs), ketsFrom(saved, first, share)] as const;
      const read = [offset(x, first * 4 * numInputs), weightsOf(params), saved.tape] as const;
      kernels.quantumForward(...written, ...read, scratch, last - first);
    },
    backward({ params, saved, partial, stride }, dx, dout, x, share) {
      eachGroup(share, ({ n, count, group }) => {
        const dweights = offset(partial, group * stride);
        if (numWeights > 0) kernels.zero(dweights, 4 * numWeights);
        const written = [offset(dx, n * 4 * numInputs), dweights] as const;
        const read = [offset(dout, n * 4 * numOutputs), offset(x, n * 4 * numInputs), weightsOf(params)] as const;
        kernels.quantumBackward(...written, ...read, ketsFrom(saved, n, share), saved.tape, share.scratch, count);
      });
    },
    reduce: numWeights > 0 ? addPartialSums(kernels, tensors[0].name, numWeights) : undefined,
  };
}
