import { HqcnnError, UsageError } from "../check.ts";
import { type CircuitData, circuitData } from "../circuit/data.ts";
import { parseCircuitFiles } from "../circuit/file.ts";
import { noiseText } from "../circuit/noise/model.ts";
import type { EstimateSettings } from "../circuit/noise/tape.ts";
import { type Head, headOfKind } from "../network/heads.ts";
import { MAX_CIRCUITS } from "../network/limits.ts";
import type { Platform } from "../platform/platform.ts";
import type { TrainOptions } from "./options.ts";

/** The head of the network that these options describe. */
export function headOf(options: TrainOptions): Head {
  const { quantumInit, qubits, bypass, head } = options;
  const circuits = circuitsOfOptions(options);
  const mirrored = quantumInit === "identity" ? true : undefined;
  // A head without circuits takes the features that would go around them, too.
  const wires = head === "quantum" ? qubits : qubits + bypass;
  return headOfKind(head, {
    ...{ ...options, wires, mirrored, bypass: bypass > 0 ? bypass : undefined },
    ...(circuits.length === 1 ? { circuit: circuits[0] } : { circuit: undefined }),
    ...(circuits.length > 1 && { circuits }),
  });
}

/** The circuits of one's own that the options hold. @throws HqcnnError when one has not been read yet */
export function circuitsOfOptions({ circuit }: Pick<TrainOptions, "circuit">): CircuitData[] {
  if (circuit === undefined) return [];
  return (Array.isArray(circuit) ? circuit : [circuit]).map((one) => {
    if (typeof one === "string") throw new HqcnnError(`--circuit ${one}: expected it to be read by now`);
    return one;
  });
}

/** The circuit of the options in words: "4 qubits, 3 layers, ansatz thesis", or that it is one's own. */
export function circuitText(options: TrainOptions): string {
  const { circuit, qubits, layers, ansatz, embedding, repeats, reupload, quantumInit, bypass } = options;
  const start = quantumInit === "uniform" ? [] : [`weights from ${quantumInit}`];
  const around = bypass > 0 ? [`${bypass} features around it`] : [];
  if (circuit !== undefined) {
    const listed = Array.isArray(circuit) ? circuit : [circuit];
    const wires = listed.flatMap((one) => (typeof one === "string" ? [] : [one.wires]));
    const what = listed.length === 1 ? "a circuit of its own" : `${listed.length} circuits of its own`;
    return [what, ...(wires.length > 0 ? [`${wires.join(" + ")} qubits`] : []), ...start, ...around].join(", ");
  }
  return [
    `${qubits} qubits`,
    `${layers} layers`,
    `ansatz ${ansatz}`,
    ...(ansatz === "hardware-efficient" ? [`${options.entangler} on ${options.topology}`] : []),
    `embedding ${embedding}${repeats > 1 ? ` ${repeats} times` : ""}`,
    ...(reupload === "none" ? [] : [`re-uploading ${reupload}`]),
    ...start,
    ...around,
  ].join(", ");
}

/** Shots, noise and gradients as the network takes them; nothing where all is exact. */
export function measureOf(options: TrainOptions): EstimateSettings | undefined {
  const { shots, noise, gradient, gradientStep: step, spsaDirections: directions, seed } = options;
  if (shots === 0 && noise === undefined && gradient === undefined) return undefined;
  return {
    ...{ shots, seed },
    ...(noise !== undefined && { noise }),
    ...(gradient !== undefined && { gradient }),
    ...(step !== undefined && { step }),
    ...(directions !== undefined && { directions }),
  };
}

/** "100 shots, noise depolarizing:0.01", or null where values are exact. */
export function measureText({ shots, noise }: Pick<TrainOptions, "shots" | "noise">): string | null {
  const parts = [
    ...(shots > 0 ? [`${shots} shots`] : []),
    ...(noise === undefined ? [] : [`noise ${typeof noise === "string" ? noise : noiseText(noise)}`]),
  ];
  return parts.length > 0 ? parts.join(", ") : null;
}

/** The options with the noise that they name read from its file. @throws UsageError with line and column */
export async function withNoise(platform: Platform, options: TrainOptions): Promise<TrainOptions> {
  const { noise } = options;
  if (typeof noise !== "string" || !/\.json$/i.test(noise)) return options;
  const { parseNoiseFile } = await import("../circuit/noise/file.ts");
  return { ...options, noise: parseNoiseFile(new TextDecoder().decode(await platform.readFile(noise)), noise) };
}

/**
 * The options with the circuits that they name read from their files: a run keeps what stood in them.
 * @throws UsageError with line and column for what is no circuit
 */
export async function withCircuit(platform: Platform, options: TrainOptions): Promise<TrainOptions> {
  const { circuit } = options;
  if (circuit === undefined) return options;
  const read: CircuitData[] = [];
  for (const one of Array.isArray(circuit) ? circuit : [circuit]) {
    if (typeof one !== "string") read.push(one);
    else {
      const text = new TextDecoder().decode(await platform.readFile(one));
      read.push(...parseCircuitFiles(text, one).map(circuitData));
    }
  }
  if (read.length > MAX_CIRCUITS) {
    throw new UsageError(`--circuit: expected at most ${MAX_CIRCUITS} circuits, got ${read.length}`);
  }
  return { ...options, circuit: read.length === 1 ? read[0] : read };
}
