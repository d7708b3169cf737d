/** Validation metrics that may select the epoch to keep. Which value is better, isBest of loop.ts says. */
export const BEST_BY = ["auc", "loss", "kappa"] as const;
export type BestBy = (typeof BEST_BY)[number];

/** What texts call them. */
export const BEST_BY_NAMES: Record<BestBy, string> = { auc: "AUC", loss: "loss", kappa: "quadratic kappa" };
