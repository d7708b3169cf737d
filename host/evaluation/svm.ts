/** A support vector machine on a kernel that was computed before. */
export interface Machine {
  /** The class of a sample. @param row (train) its kernel values with the training samples */
  predict(row: Float64Array): number;
  /** Training samples that it rests on. */
  free(): void;
}

interface Svm {
  train(samples: readonly ArrayLike<number>[], labels: readonly number[]): void;
  predictOne(sample: ArrayLike<number>): number;
  free(): void;
}

interface SvmClass {
  new (options: { kernel: string; type: string; cost: number; quiet: boolean }): Svm;
  KERNEL_TYPES: { PRECOMPUTED: string };
  SVM_TYPES: { C_SVC: string };
}

/** Of a runtime that has listeners of its own, as Node. */
interface Listening {
  listeners(event: string): unknown[];
  off(event: string, listener: unknown): void;
}

const REJECTION = "unhandledRejection";

/** Without the listener that it adds: any rejection that nobody handles would end the process, without a word. */
async function loadLibrary(): Promise<SvmClass> {
  const listening = (globalThis as { process?: Partial<Listening> }).process;
  const before = new Set(listening?.listeners?.(REJECTION));
  const { default: loaded } = (await import("libsvm-js/asm.js")) as unknown as { default: SvmClass };
  for (const listener of listening?.listeners?.(REJECTION) ?? [])
    if (!before.has(listener)) listening?.off?.(REJECTION, listener);
  return loaded;
}

/**
 * Trains C-SVC on a kernel matrix with libsvm (Chang and Lin 2011, https://doi.org/10.1145/1961189.1961199), several
 * classes one against one. Taken: libsvm-js 0.2.1, libsvm 3.22 as plain JavaScript, the same in Node, Deno, Bun and
 * browsers. Its authors at ml.js still release it, though rarely; ml-svm has rested since 2016.
 * @param kernel (train, train), a row a sample
 */
export async function trainMachine(
  kernel: readonly Float64Array[],
  labels: ArrayLike<number>,
  cost: number,
): Promise<Machine> {
  const loaded = await loadLibrary();
  const { KERNEL_TYPES, SVM_TYPES } = loaded;
  const machine = new loaded({ kernel: KERNEL_TYPES.PRECOMPUTED, type: SVM_TYPES.C_SVC, cost, quiet: true });
  // libsvm wants each row to begin with the sample's number, from 1.
  const numbered = (number: number, row: Float64Array) => {
    const out = new Float64Array(row.length + 1);
    out[0] = number;
    out.set(row, 1);
    return out;
  };
  machine.train(
    kernel.map((row, i) => numbered(i + 1, row)),
    Array.from(labels),
  );
  return {
    predict: (row) => machine.predictOne(numbered(1, row)),
    free: () => machine.free(),
  };
}
