import { isRecord, UsageError } from "../check.ts";
import { type BuildCircuit, buildCircuit } from "../circuit/builder.ts";
import type { Circuit, Resources } from "../circuit/circuit.ts";
import { type CircuitData, circuitData } from "../circuit/data.ts";
import type { DrawingOptions } from "../circuit/draw.ts";
import {
  encodeEstimate,
  type GradientSettings,
  isMeasured,
  type MeasureOptions,
  refuseUnmatched,
} from "../circuit/noise/tape.ts";
import { outputLabels } from "../circuit/observables.ts";
import type { WeightTensor } from "../circuit/part.ts";
import { exportQasm, type QasmValues, type QasmVersion } from "../circuit/qasm/export.ts";
import type { Template } from "../circuit/templates.ts";
import type { Engine } from "../engine/load.ts";
import { type AnalysisOptions, analyzeCircuit, type CircuitAnalysis } from "./analysis.ts";
import { estimate, estimateJacobian } from "./estimate.ts";
import { simulatorOf } from "./instance.ts";
import { jacobian, type Precision, runCircuit } from "./simulate.ts";

/** Numbers, or lists of them as deep as a tensor has dimensions. */
export type Nested = number | ArrayLike<number> | readonly Nested[];

export interface LayerValues {
  /** Inputs: one sample, or a list of samples. */
  x?: ArrayLike<number> | readonly ArrayLike<number>[];
  /** All weights one after the other, or each tensor by its name, flat or nested. */
  weights?: ArrayLike<number> | Readonly<Record<string, Nested>>;
  /** Default f64. */
  precision?: Precision;
}

/** Outputs and their derivatives for one sample, [output][input] and [output][weight]. */
export interface LayerGradient {
  outputs: number[];
  inputs: number[][];
  weights: number[][];
}

/** A circuit with named weights: what `circuit` builds, a network trains and a model file holds. Immutable. */
export class CircuitLayer implements Template {
  readonly circuit: Circuit;
  readonly tensors: readonly WeightTensor[];

  constructor({ circuit, tensors }: Template) {
    this.circuit = circuit;
    this.tensors = tensors;
    Object.freeze(this);
  }

  /** A name for every number that `run` gives. */
  get outputLabels(): string[] {
    return outputLabels(this.circuit.outputs);
  }

  /**
   * The outputs of one sample, or a row for each of several; with shots or noise as a device would measure them.
   * @throws UsageError when inputs or weights are missing, too many or not finite, and for shots and noise that cannot
   * be; HqcnnError when the engine's memory does not suffice
   */
  run(engine: Engine, values: LayerValues & { x: readonly ArrayLike<number>[] }, measure?: MeasureOptions): number[][];
  run(engine: Engine, values?: LayerValues, measure?: MeasureOptions): number[];
  run(
    engine: Engine,
    { x, weights, precision }: LayerValues = {},
    measure: MeasureOptions = {},
  ): number[] | number[][] {
    const rows = this.#rows(x);
    const flat = this.flatWeights(weights);
    const simulator = simulatorOf(engine);
    const measured = this.#isMeasured(measure, precision);
    const outputs = measured
      ? estimate(simulator, this.circuit, rows.flat(), flat, measure, {}, rows.length)
      : runCircuit(simulator, this.circuit, rows.flat(), flat, precision);
    const { numOutputs } = this.circuit;
    const row = (n: number) => Array.from(outputs.subarray(n * numOutputs, (n + 1) * numOutputs));
    // exact, a circuit without inputs gives the same for every sample
    const all = rows.map((_, n) => row(this.circuit.numInputs === 0 && !measured ? 0 : n));
    return isBatch(x) ? all : all[0];
  }

  /**
   * Outputs and derivatives; a list where x is one. By adjoint differentiation, or as `settings` say; with shots or
   * noise by parameter shifts unless they say SPSA.
   * @throws as run does, and for a method that does not go with shots or noise
   */
  gradient(
    engine: Engine,
    values: LayerValues & { x: readonly ArrayLike<number>[] },
    settings?: MeasureOptions & GradientSettings,
  ): LayerGradient[];
  gradient(engine: Engine, values?: LayerValues, settings?: MeasureOptions & GradientSettings): LayerGradient;
  gradient(
    engine: Engine,
    { x, weights, precision }: LayerValues = {},
    settings: MeasureOptions & GradientSettings = {},
  ): LayerGradient | LayerGradient[] {
    const flat = this.flatWeights(weights);
    const exact = !this.#isMeasured(settings, precision) && (settings.gradient ?? "adjoint") === "adjoint";
    if (!exact) refuseSingle(precision);
    const all = this.#rows(x).map((row, n): LayerGradient => {
      const result = exact
        ? jacobian(simulatorOf(engine), this.circuit, row, flat, precision)
        : estimateJacobian(simulatorOf(engine), this.circuit, row, flat, settings, settings, { ids: [n] });
      return { outputs: result.outputs, inputs: result.jacobianInputs, weights: result.jacobianWeights };
    });
    return isBatch(x) ? all : all[0];
  }

  /** Whether outputs are measured, with everything checked that can be wrong. */
  #isMeasured(measure: MeasureOptions, precision: Precision | undefined): boolean {
    // checked even where it does nothing, so that a wrong number never passes
    refuseUnmatched(encodeEstimate(this.circuit, measure));
    if (!isMeasured(measure)) return false;
    refuseSingle(precision);
    return true;
  }

  /**
   * What the circuit can do before training: gradients, expressibility, entanglement, spectra, each with an interval.
   * @throws as analyzeCircuit does
   */
  analyze(engine: Engine, options?: AnalysisOptions): CircuitAnalysis {
    return analyzeCircuit(simulatorOf(engine), this, options);
  }

  /** The circuit as text, a line a wire. */
  draw(): string {
    return this.circuit.draw();
  }

  /** The circuit as a self-contained SVG document. */
  drawSvg(options?: DrawingOptions): string {
    return this.circuit.drawSvg(options);
  }

  resources(): Resources {
    return this.circuit.resources();
  }

  /**
   * The circuit as OpenQASM. Version 2 needs all values; version 3 declares as `input float[64]` what has none.
   * @throws UsageError when values are missing or of another number, HqcnnError for what the version cannot say
   */
  toQasm(version: QasmVersion, values: { x?: ArrayLike<number>; weights?: LayerValues["weights"] } = {}): string {
    const { x, weights } = values;
    const bound: QasmValues = {
      ...(x !== undefined && { inputs: this.#rows(x)[0] }),
      ...(weights !== undefined && { weights: this.flatWeights(weights) }),
    };
    return exportQasm(this.circuit, version, bound);
  }

  /** As plain data: what `hqcnn train --circuit FILE` reads and a model file holds. */
  toJSON(): CircuitData {
    return circuitData(this);
  }

  /** The weights in the order of their indices. */
  flatWeights(weights: LayerValues["weights"]): number[] {
    const { numWeights } = this.circuit;
    const whole = `${numWeights} numbers${this.tensors.length > 0 ? `, or ${this.tensors.map(shapeText).join(", ")}` : ""}`;
    if (weights === undefined) {
      if (numWeights === 0) return [];
      throw new UsageError(`weights: expected ${whole}, got none`);
    }
    if (isList(weights)) {
      const flat = flatten(weights);
      if (flat.length !== numWeights) throw new UsageError(`weights: expected ${whole}, got ${flat.length}`);
      return finite("weights", flat);
    }
    if (!isRecord(weights)) throw new UsageError(`weights: expected ${whole}, got ${JSON.stringify(weights)}`);
    const unknown = Object.keys(weights).find((name) => !this.tensors.some((tensor) => tensor.name === name));
    if (unknown !== undefined) throw new UsageError(`weights: expected ${whole}, got one named ${unknown}`);
    return this.tensors.flatMap((tensor) => {
      const values = flatten((weights as Record<string, Nested>)[tensor.name]);
      const size = tensor.shape.reduce((product, length) => product * length, 1);
      if (values.length !== size) {
        throw new UsageError(`weights: expected ${shapeText(tensor)}, got ${values.length} numbers`);
      }
      return finite(`weights ${tensor.name}`, values);
    });
  }

  #rows(x: LayerValues["x"]): number[][] {
    const { numInputs } = this.circuit;
    const rows = (x === undefined ? [[]] : isBatch(x) ? [...x] : [x]) as ArrayLike<number>[];
    return rows.map((row, n) => {
      const values = isList(row) ? Array.from(row) : [];
      if (!isList(row) || values.length !== numInputs) {
        const which = rows.length > 1 ? ` in sample ${n}` : "";
        throw new UsageError(
          `x: expected ${numInputs} inputs${which}, got ${isList(row) ? values.length : String(row)}`,
        );
      }
      return finite("x", values);
    });
  }
}

/**
 * Builds a circuit as a layer, e.g. `circuit(2, ({ input, weight }) => { … return [operations, [expval(Z(0))]]; })`.
 * @param wires 1 to 20
 * @throws UsageError that names the operation, output, input or weight and says what is allowed
 */
export function circuit(wires: number, build: BuildCircuit): CircuitLayer {
  return new CircuitLayer(buildCircuit(wires, build));
}

function refuseSingle(precision: Precision | undefined): void {
  if (precision !== "f32") return;
  throw new UsageError(
    "precision: expected f64 (the default) with shots, noise or another gradient than adjoint, got f32",
  );
}

function isList(value: unknown): value is ArrayLike<number> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && "length" in value);
}

function isBatch(x: LayerValues["x"]): x is readonly ArrayLike<number>[] {
  return Array.isArray(x) && x.length > 0 && isList(x[0]);
}

function flatten(values: Nested | undefined): number[] {
  if (values === undefined) return [];
  if (!isList(values)) return [values as number];
  return Array.from(values as ArrayLike<Nested>).flatMap(flatten);
}

function finite(what: string, values: number[]): number[] {
  const at = values.findIndex((value) => typeof value !== "number" || !Number.isFinite(value));
  if (at < 0) return values;
  throw new UsageError(`${what}: expected finite numbers, got ${values[at]} at ${at}`);
}

function shapeText({ name, shape }: WeightTensor): string {
  return `${name} (${shape.join(" × ")})`;
}
