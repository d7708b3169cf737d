import { describeOption, flag, optionText, ROWS } from "./options.ts";
import { GROUPS, type Row } from "./table/row.ts";

/** The reference of every option as a Markdown page. */
export function optionsReference(): string {
  const sections = GROUPS.map((group) => {
    const rows = ROWS.filter((row) => row.group === group);
    return [`## ${group}`, table(rows)].join("\n\n");
  });
  return `# Options of training

Options of \`hqcnn train\` and, but for those that a comparison decides itself, of \`hqcnn compare\`. The name of an
option in a configuration file and in the API is the one in the second column; the element \`<hqcnn-lab>\` takes the
first without its dashes as an attribute. \`hqcnn train --schema\` prints the JSON Schema of a configuration file.

${sections.join("\n\n")}
`;
}

function table(rows: readonly (Row & { name: string })[]): string {
  const lines = rows.map((row) => {
    const { kind, name } = row;
    const typed = kind.type === "boolean" ? optionText(name, !row.default) : flag(name);
    const values = kind.choices ? `; one of ${kind.choices.map((choice) => `\`${choice}\``).join(", ")}` : "";
    const standard = row.default === undefined ? "" : `\`${JSON.stringify(row.default)}\``;
    return [`\`${typed}\``, `\`${name}\``, standard, `${describeOption(row)}${values}`];
  });
  return [["option", "name", "default", "what it does"], ["---", "---", "---", "---"], ...lines]
    .map(markdownRow)
    .join("\n");
}

/** A row of a Markdown table. */
export function markdownRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
}
