export const SCHEDULES = ["constant", "cosine", "step", "onecycle"] as const;
export type Schedule = (typeof SCHEDULES)[number];

/** What the step schedule multiplies by at one and two thirds of the epochs. */
const STEP_FACTOR = 0.1;
/**
 * onecycle: the part of all steps that the rate rises in; from which part of its peak; and to which part of the start
 * it falls.
 */
const RISE = 0.3;
const START_FACTOR = 1 / 25;
const END_FACTOR = 1e-4;

/**
 * The learning rate of an optimiser step (counted from 0 over all epochs). All but onecycle stay the same within an
 * epoch. constant: lr. cosine: lr · (1 + cos(π · epoch / epochs)) / 2, PyTorch's CosineAnnealingLR with T_max = epochs
 * and eta_min = 0. step: lr · 0.1 ^ ⌊epoch / ⌈epochs / 3⌉⌋, PyTorch's StepLR.
 * onecycle: from lr / 25 up to lr in the first 30 % of all steps and down to lr / 250,000, half a cosine each:
 * PyTorch's OneCycleLR with its defaults and cycle_momentum=False. Smith & Topin 2018,
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html
 */
export function learningRate(
  options: { lr: number; schedule: Schedule; epochs: number },
  step: number,
  stepsPerEpoch: number,
): number {
  const { lr, schedule, epochs } = options;
  const epoch = Math.floor(step / stepsPerEpoch);
  switch (schedule) {
    case "constant":
      return lr;
    case "cosine":
      return Math.fround(lr * halfCosine(epoch / epochs));
    case "step":
      return lr * STEP_FACTOR ** Math.floor(epoch / Math.ceil(epochs / 3));
    case "onecycle": {
      const last = epochs * stepsPerEpoch - 1;
      const peak = RISE * (last + 1) - 1;
      const start = START_FACTOR * lr;
      if (step <= peak) return Math.fround(lr + (start - lr) * halfCosine(step / peak));
      const end = END_FACTOR * start;
      return Math.fround(end + (lr - end) * halfCosine((step - peak) / (last - peak)));
    }
  }
}

/**
 * (1 + cos πx) / 2, which falls from 1 at 0 to 0 at 1. Rounded to f32, as the engine would: Math.cos may differ in its
 * last bit between runtimes.
 */
function halfCosine(x: number): number {
  return Math.fround((1 + Math.cos(Math.PI * x)) / 2);
}
