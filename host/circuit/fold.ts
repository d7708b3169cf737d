import { UsageError } from "../check.ts";
import { Circuit } from "./circuit.ts";
import { adjoint } from "./gates.ts";

/** A circuit that does the same in more gates, and of every operation the number of the one that it comes from. */
export interface FoldedCircuit {
  circuit: Circuit;
  origins: number[];
}

/**
 * Global folding: U becomes U (U† U)^k, whose noise is about 2k + 1 times as strong. A state preparation is not
 * repeated. Giurgica-Tiron et al., https://arxiv.org/abs/2005.10921
 * @param scale 2k + 1: an odd whole number
 * @throws UsageError on another
 */
export function foldCircuit(circuit: Circuit, scale: number): FoldedCircuit {
  if (!Number.isInteger(scale) || scale < 1 || scale > MAX_SCALE || scale % 2 === 0) {
    throw new UsageError(`scale factor: expected an odd whole number from 1 to ${MAX_SCALE}, got ${scale}`);
  }
  const own = circuit.operations.map((_, i) => i);
  const first = circuit.operations[0]?.name === "AmplitudeEmbedding" ? 1 : 0;
  const folded = own.slice(first);
  const origins = [...own];
  const operations = [...circuit.operations];
  for (let k = 1; k < scale; k += 2) {
    const back = [...folded].reverse();
    origins.push(...back, ...folded);
    operations.push(...back.map((i) => adjoint(circuit.operations[i])), ...circuit.operations.slice(first));
  }
  const { numWires, outputs, numInputs: inputs, numWeights: weights } = circuit;
  return { circuit: new Circuit(numWires, operations, { outputs, inputs, weights }), origins };
}

const MAX_SCALE = 21;
