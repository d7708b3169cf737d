import { HqcnnError, UsageError } from "../check.ts";
import type { Circuit } from "../circuit/circuit.ts";
import { lowerOperation, type Primitive } from "../circuit/gates.ts";
import { mebibytes, mostWires } from "../circuit/limits.ts";
import { factorOf, inputsOf, paramText, sourcesOf } from "../circuit/params.ts";
import { type QuantumEngine, runCircuit } from "./simulate.ts";

/** The largest series, bytes of its f64 coefficients: as JSON some three times as many characters. */
const MAX_SERIES_BYTES = 2 ** 27;

/**
 * A trigonometric polynomial: out_j(x) = Σ_k coefficients[j][k] Π_i f_{k_i}(x_i) with f_0 = 1, f_1 = cos, f_2 = sin.
 * The index of term k = (k_0, k_1, …) is
 * Σ_i k_i 3^(numInputs − 1 − i): input 0 is the most significant digit.
 */
export interface Series {
  numInputs: number;
  /** One array of 3^numInputs numbers an output. */
  coefficients: Float64Array<ArrayBuffer>[];
}

/** Rows of inputs that the engine gets at once. */
const ROWS = 729;

/**
 * What the circuit with these weights is as a function of its inputs: exact, as every input turns one gate whose
 * generator has two eigenvalues at a distance of 1,
 * so that an output is a + b cos x_i + c sin x_i of any one of them. Interpolated at the angles 0, 2π/3, 4π/3 of every
 * input, in f64.
 * Schuld, Sweke, Meyer, Phys. Rev. A 103, 032430 (2021), https://arxiv.org/abs/2008.08605
 * @throws HqcnnError when an input stands in more than one gate, in a controlled one, in a product, times a factor
 *   other than ±1 or as an amplitude, for a variance, or when there are none or so many that their 3^inputs terms an
 *   output take more than 128 MiB
 */
export function circuitSeries(engine: QuantumEngine, circuit: Circuit, weights: ArrayLike<number>): Series {
  const { numInputs, numOutputs } = circuit;
  checkSeries(circuit);
  const terms = 3 ** numInputs;
  const coefficients = Array.from({ length: numOutputs }, () => new Float64Array(terms));
  for (let start = 0; start < terms; start += ROWS) {
    const rows = Math.min(ROWS, terms - start);
    const x = Float64Array.from(
      { length: rows * numInputs },
      (_, i) => (digit(start + Math.floor(i / numInputs), i % numInputs, numInputs) * 2 * Math.PI) / 3,
    );
    runCircuit(engine, circuit, x, weights).forEach((value, i) => {
      coefficients[i % numOutputs][start + Math.floor(i / numOutputs)] = value;
    });
  }
  for (const values of coefficients) interpolate(values);
  return { numInputs, coefficients };
}

/**
 * The series at one point.
 * @param x angles in radians, numInputs of them
 * @returns one number an output
 */
export function evaluateSeries({ numInputs, coefficients }: Series, x: ArrayLike<number>): number[] {
  if (x.length !== numInputs) throw new UsageError(`series: expected ${numInputs} inputs, got ${x.length}`);
  let products = Float64Array.of(1);
  for (const angle of Array.from(x)) {
    const longer = new Float64Array(3 * products.length);
    const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
    products.forEach((product, k) => {
      longer[3 * k] = product;
      longer[3 * k + 1] = product * cosine;
      longer[3 * k + 2] = product * sine;
    });
    products = longer;
  }
  return coefficients.map((row) => {
    let sum = 0;
    for (let k = 0; k < row.length; k++) sum += row[k] * products[k];
    return sum;
  });
}

/** Digit i, from the most significant on, of k written with n digits to the base 3. */
function digit(k: number, i: number, n: number): number {
  return Math.floor(k / 3 ** (n - 1 - i)) % 3;
}

/** Values at the angles 0, 2π/3, 4π/3 of every input → coefficients of 1, cos, sin, in place. */
function interpolate(values: Float64Array): void {
  for (let stride = 1; stride < values.length; stride *= 3) {
    for (let k = 0; k < values.length; k++) {
      if (Math.floor(k / stride) % 3 !== 0) continue;
      const [a, b, c] = [values[k], values[k + stride], values[k + 2 * stride]];
      values[k] = (a + b + c) / 3;
      values[k + stride] = (2 * a - b - c) / 3;
      values[k + 2 * stride] = (b - c) / Math.sqrt(3);
    }
  }
}

/** Throws unless the circuit is such a series, and not too long a one. */
export function checkSeries({ numInputs, numOutputs, operations, outputs }: Circuit): void {
  if (outputs.some((output) => "variance" in output)) {
    throw new HqcnnError("series: expected outputs without variances, whose squares go beyond cosines and sines");
  }
  const uses = new Array<number>(numInputs).fill(0);
  for (const operation of operations) {
    for (const primitive of lowerOperation(operation)) {
      const inputs = inputsOf(primitive.param);
      if (inputs.length === 0) continue;
      if (sourcesOf(primitive.param).length > 1 || !turnsOnce(primitive)) {
        throw new HqcnnError(
          `series: expected every input as the angle of one gate that nothing controls, got ${operation.name} of ${paramText(primitive.param)}`,
        );
      }
      uses[inputs[0]] += 1;
    }
  }
  const repeated = uses.findIndex((count) => count > 1);
  if (repeated >= 0) {
    throw new HqcnnError(
      `series: expected every input in one gate, got x${repeated} in ${uses[repeated]}: its terms go beyond its cosine and sine`,
    );
  }
  if (numInputs < 1) throw new HqcnnError("series: expected a circuit with inputs, got none");
  const bytes = 8 * numOutputs * 3 ** numInputs;
  if (bytes > MAX_SERIES_BYTES) {
    const most = mostWires(numInputs, (inputs) => 8 * numOutputs * 3 ** inputs, MAX_SERIES_BYTES);
    throw new HqcnnError(
      `series: expected at most ${mebibytes(MAX_SERIES_BYTES)} of coefficients, got ${mebibytes(bytes)}: 3^${numInputs} for ${numInputs} inputs, for each of ${numOutputs} outputs; with ${most} inputs they fit`,
    );
  }
}

/**
 * Whether an angle is multiplied by eigenvalues at a distance of 1: ±½ of a rotation, 0 and 1 of a phase. A controlled
 * rotation has 0 as well.
 */
function turnsOnce({ kind, fixed, scale, param }: Primitive): boolean {
  const speed = Math.abs(scale * factorOf(param));
  return kind === "phase" ? speed === 1 : speed === 0.5 && fixed.length === 1;
}
