import { HqcnnError, UsageError } from "../check.ts";
import { paramValue } from "../circuit/params.ts";
import type { Network } from "../network/network.ts";
import { probabilitiesOf } from "../network/outputs.ts";
import { circuitWeights } from "../network/weights.ts";
import { type Bloch, blochVectors } from "../simulator/bloch.ts";
import { simulatorOf } from "../simulator/instance.ts";
import { type Amplitudes, runCircuit, statesBetween } from "../simulator/simulate.ts";
import { classify } from "./input.ts";

/** One operation of the circuit with its numbers filled in, and what every wire is afterwards. */
export interface WireStep {
  name: string;
  wires: readonly number[];
  /** Angles in radians; amplitudes for an amplitude embedding. */
  params: number[];
  bloch: Bloch[];
}

/** The quantum layer at work on one input, in f64. */
export interface Wires {
  /**
   * Inputs of the circuit: angles in radians, one a wire; 2^wires amplitudes before their norm is made 1 for an
   * amplitude embedding.
   */
  angles: number[];
  /** ⟨Z⟩ of every wire: what the layer gives unless its circuit says otherwise. */
  expvals: number[];
  /** What the layer gives. */
  outputs: number[];
  /** Of every wire at the end. */
  bloch: Bloch[];
  /** Amplitudes at the end, of 2^wires basis states, wire 0 the most significant bit; and their squared magnitudes. */
  state: Amplitudes;
  probabilities: number[];
  /** One a gate, in order of application. */
  steps: WireStep[];
}

/**
 * Looks into the quantum layer.
 * @param from an image, uint8 (height, width, channels) of the network's size, or the angles themselves in radians,
 *   as many as the circuit has inputs
 * @throws HqcnnError when the network has no quantum layer, UsageError when the angles are not finite or too few or
 *   many
 */
export function inspectWires(network: Network, from: Uint8Array | Float32Array | readonly number[]): Wires {
  const { template } = network;
  if (!template) {
    throw new HqcnnError(
      `wires: expected a network with a quantum layer, got a head of kind ${network.architecture.head.kind}`,
    );
  }
  const angles = from instanceof Uint8Array ? anglesOf(network, from) : [...from];
  if (!angles.every(Number.isFinite)) throw new UsageError(`angles: expected finite numbers, got ${angles.join(", ")}`);
  const { circuit } = template;
  const weights = circuitWeights(network.tensors(), template);
  const simulator = simulatorOf(network.engine);
  const states = statesBetween(simulator, circuit, angles, weights);
  const blochs = states.map((state) => blochVectors(circuit, state));
  const state = states[states.length - 1];
  const bloch = blochs[blochs.length - 1];
  return {
    angles,
    expvals: bloch.map(([, , z]) => z),
    outputs: [...runCircuit(simulator, circuit, angles, weights)],
    bloch,
    state,
    probabilities: state.re.map((re, i) => re * re + state.im[i] * state.im[i]),
    steps: circuit.operations.map((operation, i) => ({
      name: operation.name,
      wires: operation.wires,
      params: operation.params.map((param) => paramValue(param, angles, weights)),
      bloch: blochs[i + 1],
    })),
  };
}

/**
 * Probabilities of all classes with the quantum layer's outputs set to 0, as if it were switched off. They are the same
 * for every image: all that the network
 * knows of an image goes through that layer.
 * @throws HqcnnError when the network has no quantum layer
 */
export function quantumOff(network: Network): Float32Array<ArrayBuffer> {
  const { template } = network;
  if (!template) throw new HqcnnError("quantumOff: expected a network with a quantum layer");
  return probabilitiesOf(network, network.predictFrom("quantum", new Float32Array(template.circuit.numOutputs)));
}

function anglesOf(network: Network, input: Uint8Array): number[] {
  classify(network, input);
  return Array.from(network.activation("fc1", 1));
}
