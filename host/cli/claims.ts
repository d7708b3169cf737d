import { UsageError } from "../check.ts";
import { CLAIMS, readClaim, shippedClaims } from "../claims/list.ts";
import { publishedText, verdictText } from "../claims/result.ts";
import { csvTable, latexTable } from "../comparison/tables.ts";
import { evidenceTable, reportEvidence } from "../report/claim.ts";
import { readEvidence } from "../work/claims.ts";
import { notForClinicalUse } from "../work/notes.ts";
import type { Define } from "./command.ts";
import { addExamples, addJson, print, printJson, table, warn } from "./terminal.ts";

interface ClaimsOptions {
  show?: string;
  out?: string;
  json?: boolean;
}

/** hqcnn claims */
export const defineClaims: Define = (command, { platform, version }) => {
  command
    .description(
      "Lists published claims about hybrid networks that hqcnn reproduce can test. With folders that hqcnn reproduce " +
        "CLAIM wrote: what the evidence says, in one table; --out also writes one HTML page, CSV and LaTeX.",
    )
    .argument("[folders...]", "folders of claims that were carried out")
    .option("--show <claim>", "print the file of a claim: a start for one of your own")
    .option("--out <folder>", "where to write evidence.html, evidence.csv and evidence.tex")
    .action(async (folders: string[], { show, out, json }: ClaimsOptions) => {
      if (show !== undefined) {
        if (folders.length > 0 || out !== undefined)
          throw new UsageError("--show prints one claim: leave out the rest");
        const { $schema: _, ...claim } = await readClaim(platform, show);
        printJson(claim);
        return;
      }
      if (folders.length === 0) {
        if (out !== undefined) throw new UsageError("--out: expected folders of claims that were carried out");
        const claims = await shippedClaims(platform);
        if (json) {
          printJson(claims);
          return;
        }
        for (const claim of claims) {
          print(
            `${claim.id}\n  ${claim.says}\n  ${publishedText(claim)}\n  ${claim.source.url ?? claim.source.title}\n`,
          );
        }
        print(`hqcnn reproduce ${CLAIMS[0]} trains the networks of a claim and says what becomes of it`);
        return;
      }
      const { results, warnings } = await readEvidence(platform, folders);
      warn(warnings);
      const written: string[] = [];
      if (out !== undefined) {
        await platform.makeFolder(out);
        const commands = results.map(({ about }) => about[0]);
        const rows = evidenceTable(results);
        const files = {
          "evidence.html": reportEvidence(results, commands, version),
          "evidence.csv": `${csvTable(rows)}\n`,
          "evidence.tex": `${latexTable(rows)}\n`,
        };
        for (const [name, text] of Object.entries(files)) {
          await platform.writeFile(platform.join(out, name), text);
          written.push(platform.join(out, name));
        }
      }
      if (json) {
        const verdicts = results.map(({ claim, verdict, parts, epochs }) => ({
          ...{ claim: claim.id, verdict, epochs },
          findings: parts.map(({ protocol, finding }) => ({ protocol, ...finding })),
        }));
        printJson({ verdicts, written, note: notForClinicalUse, warnings });
        return;
      }
      print(table(evidenceTable(results)));
      print(`\n${results.map(verdictText).join("\n")}\n${notForClinicalUse}`);
      if (written.length > 0) print(`written: ${written.join(", ")}`);
    });
  addJson(command);
  addExamples(command, "claims", "claims --show 2512.02066-breastmnist", "claims runs/one runs/two --out evidence");
};
