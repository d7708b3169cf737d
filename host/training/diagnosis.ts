import type { Network } from "../network/network.ts";

/** What of an epoch's record is read here. */
interface Epoch {
  epoch: number;
  train: { loss: number };
  oneClass?: number;
  diagnosis?: Diagnosis;
}

/** What was seen of the network at the last step of an epoch, before its update. */
export interface Diagnosis {
  /** L2 norms of the gradients of every trained layer; of several circuits each by itself. */
  gradients: Record<string, number>;
  /** Standard deviation of every output of the circuits over the images of the batch; none without a circuit. */
  spread?: number[];
}

/**
 * Below it an output of a circuit is called the same for all images. In the first four epochs on the embedded sample
 * the spreads are 0.12 to 0.48 with 4 qubits and 3 layers, and 0.019 and more with 10 qubits and 8 layers.
 */
export const COLLAPSED = 0.01;

/** Below it the gradient of all weights of a circuit together is called a plateau, if the loss is at chance, too. */
export const PLATEAU = 1e-3;

/** A training loss above this part of what guessing by the class frequencies reaches is called chance. */
export const AT_CHANCE = 0.97;

/** The layer of the circuits. */
const QUANTUM = "quantum";

/** Looks at the gradients and outputs that a training step has left. @param N images of the batch */
export function observe(network: Network, N: number): Diagnosis {
  const gradients = network.gradientNorms();
  const outputs = network.circuits.reduce((sum, { template }) => sum + template.circuit.numOutputs, 0);
  if (outputs === 0) return { gradients };
  const count = Math.min(N, network.batchSize);
  const rows = network.activation(QUANTUM, count);
  return { gradients, spread: deviations(rows, rows.length / count, outputs) };
}

/** Standard deviations of the first columns of rows of `width` numbers. */
function deviations(rows: Float32Array, width: number, columns: number): number[] {
  const count = rows.length / width;
  return Array.from({ length: columns }, (_, column) => {
    let [sum, squares] = [0, 0];
    for (let i = column; i < rows.length; i += width) sum += rows[i];
    const mean = sum / count;
    for (let i = column; i < rows.length; i += width) squares += (rows[i] - mean) * (rows[i] - mean);
    return Math.sqrt(squares / count);
  });
}

/** Whether every output of the circuits was the same for all images. */
export function isCollapsed({ spread }: Diagnosis): boolean {
  return spread?.every((deviation) => deviation < COLLAPSED) ?? false;
}

/** The norm of the gradients of all circuits' weights together; null where none is trained. */
export function quantumNorm({ gradients }: Diagnosis): number | null {
  const own = Object.entries(gradients).filter(([name]) => name === QUANTUM || name.startsWith(`${QUANTUM}.`));
  return own.length === 0 ? null : Math.sqrt(own.reduce((sum, [, norm]) => sum + norm * norm, 0));
}

/**
 * What the last epoch says of the circuit, a line each: that it has collapsed, or that a plateau holds it.
 * @param guessing the loss of guessing by the class frequencies; 0: there is nothing to guess
 */
export function circuitWarnings(history: readonly Epoch[], guessing: number): string[] {
  const last = history[history.length - 1];
  if (last?.diagnosis === undefined) return [];
  const lines = isCollapsed(last.diagnosis) ? [collapseText(last)] : [];
  const norm = quantumNorm(last.diagnosis);
  if (norm !== null && norm < PLATEAU && guessing > 0 && last.train.loss >= AT_CHANCE * guessing) {
    lines.push(
      `a plateau holds the circuit: in epoch ${last.epoch} the gradient of its weights had a norm of ${norm.toExponential(1)} (below ${PLATEAU}) ` +
        "while the loss was at chance; try --quantum-init near-zero or identity, fewer --qubits or --layers, or a larger --lr",
    );
  }
  return lines;
}

/** One line about a collapsed circuit. */
export function collapseText({ epoch, diagnosis, oneClass }: Epoch): string {
  const largest = Math.max(...(diagnosis?.spread ?? []));
  const result = oneClass === undefined ? "" : `, and all of val was put into class ${oneClass}`;
  return (
    `the circuit has collapsed: in epoch ${epoch} each of its outputs was the same for all images of a batch ` +
    `(largest standard deviation ${largest.toExponential(1)}, below ${COLLAPSED})${result}; ` +
    "try a smaller --lr, another --seed or --quantum-init, or --bypass"
  );
}
