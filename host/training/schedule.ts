export const SCHEDULES = ["constant", "cosine", "step"] as const;
export type Schedule = (typeof SCHEDULES)[number];

/** What the step schedule multiplies by at one and two thirds of the epochs. */
const STEP_FACTOR = 0.1;

/**
 * The learning rate of an epoch (counted from 0); it stays the same within one.
 * constant: lr. cosine: lr · (1 + cos(π · epoch / epochs)) / 2, PyTorch's CosineAnnealingLR with T_max = epochs and eta_min = 0.
 * step: lr · 0.1 ^ ⌊epoch / ⌈epochs / 3⌉⌋, PyTorch's StepLR.
 */
export function learningRate(options: { lr: number; schedule: Schedule; epochs: number }, epoch: number): number {
  const { lr, schedule, epochs } = options;
  switch (schedule) {
    case "constant":
      return lr;
    case "cosine":
      // Rounded to f32, as the engine would: Math.cos may differ in its last bit between runtimes.
      return Math.fround(lr * Math.fround((1 + Math.cos((Math.PI * epoch) / epochs)) / 2));
    case "step":
      return lr * STEP_FACTOR ** Math.floor(epoch / Math.ceil(epochs / 3));
  }
}
