import { HqcnnError } from "../check.ts";
import { circuitData } from "../circuit/data.ts";
import { parseCircuitFile } from "../circuit/file.ts";
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
