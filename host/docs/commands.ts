import type { Argument, Command, Option } from "commander";
import { MEASURE_GROUP } from "../cli/measureFlags.ts";
import { everyCommand } from "../cli/run.ts";
import { flag, ROWS } from "../training/options.ts";
import { markdownRow } from "../training/reference.ts";

/** The reference of every command as a Markdown page. */
export async function commandsReference(): Promise<string> {
  const { commands } = await everyCommand();
  return `# Commands

What \`hqcnn COMMAND --help\` says. \`hqcnn\` stands for \`npx hqcnn\`, in a clone for \`npm run -s hqcnn --\`. Every command ends with exit code 0
on success, 1 on failure, 2 when it was called wrongly, and 128 + the signal's number when it was stopped. The options of training that several commands
share are in [Options of training](options.md).

${commands.map((command) => section(command, command.name())).join("\n\n")}
`;
}

function section(command: Command, name: string): string {
  const shared = command.options.filter(isOfTraining);
  const own = command.options.filter((option) => !isOfTraining(option) && !option.hidden);
  const parts = [
    `## ${name}`,
    `\`hqcnn ${name} ${command.usage()}\``,
    escaped(command.description() || command.summary()),
    table("argument", command.registeredArguments.map(argumentRow)),
    table("option", own.map(optionRow)),
    shared.length === 0 ? "" : `It also takes ${shared.length} [options of training](options.md).`,
    ...command.commands.map((sub) => section(sub, `${name} ${sub.name()}`)),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

const flags = new Set(ROWS.map(({ name }) => flag(name)));

/** Whether an option is a row of the table of training; those of measuring have the names of some, and are others. */
function isOfTraining({ long, helpGroupHeading }: Option): boolean {
  return helpGroupHeading !== MEASURE_GROUP && flags.has((long ?? "").replace(/^--no-/, "--"));
}

function argumentRow(argument: Argument): string[] {
  const { required, variadic, description } = argument;
  const name = `${argument.name()}${variadic ? "…" : ""}`;
  return [`\`${required ? `<${name}>` : `[${name}]`}\``, "", escaped(description)];
}

function optionRow({ flags, description, defaultValue, negate, argChoices }: Option): string[] {
  const isSaid = defaultValue === undefined || negate || defaultValue === false || String(defaultValue) === "";
  const choices = argChoices ? `; one of ${argChoices.map((choice) => `\`${choice}\``).join(", ")}` : "";
  return [`\`${flags}\``, isSaid ? "" : `\`${JSON.stringify(defaultValue)}\``, `${escaped(description)}${choices}`];
}

/** Text of a terminal in Markdown: lines that it breaks itself stay, and nothing in it is a tag. */
function escaped(text: string): string {
  return text
    .replaceAll("<", "&lt;")
    .replaceAll("*", "\\*")
    .replaceAll(/\n(?=\S)/g, "\n\n")
    .replaceAll(/\n {2}/g, "\n- ");
}

function table(head: string, rows: string[][]): string {
  if (rows.length === 0) return "";
  return [[head, "default", "what it does"], ["---", "---", "---"], ...rows].map(markdownRow).join("\n");
}
