import { explain } from "../api.ts";
import { UsageError } from "../check.ts";
import { shownRegion } from "../datasets/fit.ts";
import { decodeFile, formatNames } from "../datasets/formats/decode.ts";
import type { DecodedImage } from "../datasets/formats/pixels.ts";
import type { Explanation } from "../explain/explain.ts";
import { overlayAttribution, overlayEvidence, overlayOcclusion, picture, type Region } from "../explain/overlay.ts";
import type { Platform } from "../platform/platform.ts";
import { findModel } from "../training/files.ts";
import { decodingFor } from "../work/inputs.ts";
import { notForClinicalUse, pooledNote } from "../work/notes.ts";
import type { Define } from "./command.ts";
import { addDecodeFlags, type DecodeFlags, decodeOptions } from "./decodeFlags.ts";
import { addEngine, type EngineOptions, openEngine } from "./engine.ts";
import { modelArgument, openModel } from "./model.ts";
import { addExamples, addJson, note, parseNumber, print, printJson, table } from "./terminal.ts";

interface CommandOptions extends EngineOptions, DecodeFlags {
  class?: string;
  patch?: number;
  stride?: number;
  out: string;
  json?: boolean;
}

/** hqcnn explain */
export const defineExplain: Define = (command, { platform, version }) => {
  command
    .description(
      "Shows why a saved model classifies an image as it does. For each image it writes NAME-gradcam.png (Grad-CAM: where the evidence for the class lies, " +
        "strongest in yellow), NAME-finemap.png (the same in finer cells), NAME-integrated.png (integrated gradients: how each pixel changes the class's " +
        "score; the pixels add up to the whole change), NAME-occlusion.png (how much the class loses when a patch is covered), all over the original " +
        "image; vermilion supports the class, blue opposes it; and NAME-explanation.json (all maps, probabilities, and what the quantum layer does). " +
        "Files of these names are replaced.",
    )
    .argument("<model>", modelArgument)
    .argument("<images...>", `files of any size: ${formatNames}`)
    .option("--class <name>", "class (or label) to explain, by name or number (default: the most probable one)")
    .option(
      "--patch <n>",
      "side of the covering patch, in pixels at the network's size (default: a quarter of the image)",
      parseNumber,
    )
    .option("--stride <n>", "pixels from one patch to the next (default: a quarter of the patch)", parseNumber)
    .option("--out <folder>", "folder for the files", ".")
    .action(async (model: string, images: string[], options: CommandOptions) => {
      const bases = basesOf(platform, images);
      const asked = decodeOptions(options);
      const path = await findModel(platform, model);
      const { network, info, notes: warnings } = await openModel(await openEngine(options, platform), path, platform);
      const { classNames, data } = info;
      const decoding = decodingFor(info, asked);
      const label = options.class === undefined ? undefined : labelOf(options.class, classNames);
      const occlusion = { size: options.patch, stride: options.stride };
      await platform.makeFolder(options.out);
      if (options.threads !== 1) await network.startThreads();
      const notes = [...(data.protocol === "pooled" ? [pooledNote] : []), notForClinicalUse];
      const about = {
        model: path,
        fingerprint: network.fingerprint(),
        protocol: data.protocol,
        class_names: classNames,
      };

      const results: { file: string; explanation: Explanation; files: Files }[] = [];
      for (const [i, file] of images.entries()) {
        const { frames, notes: read } = await decodeFile(await platform.readFile(file), file, decoding);
        const [image] = frames;
        for (const text of read) note(`${file}: ${text}`);
        const explanation = await explain(network, image, { label, occlusion });
        const { gradCam, fineMap, integratedGradients, occlusion: covered } = explanation;
        const files = filesOf(platform.join(options.out, bases[i]));
        const shown = picture(image);
        const region = scaled(shownRegion(image, network.architecture), shown.width / image.width);
        await platform.writeFile(files.gradcam, await encodePng(overlayEvidence(shown, gradCam, region)));
        await platform.writeFile(files.finemap, await encodePng(overlayEvidence(shown, fineMap!, region)));
        await platform.writeFile(
          files.integrated,
          await encodePng(overlayAttribution(shown, integratedGradients!, region)),
        );
        await platform.writeFile(files.occlusion, await encodePng(overlayOcclusion(shown, covered!, region)));
        const json = {
          version,
          ...about,
          note: notes.join("; "),
          file,
          notes: read,
          ...explanationJson(explanation, classNames),
        };
        await platform.writeFile(files.explanation, `${JSON.stringify(json)}\n`);
        results.push({ file, explanation, files });
      }

      if (options.json) {
        printJson({
          version,
          ...about,
          note: notes.join("; "),
          warnings,
          explanations: results.map(({ file, explanation, files }) => {
            const { grad_cam, fine_map, integrated_gradients, occlusion, ...rest } = explanationJson(
              explanation,
              classNames,
            );
            const maps = { grad_cam, fine_map, integrated_gradients, occlusion };
            return { file, ...rest, ...mapless(maps), files };
          }),
        });
        return;
      }
      const rows = results.map(({ file, explanation: { predicted, labels, label, probs, occlusion } }) => [
        ...[file, labels ? namesOf(labels, classNames) : classNames[predicted], four(probs[predicted])],
        ...[classNames[label], four(probs[label]), four(occlusion!.largestDrop)],
      ]);
      const isMultilabel = network.architecture.output === "sigmoid";
      const answer = isMultilabel ? ["labels above 0.5", "largest probability"] : ["class", "probability"];
      print(table([["file", ...answer, "explained", "probability", "largest drop"], ...rows], [2, 4, 5]));
      print("");
      const score = network.architecture.output === "cumulative" ? "score (the difference of two logits)" : "logit";
      for (const { file, explanation } of results) print(integratedText(file, explanation, classNames, score));
      if (results.length === 1) {
        const text = wiresText(results[0].explanation);
        if (text) print(`\n${text}`);
      }
      print("");
      for (const { file, explanation } of results) {
        if (explanation.gradCam.peak > 0) continue;
        print(`Grad-CAM finds nothing in ${file} that speaks for ${classNames[explanation.label]}: its map is empty`);
      }
      for (const { files } of results) print(`wrote ${Object.values(files).join(", ")}`);
      for (const note of notes) print(note);
    });
  addDecodeFlags(command);
  addEngine(command, 1);
  addJson(command);
  addExamples(command, "explain runs/first cell.png", "explain runs/first a.png b.png --class lymphocyte --out why");
};

function scaled({ top, left, height, width }: Region, times: number): Region {
  return { top: top * times, left: left * times, height: height * times, width: width * times };
}

interface Files {
  gradcam: string;
  finemap: string;
  integrated: string;
  occlusion: string;
  explanation: string;
}

function filesOf(base: string): Files {
  return {
    gradcam: `${base}-gradcam.png`,
    finemap: `${base}-finemap.png`,
    integrated: `${base}-integrated.png`,
    occlusion: `${base}-occlusion.png`,
    explanation: `${base}-explanation.json`,
  };
}

/**
 * File names without folder and ending. @throws UsageError when two are the same: one image's files would replace the
 * other's
 */
function basesOf(platform: Platform, images: readonly string[]): string[] {
  const bases = images.map((path) => platform.basename(path).replace(/(?<=.)\.[^.]*$/, ""));
  bases.forEach((base, i) => {
    const first = bases.indexOf(base);
    if (first === i) return;
    throw new UsageError(
      `${images[first]} and ${images[i]} would both be explained in ${base}-gradcam.png: give them one by one, with another --out`,
    );
  });
  return bases;
}

/** A class by its name, else by its label. */
function labelOf(text: string, classNames: readonly string[]): number {
  const named = classNames.indexOf(text);
  if (named >= 0) return named;
  if (/^\d+$/.test(text) && Number(text) < classNames.length) return Number(text);
  throw new UsageError(`--class: expected ${classNames.map((name, i) => `${i} (${name})`).join(", ")}, got ${text}`);
}

async function encodePng({ width, height, channels, pixels }: DecodedImage): Promise<Uint8Array> {
  const { encode } = await import("fast-png");
  return encode({ width, height, channels, depth: 8, data: pixels });
}

function explanationJson(explanation: Explanation, classNames: readonly string[]) {
  const { label, predicted, labels, probs, gradCam, occlusion, wires, quantumOff } = explanation;
  const fine = explanation.fineMap!;
  const integrated = explanation.integratedGradients!;
  const { map, size, stride, patches, largestDrop } = occlusion!;
  const { height, width, cells, peak } = gradCam;
  return {
    predicted,
    predicted_class: classNames[predicted],
    ...(labels && { predicted_labels: labels.map((each) => classNames[each]) }),
    explained: label,
    explained_class: classNames[label],
    probabilities: [...probs],
    map_height: height,
    map_width: width,
    grad_cam: {
      layer: gradCam.layer,
      peak,
      map: short(gradCam.map),
      cells: { height: cells.height, width: cells.width, values: short(cells.values) },
    },
    fine_map: {
      method: fine.method,
      layer: fine.layer,
      peak: fine.peak,
      map: short(fine.map),
      cells: { ...fine.cells, values: short(fine.cells.values) },
    },
    integrated_gradients: {
      baseline: "black",
      logit: integrated.logit,
      baseline_logit: integrated.baseline,
      sum: integrated.sum,
      gap: integrated.gap,
      pieces: integrated.pieces,
      map: short(integrated.map),
    },
    occlusion: { size, stride, patches, largest_drop: largestDrop, map: short(map) },
    quantum: wires && {
      angles: wires.angles,
      expvals: wires.expvals,
      bloch_vectors: wires.bloch,
      state_probabilities: wires.probabilities,
      switched_off_probabilities: [...quantumOff!],
    },
  };
}

/** The same without the numbers of the maps, which are in the files. */
function mapless<Maps extends Record<string, object>>(maps: Maps) {
  return Object.fromEntries(
    Object.entries(maps).map(([name, about]) => {
      const kept = Object.entries(about).filter(([key]) => key !== "map" && key !== "cells");
      return [name, Object.fromEntries(kept)];
    }),
  );
}

function integratedText(
  file: string,
  { label, integratedGradients }: Explanation,
  classNames: readonly string[],
  score: string,
): string {
  const { sum, logit, baseline, gap, pieces } = integratedGradients!;
  return (
    `integrated gradients of ${file}: from black to the image the ${score} of ${classNames[label]} changes by ` +
    `${four(logit - baseline)}; the pixels add up to ${four(sum)} (difference ${gap.toExponential(1)}, ${pieces} pieces)`
  );
}

function namesOf(labels: readonly number[], classNames: readonly string[]): string {
  return labels.map((label) => classNames[label]).join(", ") || "none";
}

/** Six digits: maps are f32. */
function short(values: Float32Array): number[] {
  return Array.from(values, (value) => Number(value.toPrecision(6)));
}

function wiresText({ wires, quantumOff, label }: Explanation): string {
  if (!quantumOff) return "";
  const off = `probability with the quantum layer switched off: ${four(quantumOff[label])}`;
  if (!wires) return `states: not shown, as the circuits cannot be drawn as one (too many wires together)\n${off}`;
  const rows = wires.bloch.map((bloch, wire) => [
    String(wire),
    wires.angles.length === wires.bloch.length ? four(wires.angles[wire]) : "–",
    ...bloch.map(four),
    four(Math.hypot(...bloch)),
  ]);
  const header = ["wire", "angle", "⟨X⟩", "⟨Y⟩", "⟨Z⟩", "length"];
  return `${table([header, ...rows], [1, 2, 3, 4, 5])}\n${off}`;
}

function four(value: number): string {
  return value.toFixed(4);
}
