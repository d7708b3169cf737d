import type { AttackResult } from "./attack.ts";
import type { CorruptionName, Severity } from "./corruptions/table.ts";
import type { Robust, Robustness } from "./robustness.ts";

const percent = (share: number) => (100 * share).toFixed(2);

/** The severities and corruptions of a table, in its order. */
export function axesOf(rows: readonly { corruption: CorruptionName; severity: Severity }[]) {
  return {
    corruptions: [...new Set(rows.map(({ corruption }) => corruption))],
    severities: [...new Set(rows.map(({ severity }) => severity))],
  };
}

/** Balanced errors in percent, a corruption a row. */
export function corruptionTable({ clean, rows, meanBalancedError }: Robustness): string[][] {
  const { corruptions, severities } = axesOf(rows);
  const mean = (values: number[]) => percent(values.reduce((sum, value) => sum + value, 0) / values.length);
  return [
    ["corruption", ...severities.map((severity) => `severity ${severity}`), "mean"],
    ["none", ...severities.map(() => ""), percent(clean.balancedError)],
    ...corruptions.map((name) => {
      const errors = rows.filter(({ corruption }) => corruption === name).map(({ balancedError }) => balancedError);
      return [name, ...errors.map(percent), mean(errors)];
    }),
    ["mean", ...severities.map(() => ""), percent(meanBalancedError)],
  ];
}

const worthJson = ({ error, errorInterval, balancedError, auc }: Robust) => ({
  ...{ error, error_interval: errorInterval, balanced_error: balancedError, auc },
});

/** For --json. */
export function robustnessJson({ seed, clean, rows, meanError, meanBalancedError, notes }: Robustness) {
  return {
    seed,
    clean: worthJson(clean),
    mean_error: meanError,
    mean_balanced_error: meanBalancedError,
    rows: rows.map(({ corruption, severity, ...row }) => ({ corruption, severity, ...worthJson(row) })),
    notes,
  };
}

/** Accuracy against ε. */
export function attackTable({ rows }: AttackResult): string[][] {
  return [
    ["ε", "in 255ths", "accuracy %", "95 % interval", "balanced accuracy %", "AUC"],
    ...rows.map(({ epsilon, error, errorInterval: [low, high], balancedError, auc }) => [
      epsilon.toFixed(4),
      String(Number((255 * epsilon).toFixed(2))),
      percent(1 - error),
      `${percent(1 - high)} to ${percent(1 - low)}`,
      percent(1 - balancedError),
      auc === null ? "none" : auc.toFixed(4),
    ]),
  ];
}

/** For --json. */
export function attackJson({ attack, steps, seed, rows }: AttackResult) {
  return { attack, steps, seed, rows: rows.map(({ epsilon, ...row }) => ({ epsilon, ...worthJson(row) })) };
}
