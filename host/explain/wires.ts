import { HqcnnError, UsageError } from "../check.ts";
import type { Circuit } from "../circuit/circuit.ts";
import { MAX_WIRES } from "../circuit/limits.ts";
import { paramValue } from "../circuit/params.ts";
import type { Template } from "../circuit/templates.ts";
import type { Network } from "../network/network.ts";
import { probabilitiesOf } from "../network/outputs.ts";
import { circuitWeights } from "../network/weights.ts";
import { type Bloch, blochVectors } from "../simulator/bloch.ts";
import { type Simulator, simulatorOf } from "../simulator/instance.ts";
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
 * @param weights of the circuit, in place of the trained ones
 * @throws HqcnnError when the network has no quantum layer, UsageError when the angles are not finite or too few or
 *   many
 */
export function inspectWires(
  network: Network,
  from: Uint8Array | Float32Array | readonly number[],
  weights?: readonly number[],
): Wires {
  const template = templateToShow(network, "wires");
  const angles = from instanceof Uint8Array ? anglesOf(network, from) : [...from];
  return inspectCircuit(
    simulatorOf(network.engine),
    template.circuit,
    angles,
    weights ?? circuitWeights(network.tensors(), template),
  );
}

/**
 * Looks into a circuit by itself, in f64.
 * @throws UsageError when angles or weights are not finite, too few or too many
 */
export function inspectCircuit(
  simulator: Simulator,
  circuit: Circuit,
  angles: readonly number[],
  weights: readonly number[],
): Wires {
  for (const [what, values] of Object.entries({ angles, weights })) {
    if (!values.every(Number.isFinite)) {
      throw new UsageError(`${what}: expected finite numbers, got ${values.join(", ")}`);
    }
  }
  let state: Amplitudes = { re: [], im: [] };
  const blochs = statesBetween(simulator, circuit, angles, weights, (next) => {
    state = next; // the last one stays
    return blochVectors(circuit, next);
  });
  const bloch = blochs[blochs.length - 1];
  return {
    angles: [...angles],
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
 * Probabilities of all classes with the circuits' outputs set to 0, as if they were switched off. Without a bypass they
 * are the same for every image: all that the network knows of an image goes through the circuits.
 * @param input the image whose other features go around the circuits, as inspectWires takes it; needed with a bypass
 * @throws HqcnnError when the network has no quantum layer
 */
export function quantumOff(network: Network, input?: Uint8Array): Float32Array<ArrayBuffer> {
  const { circuits } = network;
  if (circuits.length === 0) throw new HqcnnError("quantumOff: expected a network with a quantum layer");
  const { outputs, bypass } = quantumSizes(network);
  if (bypass > 0 && !input) throw new HqcnnError("quantumOff: expected an image, as features go around the circuit");
  const features = input && bypass > 0 ? featuresOf(network, input).subarray(-bypass) : [];
  return probabilitiesOf(
    network,
    network.predictFrom("quantum", Float32Array.of(...new Float32Array(outputs), ...features)),
  );
}

/** What the quantum layer takes and gives beside what goes around its circuits. */
export function quantumSizes({ circuits, architecture }: Network): { inputs: number; outputs: number; bypass: number } {
  const { head } = architecture;
  const sum = (of: "numInputs" | "numOutputs") => circuits.reduce((n, { template }) => n + template.circuit[of], 0);
  return {
    inputs: sum("numInputs"),
    outputs: sum("numOutputs"),
    bypass: head.kind === "quantum" ? (head.bypass ?? 0) : 0,
  };
}

/** The circuit of a network. @throws HqcnnError when it has none, or several that cannot be shown as one */
export function templateToShow({ template, circuits, architecture }: Network, what: string): Template {
  if (template) return template;
  if (circuits.length === 0) {
    throw new HqcnnError(
      `${what}: expected a network with a quantum layer, got a head of kind ${architecture.head.kind}`,
    );
  }
  const wires = circuits.map((one) => one.template.circuit.numWires).join(" + ");
  throw new HqcnnError(
    `${what}: expected circuits of at most ${MAX_WIRES} wires together and without amplitude embedding, got ${circuits.length} of ${wires} wires`,
  );
}

function anglesOf(network: Network, input: Uint8Array): number[] {
  return Array.from(featuresOf(network, input).subarray(0, quantumSizes(network).inputs));
}

/** All features that FC1 makes of an image. */
export function featuresOf(network: Network, input: Uint8Array): Float32Array {
  classify(network, input);
  return network.activation("fc1", 1);
}
