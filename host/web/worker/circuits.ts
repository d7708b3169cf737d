import { loadEngine } from "../../api.ts";
import { Circuit } from "../../circuit/circuit.ts";
import { parseCircuitData } from "../../circuit/json.ts";
import { isMeasured } from "../../circuit/noise/tape.ts";
import { outputLabels } from "../../circuit/observables.ts";
import type { Engine } from "../../engine/load.ts";
import { inspectCircuit } from "../../explain/wires.ts";
import type { Platform } from "../../platform/platform.ts";
import { analyzeSweep } from "../../simulator/analysisSweep.ts";
import { estimate } from "../../simulator/estimate.ts";
import { simulatorOf } from "../../simulator/instance.ts";
import type { SessionApi } from "../protocol/messages.ts";

/** The widest circuit whose basis states are measured beside its outputs. */
const MOST_MEASURED_WIRES = 6;

/** The calls about circuits by themselves. */
export function circuitCalls(platform: Platform): Pick<SessionApi, "runCircuit" | "analyzeCircuit"> {
  let engine: Promise<Engine> | null = null;
  const simulator = async () => {
    engine ??= loadEngine({ platform, threads: 1 });
    return simulatorOf(await engine);
  };
  return {
    async runCircuit(data, { inputs, weights }, measure) {
      const { circuit } = parseCircuitData(data);
      const engine = await simulator();
      const wires = inspectCircuit(engine, circuit, inputs, weights);
      const answer = { wires, labels: outputLabels(circuit.outputs), measured: null, basis: null };
      if (!isMeasured(measure)) return answer;
      const { asked, outputs } = withBasis(circuit);
      const all = Array.from(estimate(engine, asked, inputs, weights, measure));
      const basis = all.slice(outputs);
      return { ...answer, measured: all.slice(0, outputs), basis: basis.length > 0 ? basis : null };
    },
    async analyzeCircuit(data, samples) {
      return analyzeSweep(await simulator(), parseCircuitData(data), { samples });
    },
  };
}

/** The circuit with the probabilities of all basis states behind its outputs, where these are not too many. */
function withBasis(circuit: Circuit): { asked: Circuit; outputs: number } {
  const { numWires, operations, outputs, numOutputs, numInputs, numWeights } = circuit;
  if (numWires > MOST_MEASURED_WIRES) return { asked: circuit, outputs: numOutputs };
  const probs = Array.from({ length: numWires }, (_, wire) => wire);
  const declared = { inputs: numInputs, weights: numWeights };
  return {
    asked: new Circuit(numWires, operations, { outputs: [...outputs, { probs }], ...declared }),
    outputs: numOutputs,
  };
}
