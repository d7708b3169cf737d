import { HqcnnError, UsageError } from "../check.ts";
import { Circuit } from "../circuit/circuit.ts";
import { lowerOperation } from "../circuit/gates.ts";
import { factorOf, type Source, sourcesOf } from "../circuit/params.ts";
import { mapSources, type WeightTensor } from "../circuit/part.ts";
import type { Template } from "../circuit/templates.ts";
import type { Ptr } from "../engine/kernels.ts";
import type { Instance } from "../engine/load.ts";
import { f32 } from "../engine/memory.ts";
import { STREAMS } from "../engine/random.ts";
import { blochVectors } from "./bloch.ts";
import { type Amplitudes, finalState, inputGradients, runCircuit } from "./simulate.ts";

/**
 * A number with its 95 % interval: percentiles of 500 bootstrap resamples over the samples, moved so that their mean is
 * the number itself, as a divergence of resamples is larger than that of the samples.
 */
export interface Interval {
  value: number;
  low: number;
  high: number;
}

/** Fourier coefficients of output 0 in one input, the others random. */
export interface InputSpectrum {
  input: number;
  /** 0, unit, 2 · unit … up to the largest that the circuit's gates can give. */
  frequencies: number[];
  /** Mean magnitude of each coefficient over the samples. */
  magnitudes: Interval[];
}

export interface CircuitAnalysis {
  wires: number;
  gates: number;
  weights: number;
  samples: number;
  seed: number;
  /**
   * Variance over the samples of the derivative of output 0, the mean over the weights; null without weights. It falls
   * exponentially with the wires on a barren plateau: McClean et al., Nature Communications 9, 4812 (2018).
   */
  gradientVariance: Interval | null;
  /**
   * Kullback–Leibler divergence (nats) of the fidelities of pairs of states from those of Haar-random states, by
   * histogram of 75 bins; smaller is more expressive. Few samples make it too large by about (bins in use − 1) / (2 ·
   * samples), which the notes say where it matters. Sim, Johnson and Aspuru-Guzik, Adv. Quantum Technol. 2, 1900070
   * (2019).
   */
  expressibility: Interval;
  /** Mean Meyer–Wallach measure, 0 (product states) to 1. J. Math. Phys. 43, 4273 (2002). */
  entanglement: Interval;
  /** Schuld, Sweke and Meyer, Phys. Rev. A 103, 032430 (2021). */
  spectra: InputSpectrum[];
  /** What was left out, and why. */
  notes: string[];
}

export interface AnalysisOptions {
  /** Random choices of weights and inputs, each uniform in [0, 2π); 10 to 100,000, default 200. */
  samples?: number;
  /** u32, default 0. */
  seed?: number;
}

const BINS = 75;
const RESAMPLES = 500;
/** Inputs whose spectra are taken, at most, and frequencies of each. */
const MOST_INPUTS = 16;
const MOST_FREQUENCIES = 64;
/** States are kept while they are compared: so many numbers at most. */
const MOST_NUMBERS = 2 ** 26;

/**
 * What a circuit can do before any training. Weights that start at a value of their own (those of trainable
 * re-uploading) keep it.
 * @throws UsageError on options that cannot be, HqcnnError for a circuit that embeds amplitudes or is too large
 */
export function analyzeCircuit(engine: Instance, template: Template, options: AnalysisOptions = {}): CircuitAnalysis {
  const { samples = 200, seed = 0 } = options;
  whole("samples", samples, 10, 100_000);
  whole("seed", seed, 0, 2 ** 32 - 1);
  const { circuit, tensors } = template;
  const { numWires, numInputs, numWeights } = circuit;
  if (circuit.operations.some(({ name }) => name === "AmplitudeEmbedding")) {
    throw new HqcnnError("analyze: expected a circuit whose inputs are angles, got an amplitude embedding");
  }
  if (samples * 2 ** numWires > MOST_NUMBERS) {
    throw new HqcnnError(
      `analyze: expected samples × 2^wires of at most ${MOST_NUMBERS.toLocaleString("en")}, got ${samples} × 2^${numWires}: take fewer samples`,
    );
  }
  const free = withWeightsAsInputs(circuit);
  const width = numInputs + numWeights;
  const random = drawing(engine, seed);
  const rows = settled(random(samples * width), tensors, numInputs, width);
  const notes: string[] = [];
  const trained = trainedColumns(tensors, numInputs, numWeights);
  return {
    ...{ wires: numWires, gates: circuit.operations.length, weights: numWeights, samples, seed },
    gradientVariance: trained.length === 0 ? null : gradientVariance(engine, free, rows, samples, trained, random),
    ...statesOf(
      engine,
      free,
      rows,
      settled(random(samples * width), tensors, numInputs, width),
      samples,
      random,
      notes,
    ),
    spectra: spectraOf(engine, template, free, rows, samples, random, notes),
    notes,
  };
}

/** The circuit with its weights as further inputs behind its own, so that each sample can have others. */
function withWeightsAsInputs({ numWires, numInputs, numWeights, operations, outputs }: Circuit): Circuit {
  const moved = mapSources(operations, ({ kind, index }): Source[] => [
    { kind: "input", index: kind === "input" ? index : numInputs + index },
  ]);
  // One output: what the analysis of gradients and spectra is about. Probabilities count by their first.
  return new Circuit(numWires, moved, { outputs: [outputs[0]], inputs: numInputs + numWeights });
}

/** Numbers uniform in [0, 2π), f32, other ones with every call. */
function drawing(engine: Instance, seed: number): (n: number) => Float64Array {
  let substream = 0;
  return (n) => {
    const mark = engine.kernels.mark();
    const bytes = 4 * Math.max(n, 4);
    if (engine.kernels.available() >>> 0 < bytes + 64) engine.kernels.reserve(bytes + 64);
    const at = engine.kernels.alloc(bytes) as Ptr;
    engine.kernels.uniform(at, n, 0, 2 * Math.PI, seed, STREAMS.analysis, substream++);
    const numbers = Float64Array.from(f32(engine, at, n));
    engine.kernels.reset(mark);
    return numbers;
  };
}

/** Rows of inputs and weights in which weights with a start of their own have it. */
function settled(rows: Float64Array, tensors: readonly WeightTensor[], from: number, width: number): Float64Array {
  let column = from;
  for (const { shape, start } of tensors) {
    const size = shape.reduce((a, b) => a * b, 1);
    if (start !== undefined) {
      for (let row = 0; row < rows.length; row += width) rows.fill(start, row + column, row + column + size);
    }
    column += size;
  }
  return rows;
}

/** The columns of weights that differ from sample to sample. */
function trainedColumns(tensors: readonly WeightTensor[], from: number, numWeights: number): number[] {
  const fixed = new Set<number>();
  let column = from;
  for (const { shape, start } of tensors) {
    const size = shape.reduce((a, b) => a * b, 1);
    if (start !== undefined) for (let i = 0; i < size; i++) fixed.add(column + i);
    column += size;
  }
  return Array.from({ length: numWeights }, (_, i) => from + i).filter((i) => !fixed.has(i));
}

function gradientVariance(
  engine: Instance,
  free: Circuit,
  rows: Float64Array,
  samples: number,
  columns: readonly number[],
  random: (n: number) => Float64Array,
): Interval {
  const width = free.numInputs;
  const gradients = inputGradients(engine, free, rows, 0);
  const variance = (chosen: ArrayLike<number>) => {
    let total = 0;
    for (const column of columns) {
      let [sum, squares] = [0, 0];
      for (let i = 0; i < samples; i++) {
        const value = gradients[chosen[i] * width + column];
        sum += value;
        squares += value * value;
      }
      const mean = sum / samples;
      total += squares / samples - mean * mean;
    }
    return Math.max(0, total / columns.length);
  };
  return bootstrapped(samples, random, variance);
}

/** Expressibility and entanglement, of the states at two lists of random rows. */
function statesOf(
  engine: Instance,
  free: Circuit,
  first: Float64Array,
  second: Float64Array,
  samples: number,
  random: (n: number) => Float64Array,
  notes: string[],
): Pick<CircuitAnalysis, "expressibility" | "entanglement"> {
  const width = free.numInputs;
  const fidelities = new Float64Array(samples);
  const measures = new Float64Array(samples);
  const state = (rows: Float64Array, i: number) =>
    finalState(engine, free, rows.subarray(i * width, (i + 1) * width), []);
  for (let i = 0; i < samples; i++) {
    const [a, b] = [state(first, i), state(second, i)];
    fidelities[i] = fidelity(a, b);
    measures[i] = meyerWallach(free, a);
  }
  const mean = (chosen: ArrayLike<number>) => {
    let sum = 0;
    for (let i = 0; i < samples; i++) sum += measures[chosen[i]];
    return sum / samples;
  };
  const size = 2 ** free.numWires;
  const expressibility = bootstrapped(samples, random, (chosen) => divergence(fidelities, chosen, size));
  const used = new Set(Array.from(fidelities, (value) => Math.min(BINS - 1, Math.floor(value * BINS)))).size;
  const bias = (used - 1) / (2 * samples);
  if (bias > 0.1 * expressibility.value) {
    notes.push(
      `expressibility of ${free.numWires} wires: too large by about ${bias.toPrecision(2)} with ${samples} samples: take more`,
    );
  }
  return {
    expressibility,
    entanglement: bootstrapped(samples, random, mean),
  };
}

function fidelity(a: Amplitudes, b: Amplitudes): number {
  let [re, im] = [0, 0];
  for (let i = 0; i < a.re.length; i++) {
    re += a.re[i] * b.re[i] + a.im[i] * b.im[i];
    im += a.re[i] * b.im[i] - a.im[i] * b.re[i];
  }
  return Math.min(1, re * re + im * im);
}

/** Q = 2 (1 − mean Tr ρ²) = 1 − mean |r|² with the Bloch vectors r of the wires. */
export function meyerWallach(circuit: Circuit, state: Amplitudes): number {
  const lengths = blochVectors(circuit, state).map(([x, y, z]) => x * x + y * y + z * z);
  return Math.max(0, 1 - lengths.reduce((sum, length) => sum + length, 0) / lengths.length);
}

/** Σ p ln(p / q) over bins of fidelities; q = (1 − low)^(N−1) − (1 − high)^(N−1) for Haar-random states. */
function divergence(fidelities: Float64Array, chosen: ArrayLike<number>, size: number): number {
  const counts = new Float64Array(BINS);
  for (let i = 0; i < chosen.length; i++) counts[Math.min(BINS - 1, Math.floor(fidelities[chosen[i]] * BINS))] += 1;
  let sum = 0;
  counts.forEach((count, bin) => {
    if (count === 0) return;
    const p = count / chosen.length;
    const [low, high] = [1 - bin / BINS, 1 - (bin + 1) / BINS];
    // In logarithms, as q is too small for a number at high fidelities of many wires.
    const logQ = (size - 1) * Math.log(low) + Math.log1p(-((Math.max(0, high) / low) ** (size - 1)));
    sum += p * (Math.log(p) - logQ);
  });
  return sum;
}

function spectraOf(
  engine: Instance,
  { circuit, tensors }: Template,
  free: Circuit,
  rows: Float64Array,
  samples: number,
  random: (n: number) => Float64Array,
  notes: string[],
): InputSpectrum[] {
  const starts = tensors.flatMap(({ shape, start }) =>
    new Array<number | undefined>(shape.reduce((a, b) => a * b, 1)).fill(start),
  );
  const spectra: InputSpectrum[] = [];
  const width = free.numInputs;
  const isSquare = "variance" in circuit.outputs[0];
  for (let input = 0; input < Math.min(circuit.numInputs, MOST_INPUTS); input++) {
    const found = frequenciesOf(circuit, input, starts, isSquare ? 2 : 1);
    if (typeof found === "string") {
      notes.push(`no spectrum in x${input}: ${found}`);
      continue;
    }
    const { unit, count } = found;
    const points = 2 * count + 1;
    const magnitudes = Array.from({ length: count + 1 }, () => new Float64Array(samples));
    const grid = Array.from({ length: points }, (_, k) => (2 * Math.PI * k) / points);
    for (let i = 0; i < samples; i++) {
      const batch = new Float64Array(points * width);
      grid.forEach((angle, k) => {
        batch.set(rows.subarray(i * width, (i + 1) * width), k * width);
        batch[k * width + input] = angle / unit;
      });
      const values = runCircuit(engine, free, batch, []);
      const outputs = values.length / points;
      for (let m = 0; m <= count; m++) {
        let [re, im] = [0, 0];
        grid.forEach((angle, k) => {
          re += values[k * outputs] * Math.cos(m * angle);
          im -= values[k * outputs] * Math.sin(m * angle);
        });
        magnitudes[m][i] = Math.sqrt(re * re + im * im) / points;
      }
    }
    spectra.push({
      input,
      frequencies: magnitudes.map((_, m) => m * unit),
      magnitudes: magnitudes.map((list) =>
        bootstrapped(samples, random, (chosen) => {
          let sum = 0;
          for (let i = 0; i < samples; i++) sum += list[chosen[i]];
          return sum / samples;
        }),
      ),
    });
  }
  if (circuit.numInputs > MOST_INPUTS) notes.push(`spectra are those of the first ${MOST_INPUTS} inputs`);
  return spectra;
}

/** The unit and the number of the frequencies that gates with this input can give, or why there are none. */
function frequenciesOf(
  circuit: Circuit,
  input: number,
  starts: readonly (number | undefined)[],
  power: number,
): { unit: number; count: number } | string {
  let [sum, unit] = [0, 1];
  for (const primitive of circuit.operations.flatMap(lowerOperation)) {
    const { param, kind, fixed, flip, scale } = primitive;
    const sources = sourcesOf(param);
    if (!sources.some(({ kind, index }) => kind === "input" && index === input)) continue;
    let factor = Math.abs(factorOf(param) * scale) * (kind === "phase" ? 1 : 2);
    for (const source of sources) {
      if (source.kind === "input" && source.index === input) continue;
      const value = source.kind === "weight" ? starts[source.index] : undefined;
      if (value === undefined) return "it is multiplied by another input or weight, so that it has no period";
      factor *= Math.abs(value);
    }
    if (sources.filter(({ kind, index }) => kind === "input" && index === input).length > 1) {
      return "its square is an angle, so that it has no period";
    }
    // A controlled rotation has the eigenvalue 0 beside ±½.
    const isControlled = kind !== "phase" && fixed.length > Math.min(1, flip.length);
    const step = isControlled ? factor / 2 : factor;
    while (unit > 1 / 8 && !Number.isInteger(step / unit)) unit /= 2;
    if (!Number.isInteger(step / unit)) return `its angle has the factor ${factor}, no multiple of 1/8`;
    sum += factor;
  }
  const count = (power * sum) / unit;
  if (sum === 0) return "no gate reads it";
  return count > MOST_FREQUENCIES ? `more than ${MOST_FREQUENCIES} frequencies` : { unit, count };
}

/** A statistic of all samples, and percentiles of it over resamples with replacement. */
function bootstrapped(
  samples: number,
  random: (n: number) => Float64Array,
  statistic: (chosen: ArrayLike<number>) => number,
): Interval {
  const value = statistic(Uint32Array.from({ length: samples }, (_, i) => i));
  const values: number[] = [];
  for (let i = 0; i < RESAMPLES; i++) {
    const chosen = Uint32Array.from(random(samples), (angle) =>
      Math.min(samples - 1, Math.floor((angle / (2 * Math.PI)) * samples)),
    );
    values.push(statistic(chosen));
  }
  values.sort((a, b) => a - b);
  const by = value - values.reduce((sum, one) => sum + one, 0) / RESAMPLES;
  // Every statistic here is at least 0.
  const at = (share: number) => Math.max(0, values[Math.min(RESAMPLES - 1, Math.floor(share * RESAMPLES))] + by);
  return { value, low: Math.min(value, at(0.025)), high: Math.max(value, at(0.975)) };
}

function whole(name: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw new UsageError(`${name}: expected a whole number from ${low} to ${high}, got ${value}`);
}
