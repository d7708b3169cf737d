/** The ablations by name, as --twins and links take them; ablations.ts says what each changes. */
export const ABLATION_NAMES = [
  ...(["none", "dense", "matched", "frozen", "product", "series", "logistic", "shuffled"] as const),
  ...(["retained", "no-bypass"] as const),
  ...(["without-1", "without-2", "without-3", "without-4"] as const),
  ...(["without-5", "without-6", "without-7", "without-8"] as const),
  ...(["angle-y", "iqp", "amplitude"] as const),
] as const;

export type AblationName = (typeof ABLATION_NAMES)[number];
