/** The widest circuit that is run by itself; the engine's assembly/quantum/state.ts says the same. */
export const MAX_WIRES = 20;
/** The widest circuit in a network: every thread has two states of four images, 64 · 2^wires bytes. */
export const MAX_TRAINING_WIRES = 16;
/** The most repetitions of an ansatz or an embedding. */
export const MAX_LAYERS = 20;
/** FC1 gives 2^wires features to an amplitude embedding: 1024 for ten wires, as many as it takes. */
export const MAX_AMPLITUDE_WIRES = 10;
/** Inputs and weights are counted below this. */
export const MAX_INDEX = 2 ** 20;
/** The most numbers that a circuit gives: the probabilities of twelve wires, for instance. */
export const MAX_OUTPUTS = 4096;
