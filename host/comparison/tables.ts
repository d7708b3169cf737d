import { csvLine } from "../training/files.ts";
import type { Comparison, Contrast, Difference } from "./compare.ts";
import { spreadText } from "./convergence.ts";
import { CORRUPTED_NOTE, corruptedTable } from "./corruption.ts";
import { cellText, deltaRange, FIGURES, type FigureName, pCell } from "./text.ts";

/**
 * The files of a comparison that go beside its runs, by name; `about`: lines on how it came about, for each but the
 * CSV.
 */
export function comparisonFiles(comparison: Comparison, about: readonly string[]): Record<string, string> {
  const tables: Table[] = [variantTable(comparison), contrastTable(comparison)];
  const { corruptions } = comparison;
  if (corruptions) tables.push(corruptedTable(corruptions));
  const sentences = verdicts(comparison).map((verdict) => `- ${verdict}`);
  return {
    "comparison.json": `${JSON.stringify({ ...comparison, about }, null, 2)}\n`,
    "comparison.csv": csv(comparison),
    "comparison.md": [
      `# ${title(comparison)}`,
      sentences.join("\n"),
      ...tables.map(markdownTable),
      NOTE,
      ...(corruptions ? [CORRUPTED_NOTE] : []),
      about.map((line) => `- ${line}`).join("\n"),
      "",
    ].join("\n\n"),
    "comparison.tex": `${[[title(comparison), ...about, NOTE].map((line) => `% ${line}`).join("\n"), ...tables.map(latexTable)].join("\n\n")}\n`,
  };
}

/** All sentences of a comparison. */
export function verdicts({ contrasts, leak, corruptions }: Comparison): string[] {
  const corrupted = corruptions?.contrasts ?? [];
  return [...[...contrasts, ...corrupted].map(({ verdict }) => verdict), ...(leak ? [leak] : [])];
}

/** What the columns of differences mean. */
export const NOTE =
  "Δ is the network minus the ablation, of the accuracy in percentage points, the mean over the seeds. Its interval and " +
  "p come from a paired bootstrap over test images and, with two or more seeds, over seeds. Holm's adjustment covers these p values of " +
  "all ablations, for accuracy and AUC. The other two tests are not adjusted: Wilcoxon's signed-rank test, exact over " +
  "the seeds, with the smallest p that this number of seeds can give in brackets; and McNemar's exact p of each seed, over " +
  "images (with several labels per image: over images with all labels right). " +
  "d is the mean of Δ divided by its standard deviation over the seeds. Parameters include frozen ones. Multiply-adds " +
  "are those of a forward pass for one image, without the circuit's gates. Seconds and images/s are means of trainings " +
  "that shared the machine. Epochs and seconds to 95 % are those until the validation AUC first had 95 % of its value " +
  "after the last epoch, the mean over the seeds with its interval by Student's t.";

export function title({ data, task, protocol, images, seeds }: Comparison): string {
  return `${data}, ${task}, protocol ${protocol}: the network and its ablations on ${images} test images, seeds ${seeds.join(", ")}`;
}

/** Rows of text, the first a heading. */
export type Table = readonly (readonly string[])[];

export function variantTable({ variants }: Comparison): Table {
  const settings = variants[0].measured ?? [];
  return [
    [
      ...["variant", FIGURES.accuracy.head, FIGURES.auc.head],
      ...settings.map(
        ({ shots, noise }) =>
          `accuracy %, ${[...(shots > 0 ? [`${shots} shots`] : []), noise ?? "no noise"].join(", ")}`,
      ),
      ...["parameters", "multiply-adds", "seconds", "images/s", "epochs to 95 %", "seconds to 95 %"],
    ],
    ...variants.map(
      ({ variant, accuracy, auc, measured, parameters, multiplyAdds, seconds, imagesPerSecond, convergence }) => [
        variant,
        cellText("accuracy", accuracy),
        cellText("auc", auc),
        ...settings.map((_, i) => cellText("accuracy", measured?.[i]?.accuracy ?? accuracy)),
        String(parameters),
        String(multiplyAdds),
        seconds.toFixed(0),
        imagesPerSecond.toFixed(0),
        convergence ? spreadText(convergence.epochs) : "none",
        convergence ? spreadText(convergence.seconds) : "none",
      ],
    ),
  ];
}

export function contrastTable({ contrasts }: Comparison): Table {
  const cells = (figure: FigureName, difference: Difference | null) =>
    difference
      ? [
          deltaRange(figure, difference.mean, difference.interval),
          pCell(difference.adjusted),
          `${pCell(difference.wilcoxon.p)} (${pCell(difference.wilcoxon.smallest)})`,
          difference.effect === null ? "–" : difference.effect.toFixed(2).replace("-", "−"),
        ]
      : ["none", "", "", ""];
  const heads = (figure: string) => [`Δ${figure}`, `p ${figure} (Holm)`, `Wilcoxon ${figure}`, `d ${figure}`];
  return [
    ["ablation", "question", ...heads("ACC"), ...heads("AUC"), "McNemar"],
    ...contrasts.map((contrast) => [
      contrast.twin,
      contrast.question,
      ...cells("accuracy", contrast.accuracy),
      ...cells("auc", contrast.auc),
      contrast.mcnemar.map(({ p }) => pCell(p)).join(" "),
    ]),
  ];
}

/** One line per variant, unrounded: for a spreadsheet or a statistics package. */
function csv({ variants, contrasts, seeds }: Comparison): string {
  const figures = (difference: Difference | null) =>
    difference
      ? [
          difference.mean,
          ...difference.interval,
          difference.p,
          difference.adjusted,
          difference.wilcoxon.p,
          difference.effect ?? "",
        ]
      : Array.from({ length: 7 }, () => "");
  const names = (figure: string) =>
    ["delta", "low", "high", "p", "p_holm", "p_wilcoxon", "effect"].map((name) => `${figure}_${name}`);
  const head = [
    "variant",
    "seeds",
    "accuracy_mean",
    "accuracy_sd",
    "auc_mean",
    "auc_sd",
    "parameters",
    "multiply_adds",
    "seconds",
    "images_per_s",
    "epochs_to_95",
    "seconds_to_95",
  ];
  const lines = variants.map((summary) => {
    const { variant, accuracy, auc, parameters, multiplyAdds, seconds, imagesPerSecond, convergence } = summary;
    const contrast: Contrast | undefined = contrasts.find(({ twin }) => twin === variant);
    return csvLine([
      ...[variant, seeds.length, accuracy.mean, accuracy.sd ?? "", auc?.mean ?? "", auc?.sd ?? ""],
      ...[parameters, multiplyAdds, seconds, imagesPerSecond],
      ...[convergence?.epochs.mean ?? "", convergence?.seconds.mean ?? ""],
      ...figures(contrast?.accuracy ?? null),
      ...figures(contrast?.auc ?? null),
    ]);
  });
  return `${[csvLine([...head, ...names("accuracy"), ...names("auc")]), ...lines].join("\n")}\n`;
}

export function markdownTable([head, ...rows]: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

export function csvTable(table: Table): string {
  return table.map((row) => csvLine([...row])).join("\n");
}

export function latexTable([head, ...rows]: Table): string {
  const line = (cells: readonly string[]) => `  ${cells.map(latex).join(" & ")} \\\\`;
  return [
    `\\begin{tabular}{${"l".repeat(head.length)}}`,
    line(head),
    "  \\hline",
    ...rows.map(line),
    "\\end{tabular}",
  ].join("\n");
}

const LATEX: Record<string, string> = {
  ...{ Δ: "$\\Delta$", "−": "$-$", "±": "$\\pm$", "–": "--", "<": "$<$", ">": "$>$", "|": "$|$" },
  ...{ "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}" },
};

/** Text for LaTeX and BibTeX. */
export function latex(text: string): string {
  return text.replace(/[&%$#_{}Δ−±–<>|\\~^]/g, (sign) => LATEX[sign] ?? `\\${sign}`);
}
