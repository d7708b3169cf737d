import { fileURLToPath } from "node:url";
import type { Platform } from "../platform/platform.ts";
import { standalone } from "../report/palette.ts";
import { findRun, RUN_FILES } from "../training/files.ts";
import { openRunData, writeReport } from "../work/report.ts";
import type { Define } from "./command.ts";
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
      "Writes the report of a run: one HTML file that works offline, with metrics, curves, images, the circuit and the " +
        "command that repeats the run. train writes it when it finishes; this command also works for unfinished runs.",
    )
    .argument("<run>", "a run folder, or runs/latest")
    .option("--data <data>", "where the run's data set is now (default: where it was during training)")
    .option("--out <file.html>", `the report (default: ${RUN_FILES.report} in the run folder)`)
    .option("--figures <folder>", "also write each picture as SVG and PNG")
    .action(async (named: string, { data: given, out, figures, json }: ReportOptions) => {
      const run = await findRun(platform, named);
      const found = await openRunData(context, run, given, "; say where the data are with --data");
      warn(typeof found.data === "string" ? [found.data] : found.warnings);
      const written = await writeReport(context, run, found, out);
      const files = figures === undefined ? [] : await writeFigures(platform, figures, written.figures);
      if (json) printJson({ run, report: written.path, figures: files });
      else print([written.path, ...files].join("\n"));
    });
  addJson(command);
  addExamples(command, "report runs/first", "report runs/first --figures figures --data data/bloodmnist.npz");
};

/** What makes a PNG of a picture, with the package's own fonts. */
export async function pngRenderer(platform: Platform): Promise<(svg: string) => Uint8Array> {
  const { loadPngRenderer } = await import("../report/png.ts");
  const module = fileURLToPath(import.meta.resolve("@resvg/resvg-wasm/index_bg.wasm"));
  const paths = [module, ...FONTS.map((name) => platform.packageFile(`build/fonts/${name}.ttf`))];
  const [renderer, ...fonts] = await Promise.all(paths.map((path) => platform.readFile(path)));
  return loadPngRenderer({ renderer: renderer as Uint8Array<ArrayBuffer>, fonts });
}

/** Writes every picture as NAME.svg and NAME.png; returns their paths. */
export async function writeFigures(
  platform: Platform,
  folder: string,
  figures: Map<string, string>,
): Promise<string[]> {
  const toPng = await pngRenderer(platform);
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
