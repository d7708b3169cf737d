import { HqcnnError, parseJson } from "../check.ts";
import type { Dataset } from "../datasets/types.ts";
import { checksum } from "../network/checksum.ts";
import { tensorEntries } from "../network/model.ts";
import type { Network } from "../network/network.ts";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../network/safetensors.ts";
import type { TensorMap } from "../network/tensors.ts";
import { z } from "../zod.ts";
import { isBest, type Progress } from "./loop.ts";
import type { TrainOptions } from "./options.ts";
import { difference, type RunIdentity } from "./record.ts";
import { checked, historySchema } from "./schemas.ts";

/** What belongs to a checkpoint beside tensors and progress. */
export interface Ties {
  /** The run's, as RunIdentity. */
  id: string;
  identity: Record<string, string>;
  /** Checksum of model.safetensors when this was written; null: there was none yet. */
  model: string | null;
}

const count = z.int("a whole number").min(0, "a number of at least 0");
const sum = z.number("a number").min(0, "a number of at least 0");
const digits = z.string("a checksum").regex(/^[0-9a-f]{64}$/, "64 hexadecimal digits");

const stateSchema = z.looseObject(
  {
    steps: count,
    md5: z.string("an MD5 or null").nullable(),
    progress: z.looseObject(
      {
        ...{ epoch: count, batch: count, lossSum: sum, correct: count, seen: count, seconds: sum, bestEpoch: count },
        done: z.boolean("true or false"),
        history: historySchema,
      },
      "an object",
    ),
    /** Not in checkpoints of old versions. */
    ties: z
      .looseObject(
        { id: digits, identity: z.record(z.string(), z.string()), model: digits.nullable(), tensors: digits },
        "an object",
      )
      .optional(),
  },
  "an object",
);

/** The bytes of a checkpoint: all that is needed to continue bit for bit, and checksums of what it belongs to. */
export async function encodeCheckpoint(
  network: Network,
  progress: Progress,
  { data, options, ties }: { data: Dataset; options: TrainOptions; ties: Ties },
): Promise<Uint8Array> {
  const tensors = new Map([
    ...tensorEntries(network.tensors(), "params."),
    ...tensorEntries(network.paramTensors("m"), "m."),
    ...tensorEntries(network.paramTensors("v"), "v."),
    ...(options.ema > 0 ? tensorEntries(network.tensors("average"), "average.") : []),
  ]);
  // Taken before waiting: training may continue with the objects.
  const state = JSON.parse(JSON.stringify({ steps: network.steps, md5: data.source.md5, progress })) as object;
  const hqcnn = JSON.stringify({ ...state, ties: { ...ties, tensors: await checksumOf(tensors) } });
  return encodeSafetensors(tensors, { hqcnn });
}

/** Where a run stands, as its checkpoint says. */
export interface Checkpoint {
  progress: Progress;
  steps: number;
  /** null in checkpoints of old versions. */
  ties: Ties | null;
  tensors: ReadonlyMap<string, Tensor>;
}

/**
 * Reads a checkpoint and holds it against the run that it lies beside and its own checksums.
 * @throws HqcnnError naming the file and what does not fit
 */
export async function readCheckpoint(
  bytes: Uint8Array,
  path: string,
  run: Pick<RunIdentity, "id" | "identity">,
): Promise<Checkpoint & { md5: string | null }> {
  const { tensors, metadata } = decodeSafetensors(bytes, path);
  let parsed: unknown;
  try {
    parsed = parseJson(metadata.hqcnn);
  } catch {
    throw new HqcnnError(`${path}: not a checkpoint of hqcnn train`);
  }
  const { steps, md5, progress, ties } = checked(stateSchema, parsed, path);
  if (ties) {
    const { tensors: expected, ...rest } = ties;
    const changed = difference(rest.identity, run.identity);
    if (rest.id !== run.id || changed !== null) {
      throw new HqcnnError(
        `${path} belongs to another run than config.json beside it, or that was changed since (${changed ?? "its checksum differs"}): put the right file back`,
      );
    }
    const got = await checksumOf(tensors);
    if (got !== expected) {
      throw new HqcnnError(`${path}: damaged: expected tensors with SHA-256 ${expected}, got ${got}`);
    }
  }
  return { progress: progress as Progress, steps, ties: ties ?? null, tensors, md5 };
}

/**
 * As readCheckpoint; also holds it against the run's options, its data, and whether its counts can be.
 * @throws HqcnnError naming the file and what does not fit
 */
export async function decodeCheckpoint(
  bytes: Uint8Array,
  path: string,
  { run, data, options }: { run: RunIdentity; data: Dataset; options: TrainOptions },
): Promise<Checkpoint> {
  const { md5, ...checkpoint } = await readCheckpoint(bytes, path, run);
  if (md5 !== data.source.md5) {
    throw new HqcnnError(
      `${path}: the run was trained on data with MD5 ${md5}, these have ${data.source.md5}: use the same file`,
    );
  }
  const { progress, steps, ties } = checkpoint;
  checkProgress(progress, { steps, path, train: data.counts.train, options, exact: ties !== null });
  return checkpoint;
}

/** Puts a checkpoint's tensors and moments into a network. */
export function restore(network: Network, { tensors, steps }: Checkpoint, ema: number): void {
  const named = (prefix: string) =>
    new Map(
      [...tensors]
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, tensor]) => [name.slice(prefix.length), tensor]),
    ) as TensorMap;
  network.load(named("params."));
  network.loadMoment("m", named("m."));
  network.loadMoment("v", named("v."));
  if (ema > 0) network.loadMoment("average", named("average."));
  network.steps = steps;
}

/** Over all tensors by name, with their names, types and shapes. */
async function checksumOf(tensors: ReadonlyMap<string, Tensor>): Promise<string> {
  const sorted = [...tensors].sort(([a], [b]) => (a < b ? -1 : 1));
  const header = new TextEncoder().encode(
    JSON.stringify(sorted.map(([name, { dtype, shape }]) => [name, dtype, shape])),
  );
  const bytes = new Uint8Array(sorted.reduce((size, [, { data }]) => size + data.byteLength, header.length));
  bytes.set(header);
  let at = header.length;
  for (const [, { data }] of sorted) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return checksum(bytes);
}

interface Expectation {
  steps: number;
  path: string;
  /** Images to train on. */
  train: number;
  options: TrainOptions;
  /** Old versions chose the best epoch by another rule. */
  exact: boolean;
}

/** Counts that follow from each other must do so. */
function checkProgress(progress: Progress, { steps, path, train, options, exact }: Expectation): void {
  const { epoch, batch, seen, correct, bestEpoch, history, done } = progress;
  const expect = (holds: boolean, what: string) => {
    if (!holds) throw new HqcnnError(`${path}: damaged or edited: ${what}; train anew with another --out`);
  };
  const { epochs, batchSize, bestBy } = options;
  const perEpoch = Math.ceil(train / batchSize);
  expect(epoch <= epochs, `expected an epoch of at most ${epochs}, got ${epoch}`);
  expect(history.length === epoch, `expected the history of ${epoch} epochs, got ${history.length}`);
  expect(batch <= perEpoch, `expected a batch of at most ${perEpoch}, got ${batch}`);
  expect(steps === epoch * perEpoch + batch, `expected ${epoch * perEpoch + batch} steps, got ${steps}`);
  const images = Math.min(batch * batchSize, train);
  expect(seen === images, `expected ${images} images seen in this epoch, got ${seen}`);
  expect(correct <= seen, `expected at most ${seen} correct answers, got ${correct}`);
  expect(done || epoch < epochs, `expected a finished training after ${epoch} of ${epochs} epochs`);
  expect(!done || epoch > 0, "expected an unfinished training before the first epoch");
  expect(
    epoch === 0 ? bestEpoch === 0 : bestEpoch >= 1 && bestEpoch <= epoch,
    `expected a best epoch of at most ${epoch}, got ${bestEpoch}`,
  );
  if (!exact) return;
  let best = 0;
  for (const { val, epoch: at } of history) if (isBest({ history, bestEpoch: best }, val, bestBy)) best = at;
  expect(bestEpoch === best, `expected the best epoch ${best}, as the history says, got ${bestEpoch}`);
}
