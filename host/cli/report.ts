import { fileURLToPath } from "node:url";
import { loadEngine } from "../api.ts";
import { HqcnnError } from "../check.ts";
import { checkSplits } from "../datasets/guard.ts";
import type { Dataset } from "../datasets/types.ts";
import type { Platform } from "../platform/platform.ts";
import { standalone } from "../report/palette.ts";
import { reportRun } from "../report/run.ts";
import { RUN_FILES } from "../training/files.ts";
import { readRun } from "../training/record.ts";
import { readReportedRun } from "../training/reported.ts";
import { openTrainingData } from "../work/data.ts";
import type { Context, Define } from "./command.ts";
import { addExamples, addJson, print, printJson, warn } from "./terminal.ts";

interface ReportOptions {
  data?: string;
  out?: string;
  figures?: string;
  json?: boolean;
}

/** hqcnn report */
export const defineReport: Define = (command, context) => {
  const { platform } = context;
  command
    .description(
      "Writes a run's report: one HTML file that needs no network, with figures, curves, images, circuit and what it takes to repeat the run. " +
        "train writes it at its end; this writes it again, also of a run that is not finished.",
    )
    .argument("<run>", "a run folder")
    .option("--data <data>", "where the run's data set is now (default: where it was)")
    .option("--out <file.html>", `the report (default: ${RUN_FILES.report} in the run folder)`)
    .option("--figures <folder>", "also write each picture as SVG and PNG")
    .action(async (run: string, { data: given, out, figures, json }: ReportOptions) => {
      const data = await openRunData(platform, run, given);
      const warnings = typeof data === "string" ? [] : [...data.warnings, ...(await checkSplits(data))];
      warn(typeof data === "string" ? [data] : warnings);
      const written = await writeReport(run, data, warnings, context, out);
      const files = figures === undefined ? [] : await writeFigures(platform, figures, written.figures);
      if (json) printJson({ run, report: written.path, figures: files });
      else print([written.path, ...files].join("\n"));
    });
  addJson(command);
  addExamples(command, "report runs/first", "report runs/first --figures figures --data data/bloodmnist.npz");
};

/** Writes the report of a run folder into it, or to `out`. `data` is its data set, or why there is none. */
export async function writeReport(
  folder: string,
  data: Dataset | string,
  warnings: readonly string[],
  { platform, version }: Context,
  out = platform.join(folder, RUN_FILES.report),
): Promise<{ path: string; figures: Map<string, string> }> {
  const engine = await loadEngine({ platform, threads: 1 });
  const run = await readReportedRun(platform, engine, folder);
  try {
    const { html, figures } = await reportRun({ run, data, warnings, version });
    await platform.writeFile(out, html);
    return { path: out, figures };
  } finally {
    run.model?.network.close();
  }
}

/**
 * The run's data set split as it was then, or a sentence that says why it cannot be had. What the user names must be
 * there.
 */
async function openRunData(platform: Platform, run: string, given?: string): Promise<Dataset | string> {
  const { config } = await readRun(platform, run);
  const { options } = config;
  try {
    const data = await openTrainingData(platform, { ...options, data: given ?? options.data });
    if (data.source.md5 === config.data.md5) return data;
    throw new HqcnnError(
      `${data.source.path}: expected the run's data set with MD5 ${config.data.md5}, got ${data.source.md5}`,
    );
  } catch (error) {
    if (given !== undefined || !(error instanceof HqcnnError)) throw error;
    return `${error.message.split("\n")[0]}; say where the data are with --data`;
  }
}

/** Writes every picture as NAME.svg and NAME.png; returns their paths. */
export async function writeFigures(
  platform: Platform,
  folder: string,
  figures: Map<string, string>,
): Promise<string[]> {
  const { loadPngRenderer } = await import("../report/png.ts");
  const dependency = (specifier: string) => platform.readFile(fileURLToPath(import.meta.resolve(specifier)));
  const [renderer, ...fonts] = await Promise.all(
    ["@resvg/resvg-wasm/index_bg.wasm", ...FONTS.map((name) => `dejavu-fonts-ttf/ttf/${name}.ttf`)].map(dependency),
  );
  const toPng = await loadPngRenderer({ renderer: renderer as Uint8Array<ArrayBuffer>, fonts });
  await platform.makeFolder(folder);
  const paths: string[] = [];
  for (const [name, svg] of figures) {
    const [svgPath, pngPath] = [`${name}.svg`, `${name}.png`].map((file) => platform.join(folder, file));
    await platform.writeFile(svgPath, standalone(svg));
    await platform.writeFile(pngPath, toPng(svg));
    paths.push(svgPath, pngPath);
  }
  return paths;
}

const FONTS = ["DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono"];
