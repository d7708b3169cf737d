import { HqcnnError } from "../check.ts";
import { circuitData } from "../circuit/data.ts";
import { parseCircuitFile } from "../circuit/file.ts";
import { noiseText } from "../circuit/noise/model.ts";
import type { EstimateSettings } from "../circuit/noise/tape.ts";
import { type Head, headOfKind } from "../network/heads.ts";
import type { Platform } from "../platform/platform.ts";
import type { TrainOptions } from "./options.ts";

/** The head of the network that these options describe. */
export function headOf(options: TrainOptions): Head {
  const { circuit, quantumInit, qubits: wires } = options;
  if (typeof circuit === "string") throw new HqcnnError(`--circuit ${circuit}: expected it to be read by now`);
  const mirrored = quantumInit === "identity" ? true : undefined;
  return headOfKind(options.head, { ...options, wires, circuit, mirrored });
}

/** The circuit of the options in words: "4 qubits, 3 layers, ansatz thesis", or that it is one's own. */
export function circuitText(options: TrainOptions): string {
  const { circuit, qubits, layers, ansatz, embedding, repeats, reupload, quantumInit } = options;
  const start = quantumInit === "uniform" ? [] : [`weights from ${quantumInit}`];
  if (circuit !== undefined) {
    const wires = typeof circuit === "string" ? [] : [`${circuit.wires} qubits`];
    return ["a circuit of its own", ...wires, ...start].join(", ");
  }
  return [
    `${qubits} qubits`,
    `${layers} layers`,
    `ansatz ${ansatz}`,
    ...(ansatz === "hardware-efficient" ? [`${options.entangler} on ${options.topology}`] : []),
    `embedding ${embedding}${repeats > 1 ? ` ${repeats} times` : ""}`,
    ...(reupload === "none" ? [] : [`re-uploading ${reupload}`]),
    ...start,
  ].join(", ");
}

/** Shots, noise and gradients as the network takes them; nothing where all is exact. */
export function measureOf({ shots, noise, gradient, seed }: TrainOptions): EstimateSettings | undefined {
  if (shots === 0 && noise === undefined && gradient === undefined) return undefined;
  return {
    ...{ shots, seed },
    ...(noise !== undefined && { noise }),
    ...(gradient !== undefined && { gradient }),
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
 * The options with the circuit that they name read from its file: a run keeps what stood in it.
 * @throws UsageError with line and column for what is no circuit
 */
export async function withCircuit(platform: Platform, options: TrainOptions): Promise<TrainOptions> {
  const { circuit } = options;
  if (typeof circuit !== "string") return options;
  const bytes = await platform.readFile(circuit);
  return { ...options, circuit: circuitData(parseCircuitFile(new TextDecoder().decode(bytes), circuit)) };
}
