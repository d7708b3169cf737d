import { encodeTape } from "../../circuit/tape.ts";
import type { Template } from "../../circuit/templates.ts";
import type { Instance } from "../../engine/load.ts";
import { offset, u8 } from "../../engine/memory.ts";
import { plain } from "../parameters.ts";
import { eachGroup } from "../share.ts";
import { addPartialSums, bytes, type Layer } from "./layer.ts";

/**
 * A circuit whose inputs are the features and whose outputs are ⟨Z⟩ on every wire; weights start uniform in [0, 2π) as
 * PennyLane's TorchLayer.
 */
export function quantum(instance: Instance, name: string, template: Template): Layer {
  const { kernels } = instance;
  const { circuit, tensors } = template;
  const { numWires, numInputs, numWeights } = circuit;
  const tape = encodeTape(circuit);
  const first = tensors[0].name;
  const sizes = [numInputs, numWires, tape.numOps] as const;
  return {
    name,
    modules: [{ type: "Circuit", name, template }],
    inShape: [numInputs],
    outShape: [numWires],
    multiplyAdds: null,
    tensors: tensors.map((tensor) => ({
      name: `${name}.${tensor.name}`,
      role: "param",
      shape: [...tensor.shape],
      layout: plain,
      init: { kind: "uniform", low: 0, high: 2 * Math.PI },
    })),
    saved: (N) => ({ tape: tape.bytes.length, out: bytes([numWires], N) }),
    partialBytes: 4 * numWeights,
    scratchBytes: kernels.quantumScratchBytes(numWires, numWeights, tape.numOps),
    prepare: ({ saved }) => u8(instance, saved.tape, tape.bytes.length).set(tape.bytes),
    forward({ params, saved }, x, share) {
      const out = offset(saved.out, share.first * 4 * numWires);
      const from = offset(x, share.first * 4 * numInputs);
      kernels.quantumForward(out, from, params[first], saved.tape, share.scratch, share.last - share.first, ...sizes);
    },
    backward({ params, saved, partial, stride }, dx, dout, x, share) {
      eachGroup(share, ({ n, count, group }) => {
        const dweights = offset(partial, group * stride);
        kernels.zero(dweights, 4 * numWeights);
        const written = [offset(dx, n * 4 * numInputs), dweights] as const;
        const read = [offset(dout, n * 4 * numWires), offset(x, n * 4 * numInputs), params[first], saved.tape] as const;
        kernels.quantumBackward(
          ...written,
          ...read,
          share.scratch,
          count,
          numInputs,
          numWeights,
          numWires,
          tape.numOps,
        );
      });
    },
    reduce: addPartialSums(kernels, first, numWeights),
  };
}
