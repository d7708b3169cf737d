import type { VariantRuns } from "../../host/comparison/compare.ts";
import { computeMetrics } from "../../host/statistics/metrics.ts";
import { parseTrainOptions } from "../../host/training/parse.ts";
import type { FinishedRun, RunConfig } from "../../host/training/record.ts";

interface StudyForm {
  names: readonly string[];
  seeds?: number;
  name?: string;
  protocol?: string;
  classNames?: readonly string[];
}

/**
 * Finished runs that nobody trained: 40 test images, answers of a fixed generator, the later a variant the worse.
 * Pooled: another order of labels a seed.
 */
export function syntheticVariants({
  names,
  seeds = 2,
  name = "bloodmnist",
  protocol = "official",
  classNames = ["other", "eosinophil"],
}: StudyForm): VariantRuns[] {
  let state = 1;
  const random = () => {
    state = (state * 48271) % 0x7fffffff;
    return state / 0x7fffffff;
  };
  const classes = classNames.length;
  const run = (variant: string, place: number, seed: number): FinishedRun => {
    const shift = protocol === "pooled" ? seed * 7 : 0;
    const labels = Uint8Array.from({ length: 40 }, (_, i) => (((i + shift) % 40) * classes) / 40);
    const probs = new Float64Array(40 * classes);
    for (const [i, label] of labels.entries()) {
      const scores = classNames.map((_, c) => random() + (c === label ? 0.6 - 0.1 * place : 0));
      const sum = scores.reduce((a, b) => a + b);
      for (const [c, score] of scores.entries()) probs[i * classes + c] = score / sum;
    }
    const predicted = Uint8Array.from(labels, (_, i) => {
      const own = [...probs.subarray(i * classes, (i + 1) * classes)];
      return own.indexOf(Math.max(...own));
    });
    const figures = { loss: 0.5, accuracy: 0.8, auc: 0.9 };
    const counts = classNames.map(() => 40 / classes);
    return {
      folder: `${variant}-${seed}`,
      config: {
        options: parseTrainOptions({ data: name, seed, epochs: 2 }),
        network: { parameters: 1000 + place, multiplyAdds: 5000 },
        data: {
          ...{ name, protocol, classNames: [...classNames], path: `${name}.npz`, md5: "0123456789abcdef" },
          ...{ license: "CC BY 4.0", citation: "nobody", task: classes === 2 ? "binary" : "multiclass" },
          classCounts: { train: counts, val: counts, test: counts },
        },
        ...{ engine: "strict", runtime: "node 24", cpuCount: 2, version: "1.2.3", started: "2025-01-02T03:04:05.000Z" },
      } satisfies RunConfig,
      history: [1, 2].map((epoch) => ({
        ...{ epoch, lr: 0.001, train: figures, val: figures, seconds: 3, imagesPerSecond: 400, best: true },
      })),
      result: {
        metrics: computeMetrics(labels, probs.map(Math.log), classes),
        predictions: { labels, predicted, probs },
        fingerprint: `${variant}${seed}`.padEnd(64, "0"),
      },
    };
  };
  return names.map((variant, place) => ({
    variant,
    runs: Array.from({ length: seeds }, (_, seed) => run(variant, place, seed)),
  }));
}
