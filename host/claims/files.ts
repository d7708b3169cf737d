import { csvTable, latexTable, markdownTable, verdicts } from "../comparison/tables.ts";
import {
  bibtex,
  type ClaimResult,
  claimTable,
  findingText,
  methodsText,
  publishedText,
  verdictText,
} from "./result.ts";

/** Name of a file of a claim: several claims may share a folder, and with it their runs. */
export const claimFile = (id: string, ending: string) => `claim-${id}.${ending}`;

/** The files of a carried out claim that go beside its runs, by name. @param about lines on how it came about */
export function claimFiles(result: ClaimResult, about: readonly string[], version: string): Record<string, string> {
  const { claim, parts } = result;
  const table = claimTable(result);
  return {
    [claimFile(claim.id, "json")]: `${JSON.stringify({ ...result, version, about }, null, 2)}\n`,
    [claimFile(claim.id, "csv")]: `${csvTable(table)}\n`,
    [claimFile(claim.id, "tex")]: `% ${verdictText(result)}\n${latexTable(table)}\n`,
    [claimFile(claim.id, "bib")]: `${bibtex([claim], version)}\n`,
    [claimFile(claim.id, "md")]: [
      `# ${claim.id}`,
      claim.says,
      `**${verdictText(result)}**`,
      [`- published: ${publishedText(claim)}`, ...parts.map((part) => `- ${findingText(claim, part)}`)].join("\n"),
      markdownTable(table),
      methodsText(result, version),
      `Assumed:\n\n${claim.assumed.map((line) => `- ${line}`).join("\n")}`,
      parts
        .map(
          ({ protocol, comparison }) =>
            `${protocol}:\n\n${verdicts(comparison)
              .map((line) => `- ${line}`)
              .join("\n")}`,
        )
        .join("\n\n"),
      `${about.map((line) => `- ${line}`).join("\n")}\n`,
    ].join("\n\n"),
  };
}
