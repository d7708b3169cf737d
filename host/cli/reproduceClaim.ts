import type { Command } from "commander";
import { readClaim } from "../claims/list.ts";
import { claimTable, findingText, publishedText, verdictText } from "../claims/result.ts";
import { claimSchema } from "../claims/schema.ts";
import type { Protocol } from "../datasets/types.ts";
import { readStudy } from "../study/file.ts";
import { newFolder } from "../training/files.ts";
import { type ClaimRequest, carryOutClaim, planClaim } from "../work/claims.ts";
import { notForClinicalUse } from "../work/notes.ts";
import { z } from "../zod.ts";
import type { Context } from "./command.ts";
import { writeFigures } from "./report.ts";
import { type StudyOptions, showStudy } from "./study.ts";
import { print, printJson, table, warn, withReading } from "./terminal.ts";

interface ReproduceClaimOptions extends StudyOptions {
  protocols?: readonly Protocol[];
  epochs?: number;
  figures?: string;
}

/** What a claim's study file holds. */
const requestSchema = z.looseObject({
  claim: claimSchema,
  protocols: z.array(z.enum(["official", "pooled"], "official or pooled")).min(1, "at least one protocol"),
  seeds: z.int("a whole number").min(1, "at least 1"),
  epochs: z.int("a whole number").min(1, "at least 1").optional(),
  named: z.string("a text").optional(),
});

/** hqcnn reproduce with a claim. @param what its name or file; null: that of the study that is continued */
export async function reproduceClaim(
  context: Context,
  command: Command,
  what: string | null,
  options: ReproduceClaimOptions,
): Promise<void> {
  const { platform } = context;
  const { resume } = options;
  const request = await requested();
  const plan = await withReading((onProgress) => planClaim(context, request, { onProgress }));
  warn(plan.warnings);
  const { claim } = request;
  const folder = resume ?? options.out ?? (await newFolder(platform, `claim-${claim.id}`));
  const study = { command: "reproduce", folder, runs: plan.runs };
  const outcome = await showStudy(context, study, options, (executor, listeners) =>
    carryOutClaim(context, plan, folder, executor, listeners),
  );
  if (outcome === null) return;
  const { result, files, figures } = outcome;
  if (options.figures !== undefined) await writeFigures(platform, options.figures, figures);
  if (options.json) {
    printJson({ study: folder, ...result, note: notForClinicalUse, warnings: plan.warnings });
    return;
  }
  const lines = [`published: ${publishedText(claim)}`, ...result.parts.map((part) => findingText(claim, part))];
  print(`\n${claim.says}\n\n${table(claimTable(result))}\n\n${lines.join("\n")}\n\n${verdictText(result)}`);
  print(`${notForClinicalUse}\nwritten to ${folder}: ${Object.keys(files).join(", ")}`);

  async function requested(): Promise<ClaimRequest> {
    if (resume !== undefined) return readStudy(platform, resume, "claim", requestSchema);
    const found = await readClaim(platform, what!);
    const isSaid = command.getOptionValueSource("seeds") === "cli";
    const { protocols = ["official", "pooled"], epochs } = options;
    return {
      ...{ claim: found, named: what!, protocols },
      seeds: isSaid ? options.seeds : found.seeds,
      ...(epochs !== undefined && { epochs }),
    };
  }
}
