import { HqcnnError, UsageError } from "../check.ts";
import type { Circuit } from "../circuit/circuit.ts";
import { foldCircuit } from "../circuit/fold.ts";
import { encodeEstimate, isMeasured, type MeasureOptions, refuseUnmatched } from "../circuit/noise/tape.ts";
import type { Template } from "../circuit/templates.ts";
import type { Split } from "../datasets/types.ts";
import type { Network } from "../network/network.ts";
import { circuitWeights } from "../network/weights.ts";
import { estimate } from "../simulator/estimate.ts";
import { simulatorOf } from "../simulator/instance.ts";
import { EXTRAPOLATIONS, type Extrapolation, extrapolationWeights } from "../simulator/zne.ts";
import { type Spread, spreadOf } from "../statistics/spread.ts";
import { activationsOf } from "./activations.ts";
import { judge } from "./judge.ts";

/** The quantum layer of a network with what it gets of some images. */
export interface MeasuredLayer {
  network: Network;
  circuit: Circuit;
  weights: number[];
  /** The images, with what is to be said of them. */
  split: Split;
  /** (count, numInputs) */
  features: Float32Array<ArrayBuffer>;
  count: number;
  /** (count, bypass): features that go around the circuit, behind its outputs. */
  around: Float32Array<ArrayBuffer>;
  /** (count, numOutputs), exact. */
  exact: Float64Array<ArrayBuffer>;
}

/** Name of the layer that is measured. */
const LAYER = "quantum";

/** The circuit that shots and noise act on. @throws HqcnnError when the network has none */
export function measuredTemplate({ template, architecture: { head } }: Network): Template {
  if (template) return template;
  const got = head.kind === "quantum" ? "circuits that cannot be run as one" : `head ${head.kind}`;
  throw new HqcnnError(`shots and noise: expected a model with a quantum layer, got ${got}`);
}

/**
 * Runs a network up to its circuit.
 * @throws HqcnnError when it has none
 */
export async function measuredLayer(network: Network, split: Split): Promise<MeasuredLayer> {
  const { layers } = network;
  const template = measuredTemplate(network);
  const { circuit } = template;
  const before = layers[layers.findIndex(({ name }) => name === LAYER) - 1].name;
  const { count } = split;
  const { numInputs } = circuit;
  const width = layers.find(({ name }) => name === LAYER)!.inShape[0];
  const features = new Float32Array(count * numInputs);
  const around = new Float32Array(count * (width - numInputs));
  const rows = await activationsOf(network, split, before);
  for (let n = 0; n < count; n++) {
    const row = rows.subarray(n * width, (n + 1) * width);
    features.set(row.subarray(0, numInputs), n * numInputs);
    around.set(row.subarray(numInputs), n * (width - numInputs));
  }
  const weights = circuitWeights(network.tensors(), template);
  const exact = estimate(simulatorOf(network.engine), circuit, features, weights, {});
  return { network, circuit, weights, split, features, around, count, exact };
}

/** Metrics of one repetition, or of exact outputs. */
export interface MeasuredMetrics {
  accuracy: number;
  /** null where only one class occurs. */
  auc: number | null;
  crossEntropy: number;
}

/** The rest of the network on outputs of the circuit. @param outputs (count, numOutputs) @returns (count, outputs) */
export function logitsOf({ network, circuit, around, count }: MeasuredLayer, outputs: ArrayLike<number>): Float32Array {
  const { numOutputs } = circuit;
  const bypass = around.length / count;
  const rows = new Float32Array(count * (numOutputs + bypass));
  for (let n = 0; n < count; n++) {
    const at = n * (numOutputs + bypass);
    for (let i = 0; i < numOutputs; i++) rows[at + i] = outputs[n * numOutputs + i];
    rows.set(around.subarray(n * bypass, (n + 1) * bypass), at + numOutputs);
  }
  return network.predictFrom(LAYER, rows);
}

/** What outputs of the circuit are worth. @param outputs (count, numOutputs) */
export function metricsOf(layer: MeasuredLayer, outputs: ArrayLike<number>): MeasuredMetrics {
  const { accuracy, auc, crossEntropy } = judge(layer.network, layer.split, logitsOf(layer, outputs)).metrics;
  return { accuracy, auc, crossEntropy };
}

/** Metrics over repetitions, and how far the circuit's outputs are from the exact ones. */
export interface MeasuredSpread {
  accuracy: Spread;
  auc: Spread | null;
  crossEntropy: Spread;
  /** Root mean square of measured − exact over images, outputs and repetitions. */
  error: number;
  /** Mean variance of an output over repetitions; null for one. */
  variance: number | null;
}

export interface Extrapolated extends MeasuredSpread {
  method: Extrapolation;
  /** One a scale factor. */
  weights: number[];
  /** Error without extrapolation, divided by that with. */
  gain: number;
  /** By how much it multiplies the variance of an output, if that is the same at every scale. */
  varianceFactor: number;
}

/** One setting of shots and noise. */
export interface MeasuredResult extends MeasuredSpread {
  shots: number;
  simulation: "ket" | "density" | "trajectories";
  /** null where none are drawn. */
  trajectories: number | null;
  repetitions: number;
  zne: Extrapolated[];
}

export interface MeasuredSettings extends MeasureOptions {
  /** How often everything is measured; default 10. One where nothing is random. */
  repetitions?: number;
  /** Scale factors of zero-noise extrapolation; without, there is none. */
  scales?: readonly number[];
  /** Rules of the noise that act nowhere in the circuit are left out; else they are refused. */
  lenient?: boolean;
}

/** Random numbers of scale factors are apart by this. */
const MOST_REPETITIONS = 2 ** 20;

/**
 * How every setting of a sweep is carried out.
 * @throws UsageError on what cannot be, and on a number that acts in none of them
 */
export function checkSettings(circuit: Circuit, all: readonly MeasuredSettings[]) {
  const [{ simulation, trajectories, repetitions, seed }] = all;
  const checked = all.map((one) => checkMeasured(circuit, one));
  const modes = checked.map(({ mode }) => mode);
  const refuse = (name: string, why: string) => {
    throw new UsageError(`${name}: ${why}: leave it out`);
  };
  if (simulation !== undefined && modes.every((mode) => mode === "ket"))
    refuse("simulation", "there is no noise that acts on gates");
  if (trajectories !== undefined && !modes.includes("trajectories"))
    refuse("trajectories", "nothing is simulated by them (see simulation)");
  if (!checked.some(({ random }) => random)) {
    const why = "nothing is random, with exact values and a density matrix";
    if (repetitions !== undefined) refuse("repetitions", why);
    if (seed !== undefined) refuse("seed of shots and noise", why);
  }
  return checked;
}

/** @throws UsageError on what cannot be, before anything is computed */
export function checkMeasured(circuit: Circuit, settings: MeasuredSettings) {
  const { repetitions = 10, scales = [], noise } = settings;
  const { mode, shots, trajectories, unmatched } = encodeEstimate(circuit, settings);
  if (!settings.lenient) refuseUnmatched({ unmatched });
  if (!(Number.isInteger(repetitions) && repetitions >= 1 && repetitions < MOST_REPETITIONS)) {
    throw new UsageError(`repetitions: expected a whole number from 1 to ${MOST_REPETITIONS - 1}, got ${repetitions}`);
  }
  if (scales.length > 0) {
    if (noise === undefined || mode === "ket") {
      throw new UsageError(
        "zero-noise extrapolation: expected noise that acts on gates, got none: there is nothing to extrapolate",
      );
    }
    if (scales[0] !== 1) throw new UsageError(`scale factors: expected 1 first, got ${scales.join(", ")}`);
    for (const scale of scales) foldCircuit(circuit, scale);
    for (const method of EXTRAPOLATIONS) extrapolationWeights(scales, method);
  }
  const random = isMeasured(settings) && (shots > 0 || mode === "trajectories");
  const drawn = mode === "trajectories" ? trajectories : null;
  return { repetitions: random ? repetitions : 1, scales: [...scales], mode, shots, trajectories: drawn, random };
}

/**
 * Measures a network's circuit with shots and noise: metrics and errors over repetitions, each with random numbers of
 * its own.
 * @throws UsageError on settings that cannot be
 */
export function evaluateMeasured(layer: MeasuredLayer, settings: MeasuredSettings): MeasuredResult {
  const { circuit, weights, features, network } = layer;
  const { repetitions, scales, mode, shots, trajectories } = checkMeasured(circuit, settings);
  const simulator = simulatorOf(network.engine);
  const folded = (scales.length > 0 ? scales : [1]).map((scale) => foldCircuit(circuit, scale));
  const plain = createTally(layer);
  const methods = scales.length > 0 ? EXTRAPOLATIONS : [];
  const tallies = methods.map((method) => {
    const factors = extrapolationWeights(scales, method);
    return { method, factors, tally: createTally(layer) };
  });
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const values = folded.map((one, i) =>
      estimate(simulator, one.circuit, features, weights, settings, {
        use: repetition + i * MOST_REPETITIONS,
        origins: one.origins,
      }),
    );
    plain.add(values[0]);
    for (const { factors, tally } of tallies) {
      tally.add(values[0].map((_, k) => factors.reduce((sum, factor, i) => sum + factor * values[i][k], 0)));
    }
  }
  const result = plain.result();
  return {
    ...result,
    ...{ shots, simulation: mode, trajectories, repetitions },
    zne: tallies.map(({ method, factors, tally }) => {
      const extrapolated = tally.result();
      return {
        ...extrapolated,
        ...{ method, weights: factors, gain: result.error / extrapolated.error },
        varianceFactor: factors.reduce((sum, factor) => sum + factor * factor, 0),
      };
    }),
  };
}

/** Collects repetitions. */
function createTally(layer: MeasuredLayer) {
  const { exact } = layer;
  const all: MeasuredMetrics[] = [];
  const sums = new Float64Array(exact.length);
  const squares = new Float64Array(exact.length);
  let off = 0;
  return {
    add(outputs: Float64Array) {
      all.push(metricsOf(layer, outputs));
      outputs.forEach((value, i) => {
        // around the exact value, so that nothing cancels
        const d = value - exact[i];
        sums[i] += d;
        squares[i] += d * d;
        off += d * d;
      });
    },
    result(): MeasuredSpread {
      const n = all.length;
      const aucs = all.flatMap(({ auc }) => (auc === null ? [] : [auc]));
      const variance = sums.reduce((sum, value, i) => sum + (squares[i] - (value * value) / n), 0);
      return {
        accuracy: spreadOf(all.map(({ accuracy }) => accuracy)),
        auc: aucs.length === n ? spreadOf(aucs) : null,
        crossEntropy: spreadOf(all.map(({ crossEntropy }) => crossEntropy)),
        error: Math.sqrt(off / (n * exact.length)),
        variance: n === 1 ? null : variance / ((n - 1) * exact.length),
      };
    },
  };
}
