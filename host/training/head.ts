import { HqcnnError } from "../check.ts";
import { parseCircuitFile } from "../circuit/file.ts";
import { circuitData } from "../circuit/json.ts";
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
