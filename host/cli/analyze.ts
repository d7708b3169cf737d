import type { Command } from "commander";
import { UsageError } from "../check.ts";
import type { Template, TemplateOptions } from "../circuit/templates.ts";
import { analysisFigures, analysisNotes, analysisTable, spectraTable } from "../report/analysis.ts";
import { type AnalysisRow, analysisCsv, analyzeSweep } from "../simulator/analysisSweep.ts";
import { simulatorOf } from "../simulator/instance.ts";
import type { Context } from "./command.ts";
import { openEngine } from "./engine.ts";
import { writeFigures } from "./report.ts";
import { addExamples, note, parseNumber, parseNumbers, print, printJson, table } from "./terminal.ts";

interface AnalyzeOptions {
  wires?: number[];
  depths?: number[];
  samples: number;
  seed: number;
  csv?: string;
  figures?: string;
  json?: boolean;
}

/**
 * hqcnn circuit analyze. Options that name a circuit's parts are those of `hqcnn circuit`.
 * @param open what the options and the source name: a circuit of one's own, or the parts of one
 */
export function defineAnalyze(
  parent: Command,
  { platform }: Context,
  open: (source: string | undefined) => Promise<{ template: Template } | { named: TemplateOptions }>,
): void {
  const command = parent
    .command("analyze")
    .summary("what a circuit can do before training")
    .description(
      "Says what a circuit can do before any training, at random weights and inputs: variance of the gradients of output 0, " +
        "expressibility (divergence of fidelities from Haar-random states; smaller is more expressive), Meyer–Wallach " +
        "entanglement (0 to 1) and the Fourier spectrum of output 0 in each input; each with a 95 % bootstrap interval. " +
        "--ansatz, --embedding, --qubits, --layers and the others of hqcnn circuit name it.",
    )
    .argument("[source]", "a run folder, its model.safetensors, or a circuit file (.json, .qasm)")
    .option("--wires <list>", "analyse the named circuit for these numbers of wires, as in 2,4,6", parseNumbers)
    .option("--depths <list>", "and for these numbers of layers, as in 1,2,4", parseNumbers)
    .option("--samples <n>", "random choices of weights and inputs, 10 to 100000", parseNumber, 200)
    .option("--seed <n>", "start of the random numbers", parseNumber, 0)
    .option("--csv <file>", "also write all numbers as CSV")
    .option("--figures <folder>", "also write the plots as SVG and PNG")
    .action(async (source: string | undefined) => {
      const options = command.optsWithGlobals<AnalyzeOptions>();
      const { wires, depths, samples, seed, csv, figures, json } = options;
      const found = await open(source);
      if ("template" in found && (wires || depths)) {
        throw new UsageError(`${source} has wires and gates of its own: leave out --wires and --depths`);
      }
      const engine = simulatorOf(await openEngine({ engine: "strict", threads: 1 }, platform));
      const what =
        "template" in found
          ? found.template
          : { ...found, wires: wires ?? [found.named.wires], layers: depths ?? [found.named.layers] };
      const rows = analyzeSweep(engine, what, { samples, seed });
      if (csv !== undefined) await platform.writeFile(csv, analysisCsv(rows));
      if (figures !== undefined) await writeFigures(platform, figures, await analysisFigures(rows));
      if (json) return printJson({ rows, csv: csv ?? null, figures: figures ?? null });
      show(rows);
      if (csv !== undefined) print(`CSV: ${csv}`);
      if (figures !== undefined) print(`pictures: ${figures}`);
    });
  addExamples(
    command,
    "circuit analyze my.json",
    "circuit analyze --ansatz strongly-entangling --wires 2,4,6,8 --depths 1,4 --csv sweep.csv --figures plots",
  );
}

function show(rows: readonly AnalysisRow[]): void {
  print(`${table(analysisTable(rows))}\n`);
  const spectra = spectraTable(rows);
  if (spectra.length > 0) {
    const { wires } = rows[rows.length - 1].analysis;
    print(`Fourier magnitudes of output 0 by frequency, ${wires} wires\n${table(spectra)}\n`);
  }
  const { basis, notes } = analysisNotes(rows);
  print(basis);
  for (const line of notes) note(line);
}
