import { HqcnnError, isRecord, parseJson, UsageError } from "../check.ts";
import { claimFile, claimFiles } from "../claims/files.ts";
import { type ClaimResult, claimResult } from "../claims/result.ts";
import { type Claim, claimSchema } from "../claims/schema.ts";
import { VERDICTS } from "../claims/verdict.ts";
import { comparisonRuns, missingAblation, NETWORK } from "../comparison/ablations.ts";
import type { VariantRuns } from "../comparison/compare.ts";
import { comparisonOptions } from "../comparison/options.ts";
import { readVariants } from "../comparison/results.ts";
import type { Protocol } from "../datasets/types.ts";
import { checksum } from "../network/checksum.ts";
import type { Platform } from "../platform/platform.ts";
import { reportClaim } from "../report/claim.ts";
import type { Executor } from "../study/executor.ts";
import type { StudyRun } from "../study/study.ts";
import { withCircuit } from "../training/head.ts";
import type { TrainOptions } from "../training/options.ts";
import type { ReadControl, WorkContext } from "./context.ts";
import { openChecked, withTask } from "./data.ts";
import { notForClinicalUse } from "./notes.ts";
import { carryOut, type StudyListeners } from "./study.ts";

export interface ClaimRequest {
  claim: Claim;
  protocols: readonly Protocol[];
  seeds: number;
  /** In place of the claim's: a quick look, which says nothing about it. */
  epochs?: number;
  /** How the user names the claim; kept for --resume. Default: its id. */
  named?: string;
}

export interface ClaimPlan {
  request: ClaimRequest;
  /** By protocol. */
  parts: readonly { protocol: Protocol; options: TrainOptions; name: string }[];
  task: string;
  variants: readonly string[];
  runs: readonly StudyRun[];
  warnings: readonly string[];
  /** The command that repeats it. */
  command: string;
}

/** Checks a claim and opens its data; nothing is trained. */
export async function planClaim(
  context: WorkContext,
  request: ClaimRequest,
  control?: ReadControl,
): Promise<ClaimPlan> {
  const { claim, protocols, seeds, epochs } = request;
  const ablations = [...new Set([claim.baseline, ...claim.ablations])];
  const parts: { protocol: Protocol; options: TrainOptions; name: string }[] = [];
  const warnings: string[] = [];
  for (const protocol of protocols) {
    const given = { ...claim.options, data: claim.data, protocol, ...(epochs !== undefined && { epochs }) };
    const { options: named, notes } = ownOptions(claim, given);
    const asked = await withCircuit(context.platform, named);
    for (const name of ablations) {
      const missing = missingAblation(asked, name);
      if (missing !== null) throw new UsageError(`${claim.id}: no ablation ${name}: ${missing}`);
    }
    const { data, warnings: found } = await openChecked(context, asked, control);
    warnings.push(...found, ...notes);
    if (data.protocol !== protocol) {
      // The same splits by both protocols would be one answer under two names.
      const none = `${data.name} has no official split: without the protocol ${protocol}`;
      if (!protocols.includes(data.protocol)) throw new UsageError(`${none} nothing is left: take ${data.protocol}`);
      warnings.push(none);
      continue;
    }
    parts.push({ protocol, options: withTask(asked, data), name: data.name });
  }
  const length = epochs === undefined ? "" : ` --epochs ${epochs}`;
  return {
    ...{ request, parts, task: parts[0].options.task!, variants: [NETWORK, ...ablations] },
    runs: parts.flatMap(({ options, name }) => comparisonRuns(name, options, seeds, ablations)),
    warnings: [...new Set(warnings)],
    command: `hqcnn reproduce ${request.named ?? claim.id} --protocols ${protocols.join(",")} --seeds ${seeds}${length}`,
  };
}

/** As comparisonOptions; its errors name the claim, where the options come from. */
function ownOptions({ id }: Claim, given: object): ReturnType<typeof comparisonOptions> {
  try {
    return comparisonOptions(given);
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`the options of the claim ${id}: ${error.message}`);
    throw error;
  }
}

export interface ClaimOutcome {
  result: ClaimResult;
  /** What was written into the folder, by name. */
  files: Record<string, string>;
  figures: Map<string, string>;
}

/**
 * Trains what is missing of a claim in its folder, and writes table, verdict and page beside the runs.
 * @returns null: stopped by the signal, to be continued by the same call
 */
export async function carryOutClaim(
  context: WorkContext,
  plan: ClaimPlan,
  folder: string,
  executor: Executor,
  listeners?: StudyListeners,
): Promise<ClaimOutcome | null> {
  const { platform, version } = context;
  const { request, parts, runs, variants: names, warnings, command, task } = plan;
  const { claim, seeds, epochs } = request;
  if (!(await carryOut(context, folder, { command: "claim", options: request, runs }, executor, listeners)))
    return null;
  const found: { protocol: Protocol; variants: VariantRuns[] }[] = [];
  for (const { protocol, options, name } of parts) {
    found.push({ protocol, variants: await readVariants(platform, folder, name, options, seeds, names) });
  }
  const result = claimResult(claim, found, task, epochs);
  const report = await reportClaim({ result, parts: found, command, version });
  const fingerprints = found.flatMap(({ variants }) =>
    variants.flatMap(({ runs }) => runs.map((run) => run.result.fingerprint)),
  );
  const hash = `fingerprints of all ${fingerprints.length} runs, one a line: SHA-256 ${await checksum(fingerprints.join("\n"))}`;
  const about = [command, `hqcnn ${version}`, hash, ...warnings, notForClinicalUse];
  const files = { ...claimFiles(result, about, version), [claimFile(claim.id, "html")]: report.html };
  for (const [name, text] of Object.entries(files)) await platform.writeFile(platform.join(folder, name), text);
  return { result, files, figures: report.figures };
}

/** The claims of several folders, the same result once, and what is to be said about them. */
export async function readEvidence(
  platform: Platform,
  folders: readonly string[],
): Promise<{ results: (ClaimResult & { about: string[] })[]; warnings: string[] }> {
  const found = await Promise.all(folders.map((folder) => readClaimResults(platform, folder)));
  const results = [...new Map(found.flat().map((result) => [JSON.stringify(result), result])).values()];
  const ids = results.map(({ claim }) => claim.id);
  const several = [...new Set(ids.filter((id, i) => ids.indexOf(id) !== i))];
  const warnings = several.map(
    (id) => `${id}: ${ids.filter((other) => other === id).length} different results of a claim with this id`,
  );
  return { results, warnings };
}

/** What carryOutClaim wrote into a folder, claim by claim. @throws HqcnnError when it holds no such thing */
async function readClaimResults(platform: Platform, folder: string): Promise<(ClaimResult & { about: string[] })[]> {
  const there = (await platform.stat(folder))?.kind === "folder" ? await platform.list(folder) : [];
  const names = there.map(({ name }) => name).filter((name) => /^claim-.*\.json$/.test(name));
  if (names.length === 0) throw new HqcnnError(`${folder}: expected a folder that hqcnn reproduce CLAIM wrote`);
  return Promise.all(names.map((name) => readClaimResult(platform, platform.join(folder, name))));
}

/** Whether it has what the page of the evidence reads. */
function isPart(part: unknown): boolean {
  if (!isRecord(part) || !isRecord(part.comparison)) return false;
  const { images, seeds, variants } = part.comparison;
  return "finding" in part && Number.isInteger(images) && Array.isArray(seeds) && Array.isArray(variants);
}

async function readClaimResult(platform: Platform, path: string): Promise<ClaimResult & { about: string[] }> {
  let found: unknown;
  try {
    found = parseJson(new TextDecoder().decode(await platform.readFile(path)));
  } catch (error) {
    if (error instanceof HqcnnError) throw error;
  }
  const known =
    isRecord(found) &&
    claimSchema.safeParse(found.claim).success &&
    Object.hasOwn(VERDICTS, String(found.verdict)) &&
    Array.isArray(found.about) &&
    Array.isArray(found.parts) &&
    found.parts.length > 0 &&
    found.parts.every(isPart);
  if (!known) throw new HqcnnError(`${path}: not written by hqcnn reproduce, or damaged`);
  return found as unknown as ClaimResult & { about: string[] };
}
