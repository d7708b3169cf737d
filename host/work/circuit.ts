import { UsageError } from "../check.ts";
import { parseCircuitFiles } from "../circuit/file.ts";
import { sideBySide } from "../circuit/join.ts";
import { MAX_WIRES } from "../circuit/limits.ts";
import type { Template } from "../circuit/templates.ts";
import { fitImage } from "../datasets/fit.ts";
import { templateToShow } from "../explain/wires.ts";
import { type Batch, createBatch, parseResults, predictFromResults } from "../export/batch.ts";
import type { DecodedModel } from "../network/model.ts";
import type { Network } from "../network/network.ts";
import type { Prediction } from "../network/outputs.ts";
import { circuitWeights } from "../network/weights.ts";
import type { Platform } from "../platform/platform.ts";
import { CircuitLayer } from "../simulator/layer.ts";
import { type Input, readInputs } from "./inputs.ts";

/** A circuit that a path names, with the trained weights where it is a model's. */
export interface NamedCircuit {
  layer: CircuitLayer;
  /** Of a model; null for a circuit file. */
  weights: number[] | null;
  notes: readonly string[];
}

/** The circuit in a file, JSON or OpenQASM; those of a list side by side. @throws UsageError with line and column */
export async function readCircuit(platform: Platform, path: string): Promise<NamedCircuit> {
  const text = new TextDecoder().decode(await platform.readFile(path));
  const read = parseCircuitFiles(text, path);
  const template = sideBySide(read, MAX_WIRES);
  if (!template) {
    const wires = read.map(({ circuit }) => circuit.numWires).join(" + ");
    throw new UsageError(
      `${path}: expected circuits of at most ${MAX_WIRES} wires together and without amplitude embedding, got ${read.length} of ${wires} wires: put each into a file of its own`,
    );
  }
  return { layer: new CircuitLayer(template), weights: null, notes: read.flatMap(({ notes }) => notes) };
}

/** The trained circuit of a model. @throws HqcnnError when it has none */
export function circuitOfModel({ network, notes }: DecodedModel, path: string): NamedCircuit {
  const template: Template = templateToShow(network, path);
  return { layer: new CircuitLayer(template), weights: circuitWeights(network.tensors(), template), notes };
}

/** Whether a path names a circuit file and no model. */
export function isCircuitFile(path: string): boolean {
  return /\.(json|qasm\d?)$/i.test(path);
}

/**
 * The batch file of a model for the images that the paths name.
 * @throws UsageError when there is no image
 */
export async function batchOf(
  platform: Platform,
  { network, info }: DecodedModel,
  paths: readonly string[],
): Promise<{ batch: Batch; skipped: Extract<Input, { reason: string }>[] }> {
  const { channels, height, width, fit } = network.architecture;
  const size = { channels: channels as 1 | 3, height, width };
  const images: { name: string; pixels: Uint8Array }[] = [];
  const skipped: Extract<Input, { reason: string }>[] = [];
  const { values: like, stated } = info.data.reading ?? {};
  for await (const input of readInputs(platform, paths, {
    decode: stated ?? {},
    like: like ?? undefined,
    isRemembered: true,
  })) {
    if ("reason" in input) skipped.push(input);
    else images.push({ name: input.path, pixels: await fitImage(input.image, { ...size, fit }) });
  }
  if (images.length === 0) throw new UsageError(`--batch: expected images, got none in ${paths.join(", ")}`);
  return { batch: createBatch(network, info.classNames, images), skipped };
}

/**
 * Classifies with the values that a device measured of a batch.
 * @throws UsageError when they are another model's or of another shape
 */
export async function predictMeasured(
  platform: Platform,
  network: Network,
  path: string,
): Promise<(Prediction & { path: string })[]> {
  const measured = parseResults(new TextDecoder().decode(await platform.readFile(path)), path, network);
  return predictFromResults(network, measured).map((prediction, i) => ({ path: measured.images[i], ...prediction }));
}
