import { UsageError } from "../check.ts";
import type { Dataset, Split } from "../datasets/types.ts";
import { extrapolationCells, measuredCells, measuredCsv, measuredJson } from "../evaluation/measuredTable.ts";
import type { Network } from "../network/network.ts";
import { csvLine } from "../training/files.ts";
import type { WorkContext } from "../work/context.ts";
import { keepMeasured, type MeasuredRequest, measure, measuredPlot } from "../work/measured.ts";
import { notesOn } from "../work/notes.ts";
import type { MeasureFlags } from "./measureFlags.ts";
import { createBar, print, printJson, table } from "./terminal.ts";

/** Measures, prints the table and writes the files that were asked for. */
export async function showMeasured(
  context: WorkContext,
  network: Network,
  images: Split,
  about: { model: string; folder: string | null; data: Dataset; split: string; warnings: readonly string[] },
  request: MeasuredRequest,
  flags: MeasureFlags & { tta?: string },
): Promise<void> {
  const { platform } = context;
  const { data, split, model, folder } = about;
  if (flags.tta !== undefined && flags.tta !== "none") {
    throw new UsageError(`--tta: expected none with --shots or --noise, got ${flags.tta}`);
  }
  if (flags.keep && folder === null) throw new UsageError(`--keep: expected the model of a run folder, got ${model}`);
  const bar = await createBar();
  const result = await measure(network, images, { data: data.name, split }, request, (done, total) =>
    bar.update(done, total, `${done} of ${total} settings`),
  ).finally(() => bar.stop());
  const written: string[] = [];
  const put = async (path: string | undefined, content: () => Promise<string> | string) => {
    if (path === undefined) return;
    await platform.writeFile(path, await content());
    written.push(path);
  };
  await put(flags.csv, () =>
    measuredCsv(result)
      .map((row) => `${csvLine(row)}\n`)
      .join(""),
  );
  await put(flags.plot, () => measuredPlot(result));
  if (flags.keep) written.push(...(await keepMeasured(context, folder!, result)));
  if (flags.json) {
    const note = notesOn(data.protocol).join("; ");
    const [only] = result.rows;
    const single = result.rows.length === 1 && {
      ...{ accuracy: only.accuracy.mean, accuracy_interval: only.accuracy.interval, auc: only.auc?.mean ?? null },
      ...{ cross_entropy: only.crossEntropy.mean, shots: only.shots, noise: only.noise },
    };
    const from = { model, data: data.name, split, count: result.count, protocol: data.protocol, note };
    printJson({ ...from, ...single, ...measuredJson(result), written, warnings: about.warnings });
    return;
  }
  print(
    `${data.name}, split ${split}, protocol ${data.protocol}, ${result.count} images, shots and noise with seed ${result.seed}\n`,
  );
  const numbers = [2, 4, 5, 6, 7, 8];
  print(table(measuredCells(result), numbers));
  const extrapolated = extrapolationCells(result);
  if (extrapolated) {
    print(`\nzero-noise extrapolation, scale factors ${request.scales!.join(", ")}`);
    print(table(extrapolated, [3, 5, 6, 7, 8, 9, 10, 11]));
    print(
      "gain: error of the outputs without extrapolation, divided by that with; variance: of an output over repetitions, in times that without; expected: from the weights alone",
    );
    if (request.scales!.length === 3) print("with three scale factors, polynomial and richardson are the same");
  }
  print("\nintervals: of the mean over repetitions on the same images, by Student's t; – where nothing is random");
  print([...notesOn(data.protocol), ...written.map((path) => `written: ${path}`)].join("\n"));
}
