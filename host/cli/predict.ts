import { type Prediction, predict } from "../api.ts";
import { HqcnnError, UsageError } from "../check.ts";
import { fitImage } from "../datasets/fit.ts";
import { formatNames } from "../datasets/formats/decode.ts";
import type { DecodedImage } from "../datasets/formats/pixels.ts";
import { skippedText } from "../datasets/sources/listing.ts";
import type { Skipped } from "../datasets/types.ts";
import type { MeasuredPrediction, PredictionSettings } from "../evaluation/measuredPredictions.ts";
import type { Doubt } from "../evaluation/reliability.ts";
import type { Network } from "../network/network.ts";
import { type Reliability, reliabilityText } from "../network/reliability.ts";
import type { Platform } from "../platform/platform.ts";
import { findModel } from "../training/files.ts";
import { flag } from "../training/options.ts";
import { decodingFor, readInputs } from "../work/inputs.ts";
import { notForClinicalUse, pooledNote } from "../work/notes.ts";
import { predictionLines, yesNo } from "../work/predictionsCsv.ts";
import type { Define } from "./command.ts";
import { addDecodeFlags, type DecodeFlags, decodeOptions } from "./decodeFlags.ts";
import { addEngine, type EngineOptions, openEngine } from "./engine.ts";
import { addMeasure, type MeasureFlags, measuredRequest, settingOf } from "./measureFlags.ts";
import { modelArgument, openModel } from "./model.ts";
import { addOptions } from "./options.ts";
import { addExamples, addJson, note, parseNumber, print, printJson, table, warn } from "./terminal.ts";

interface PredictOptions extends EngineOptions, DecodeFlags, Omit<MeasureFlags, "csv"> {
  topK: number;
  csv?: boolean;
  strict?: boolean;
  keys?: string;
  results?: string;
}

/** How images are read. */
const IMAGE_FLAGS = ["keys", "frame", "window", "range", "maxPixels", "strict"] as const;

/** hqcnn predict */
export const definePredict: Define = (command, { platform }) => {
  command
    .description(
      `Classifies images of any size with a saved model: ${formatNames} files, all of those in a folder and its ` +
        "subfolders, and the images of an .npz file (its array images, else its test split). Images that cannot be " +
        "read are named and skipped; the exit code is then 1. Files in folders that are no images are listed as skipped.",
    )
    .argument("<model>", modelArgument)
    .argument("[files...]", "images, folders, npz files")
    .option("--results <file>", "measured values of a batch (see hqcnn circuit --batch) in place of images")
    .option("--top-k <n>", "number of classes shown per image, most probable first", parseNumber, 3)
    .option(
      "--csv",
      "print comma-separated values: file, label, class, one probability per class, undecided, unlike; with --shots or " +
        "--noise also one standard deviation per class, and agreement",
    )
    .option("--strict", "stop at the first image that cannot be read")
    .action(async (model: string, files: string[], options: PredictOptions) => {
      const { topK, csv, json, strict, keys } = options;
      if (csv && json) throw new UsageError("--csv and --json cannot be combined: choose one");
      if (!(Number.isInteger(topK) && topK >= 1)) {
        throw new UsageError(`--top-k: expected a whole number of at least 1, got ${topK}`);
      }
      const chosen = command.getOptionValueSource("topK") === "cli";
      if (csv && chosen) throw new UsageError("--csv has the probabilities of all classes: leave out --top-k");
      const idle = IMAGE_FLAGS.find((name) => options.results !== undefined && options[name] !== undefined);
      if (idle) throw new UsageError(`--results: there are no images to read: leave out ${flag(idle)}`);
      if (options.results !== undefined ? files.length > 0 : files.length === 0) {
        throw new UsageError("predict: expected images, or --results FILE in place of them");
      }
      const asked = decodeOptions(options);
      const request = await measuredRequest(platform, { ...options, csv: undefined });
      if (request && options.results !== undefined)
        throw new UsageError("--results are measured values already: leave out --shots and --noise");
      const measure = request ? settingOf(request) : undefined;
      const path = await findModel(platform, model);
      const { network, info, notes: warnings } = await openModel(await openEngine(options, platform), path, platform);
      if (options.threads !== 1) await network.startThreads();
      const { channels, height, width, fit } = network.architecture;
      const size = { channels: channels as 1 | 3, height, width };
      const { reliability } = info;
      const measured = measure && (await checked(network, measure));
      if (!reliability) {
        warnings.push(
          `${path} does not say when to doubt an answer (undecided, unlike): models of old versions do not`,
        );
      }

      const results: Result[] = [];
      const skipped: (Skipped & { isFailure: boolean })[] = [];
      const said = new Map<string, string[]>();
      let failures = 0;
      let chunk: { path: string; image: DecodedImage; notes: string[] }[] = [];
      const classify = async () => {
        const predictions = await predict(
          network,
          chunk.map(({ image }) => image),
          { reliability, measure: measure && { ...measure, first: results.length } },
        );
        results.push(...predictions.map((prediction, i) => ({ ...chunk[i], image: undefined, ...prediction })));
        chunk = [];
      };
      const like = info.data.reading?.values ?? undefined;
      const isRemembered = asked.range === undefined && asked.window === undefined;
      const reading = { keys, decode: decodingFor(info, asked), like, isRemembered };
      for await (const input of readInputs(platform, files, reading)) {
        if ("reason" in input) {
          const { isFailure } = input;
          if (strict && isFailure) throw new HqcnnError(textOf(input));
          if (isFailure) note(`skipped: ${textOf(input)}`);
          failures += Number(isFailure);
          skipped.push(input);
          continue;
        }
        // Made small at once, so that a folder of large images fits in memory.
        const pixels = await fitImage(input.image, { ...size, fit });
        chunk.push({ ...input, image: { ...size, pixels } });
        for (const text of input.notes) said.set(text, [...(said.get(text) ?? []), input.path]);
        if (chunk.length === network.batchSize) await classify();
      }
      if (options.results === undefined) await classify();
      else results.push(...(await measuredResults(network, platform, options.results)));
      for (const [text, [first, ...others]] of said) {
        note(`${first}${others.length > 0 ? ` and ${others.length} more` : ""}: ${text}`);
      }
      const quiet = skipped.filter(({ isFailure }) => !isFailure);
      const total = skipped.length + results.length;
      if (results.length === 0 && !json) {
        const reasons = failures === 1 && total === 1 ? textOf(skipped[0]) : `skipped ${skippedText(skipped)}`;
        throw new HqcnnError(`no image to classify, expected ${formatNames} files or an npz: ${reasons}`);
      }

      const meaningOf = (own: Reliability) => reliabilityText(own, measured !== undefined);
      const { output } = network.architecture;
      const isMultilabel = output === "sigmoid";
      // The answer of cumulative outputs may not be the most probable class.
      const isCounted = output === "cumulative";
      const pooled = info.data.protocol === "pooled";
      const top = (result: Result) => ranked(result, info.classNames).slice(0, topK);
      if (json) {
        printJson({
          model: path,
          task: info.data.task,
          protocol: info.data.protocol,
          note: [...(pooled ? [pooledNote] : []), notForClinicalUse].join("; "),
          class_names: info.classNames,
          ...(measured && { measured: measured.json }),
          results: results.map((result) => ({
            path: result.path,
            ...(result.labels
              ? { labels: result.labels, label_names: namesOf(result.labels, info.classNames) }
              : { label: result.label, class: info.classNames[result.label] }),
            probability: result.labels ? undefined : result.probs[result.label],
            probs: [...result.probs],
            ...(result.spread && {
              probability_sds: result.spread.map(({ sd }) => sd),
              probability_intervals: result.spread.map(({ interval }) => interval),
              exact_probs: [...result.exact!],
              agreement: result.agreement,
            }),
            undecided: result.undecided ?? null,
            unlike: result.unlike ?? null,
            distance: result.distance ?? null,
            notes: result.notes,
            top: top(result),
          })),
          reliability: reliability ? { ...limitsOf(reliability), meaning: meaningOf(reliability) } : null,
          skipped: skipped.map(({ path, reason }) => ({ path, reason })),
          warnings,
        });
      } else if (csv) {
        for (const line of predictionLines(results, info.classNames, isMultilabel)) print(line);
      } else {
        if (results.length > 0) {
          const first = isMultilabel || isCounted ? "1." : "class";
          const sd = measured ? ["sd"] : [];
          const places = top(results[0]).flatMap((_, i) => [i === 0 ? first : `${i + 1}.`, "probability", ...sd]);
          if (isMultilabel) places.unshift("labels above 0.5");
          if (isCounted) places.unshift("class");
          const answer = ({ labels, label }: Result) => {
            if (isCounted) return [info.classNames[label]];
            return labels ? [namesOf(labels, info.classNames).join(", ") || "none"] : [];
          };
          const flags = ({ undecided, unlike, agreement }: Result) => [
            ...(measured ? [agreement!.toFixed(2)] : []),
            ...(reliability ? [...(measured ? [] : [yesNo(undecided)]), yesNo(unlike)] : []),
          ];
          const heads = [
            ...(measured ? ["agreement"] : []),
            ...(reliability ? [...(measured ? [] : ["undecided"]), "unlike"] : []),
          ];
          const rows = results.map((result) => [
            result.path,
            ...answer(result),
            ...top(result).flatMap(({ class: name, probability, sd }) => [
              name,
              probability.toFixed(4),
              ...(measured ? [sd === null ? "–" : sd!.toFixed(4)] : []),
            ]),
            ...flags(result),
          ]);
          print(table([["file", ...places, ...heads], ...rows]));
          if (measured) print(measured.text);
          if (reliability) print(meaningOf(reliability));
        }
        if (pooled) print(pooledNote);
        print(notForClinicalUse);
      }
      if (skipped.length > 0) {
        const others = quiet.length > 0 ? `: ${skippedText(quiet)}` : "";
        warn([
          `skipped ${skipped.length} of ${total} entries${failures > 0 ? `, ${failures} named above` : ""}${others}`,
        ]);
      }
      if (failures > 0 || results.length === 0) process.exitCode = 1;
    });
  addOptions(command, ["keys"]);
  addDecodeFlags(command);
  addMeasure(command, "predict");
  addEngine(command, 1);
  addJson(command);
  addExamples(
    command,
    "predict runs/first cell.png scans/ --top-k 2",
    "predict runs/first/model.safetensors cells.npz --csv",
    "predict runs/first cell.png --shots 100 --noise depolarizing:0.01",
  );
};

/** The setting as it is said beside predictions. @throws as checkSettings does, before any image is read */
async function checked(network: Network, setting: PredictionSettings): Promise<{ json: object; text: string }> {
  const [{ checkSettings, measuredTemplate }, { noiseText }] = await Promise.all([
    import("../evaluation/measured.ts"),
    import("../circuit/noise/model.ts"),
  ]);
  const [{ mode, shots, repetitions, trajectories }] = checkSettings(measuredTemplate(network).circuit, [setting]);
  const { seed = 0 } = setting;
  const noise = typeof setting.noise === "object" ? noiseText(setting.noise) : null;
  const of = [
    shots === 0 ? "exact values" : `${shots} shots`,
    ...(noise === null ? [] : [`noise ${noise}`]),
    ...(trajectories === null ? [] : [`${trajectories} trajectories`]),
    `seed ${seed}`,
  ].join(", ");
  return {
    json: { shots, noise, repetitions, seed, simulation: mode, trajectories },
    text:
      repetitions === 1
        ? `${of}: one measurement`
        : `means of ${repetitions} measurements: ${of}; sd: of one of them; agreement: share of them with the same answer`,
  };
}

/** Predictions from what a device measured of the circuit. */
async function measuredResults(network: Network, platform: Platform, path: string): Promise<Result[]> {
  const { predictMeasured } = await import("../work/circuit.ts");
  return (await predictMeasured(platform, network, path)).map((result) => ({
    ...result,
    notes: ["from measured values"],
  }));
}

interface Result extends Prediction, Partial<Doubt>, Partial<Omit<MeasuredPrediction, keyof Prediction>> {
  path: string;
  notes: string[];
}

function limitsOf({ threshold, falseAlarms, possible }: Reliability) {
  return { threshold, false_alarms: falseAlarms, possible };
}

function textOf({ path, reason }: Skipped): string {
  return reason.includes(path) ? reason : `${path}: ${reason}`;
}

function namesOf(labels: readonly number[], classNames: readonly string[]): string[] {
  return labels.map((label) => classNames[label]);
}

function ranked({ probs, spread }: Result, classNames: string[]) {
  return classNames
    .map((name, label) => ({
      ...{ class: name, probability: probs[label] },
      ...(spread && { sd: spread[label].sd, interval: spread[label].interval }),
    }))
    .sort((a, b) => b.probability - a.probability);
}
