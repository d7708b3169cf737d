/** The widest circuit; the engine's assembly/quantum/state.ts says the same. Memory may allow fewer wires. */
export const MAX_WIRES = 20;
/** The widest circuit that a density matrix is simulated of: it is a state of twice the wires. */
export const MAX_DENSITY_WIRES = MAX_WIRES / 2;
/** Bytes that the engine's memory may take: addresses have 32 bits. */
export const MEMORY_BYTES = 0xf000_0000;
/** The most repetitions of an ansatz or an embedding. */
export const MAX_LAYERS = 20;
/** FC1 gives 2^wires features to an amplitude embedding: 1024 for ten wires, as many as it takes. */
export const MAX_AMPLITUDE_WIRES = 10;
/** Inputs and weights are counted below this. */
export const MAX_INDEX = 2 ** 20;
/** The most numbers that a circuit gives: the probabilities of twelve wires, for instance. */
export const MAX_OUTPUTS = 4096;

/** Bytes as MiB, rounded up: "3,840 MiB". */
export const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20).toLocaleString("en")} MiB`;

/**
 * The most wires, below those of a circuit, with which something fits; 0: none.
 * @param bytesOf what it takes with so many wires
 */
export function mostWires(numWires: number, bytesOf: (wires: number) => number, room = MEMORY_BYTES): number {
  let wires = numWires - 1;
  while (wires > 0 && bytesOf(wires) > room) wires--;
  return wires;
}
