import { constants } from "node:os";
import { type Command, InvalidArgumentError } from "commander";
import type { OnProgress } from "../datasets/types.ts";
import { write } from "./streams.ts";

/**
 * What acts on a terminal instead of being shown: control characters (all but tab and line feed), line separators, and
 * the marks that turn the direction of writing. File names, class names and answers of servers may hold them.
 */
// The ranges of Cc, Bidi_Control, Zl and Zp: looking those up takes longer than all other work on a line.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const acting = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Text in which every acting character is written as \u001b and the like: JSON stays the same JSON. */
export function visible(text: string): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return text.replace(acting, (character) => ("\n\t".includes(character) ? character : escaped(character)));
}

/** The same on one line: a name with a line feed in it cannot pass for a line of ours. */
export function onOneLine(text: string): string {
  return visible(text).replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}

/** What is typed to start this program from where it was started: npm does not put it on the PATH. */
function calledAs(): string {
  const { npm_lifecycle_event: script, npm_command: command } = process.env;
  if (script === "start" || script === "hqcnn") return "npm run -s hqcnn --";
  return command === "exec" ? "npx hqcnn" : "hqcnn";
}

/** Text with its commands as they can be typed here: "…: hqcnn predict RUN" becomes "…: npx hqcnn predict RUN". */
function withCommands(text: string): string {
  return text.replaceAll(/(?<=: )hqcnn (?=[a-z])/g, `${calledAs()} `);
}

/** All text for stdout goes through here. */
export function print(text: string): void {
  write("stdout", `${visible(withCommands(text))}\n`);
}

export function printJson(value: object): void {
  write("stdout", `${visible(JSON.stringify(value))}\n`);
}

/** All text for stderr goes through here: notes, warnings, errors. Lines after the first are indented. */
export function note(text: string): void {
  write("stderr", `${visible(withCommands(text)).replaceAll("\n", "\n  ")}\n`);
}

/** Warnings and notes go to stderr: stdout keeps what was asked for. */
export function warn(warnings: readonly string[]): void {
  for (const warning of warnings) note(`warning: ${warning}`);
}

/** Rows as lines with aligned columns; the columns in `right` are aligned to the right. */
export function table(cells: readonly (readonly string[])[], right: readonly number[] = []): string {
  const rows = cells.map((row) => row.map(onOneLine));
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const cell = (text: string, column: number) =>
    right.includes(column) ? text.padStart(widths[column]) : text.padEnd(widths[column]);
  return rows.map((row) => row.map(cell).join("  ").trimEnd()).join("\n");
}

/** Adds --json, which every command has. */
export function addJson(command: Command, description = "print one JSON object"): Command {
  return command.option("--json", description);
}

/** The last part of every command's help. */
export function addExamples(command: Command, ...examples: string[]): Command {
  const lines = examples.map((example) => `  $ hqcnn ${example}\n`).join("");
  return command.addHelpText("after", `\nExample${examples.length > 1 ? "s" : ""}:\n${lines}`);
}

/** Parses a number given on the command line. */
export function parseNumber(text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isNaN(value)) throw new InvalidArgumentError("Expected a number.");
  return value;
}

/** Parses labels such as "1,2". */
export function parseNumbers(text: string): number[] {
  return text.split(",").map(parseNumber);
}

/** A parser of names with commas between, each once. */
export function parseChoices<Name extends string>(choices: readonly Name[]): (text: string) => Name[] {
  return (text) => {
    const names = [...new Set(text.split(","))];
    const known = names.every((name) => (choices as readonly string[]).includes(name));
    if (!known) throw new InvalidArgumentError(`There are ${choices.join(", ")}.`);
    return names as Name[];
  };
}

/** A progress line on stderr. */
export interface Bar {
  /** `note` stands behind the bar. */
  update(done: number, total: number | null, note: string): void;
  /** Takes the bar off the screen. */
  stop(): void;
}

/** A progress bar; does nothing unless stderr is a terminal. */
export async function createBar(): Promise<Bar> {
  if (!process.stderr.isTTY) return { update() {}, stop() {} };
  const { default: progress } = await import("cli-progress");
  const bar = new progress.SingleBar({
    format: "{bar} {percentage} % {note}",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 30,
    clearOnComplete: true,
    gracefulExit: false, // signals are ours
  });
  let running = false;
  return {
    update(done, total, text) {
      const note = onOneLine(text);
      if (running) bar.setTotal(total ?? 1);
      else bar.start(total ?? 1, 0, { note });
      running = true;
      bar.update(total === null ? 0 : done, { note });
    },
    stop() {
      if (running) bar.stop();
      running = false;
    },
  };
}

/** Milliseconds of reading that nothing is shown of. */
const QUIET = 1000;

/** What a bar shows while data are read, once that takes longer than a second. */
export function readingOn(bar: Bar): OnProgress {
  const started = performance.now();
  return (done, total, what = `${done} of ${total} images read`) => {
    if (performance.now() - started >= QUIET) bar.update(done, total, what);
  };
}

/** Opens data with a bar. */
export async function withReading<T>(open: (onProgress: OnProgress) => Promise<T>): Promise<T> {
  const bar = await createBar();
  return open(readingOn(bar)).finally(() => bar.stop());
}

/** Seconds as "1:05" or "1:02:05". */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, "0");
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Ctrl-C and SIGTERM as an AbortSignal. */
export interface Interrupt {
  signal: AbortSignal;
  /** What the shell expects of a program stopped by this signal: 130 after Ctrl-C. 0 while none came. */
  readonly exitCode: number;
}

/** From now on the first signal aborts and shows `message`; a second one ends the program at once. */
export function listenForInterrupt(message: string): Interrupt {
  const controller = new AbortController();
  let exitCode = 0;
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (exitCode !== 0) process.exit(exitCode);
      exitCode = 128 + constants.signals[name];
      write("stderr", "\n");
      note(message);
      controller.abort();
    });
  }
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
  };
}
