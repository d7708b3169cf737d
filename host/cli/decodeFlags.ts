import type { Command } from "commander";
import { UsageError } from "../check.ts";
import type { DecodeOptions } from "../datasets/formats/decode.ts";
import { parseNumber } from "./terminal.ts";

/** How files become 8-bit pixels, as the command line gives it. */
export interface DecodeFlags {
  frame?: number | "all";
  window?: [number, number];
  range?: [number, number] | "auto";
  maxPixels?: number;
}

/** The options of every command that reads pictures. */
export function addDecodeFlags(command: Command, { all = false } = {}): Command {
  return command
    .option(
      all ? "--frame <n|all>" : "--frame <n>",
      `frame or page of a file with several, from 0${all ? "; all of them" : ""} (default: the first, and said)`,
      (text) => parseFrame(text, all),
    )
    .option("--window <center,width>", "window in place of the file's own, in the units of its values", (text) =>
      pair(text, "--window", "40,400"),
    )
    .option("--range <low,high>", "what becomes black and white; auto: smallest and largest value", (text) =>
      text === "auto" ? text : pair(text, "--range", "0,4095"),
    )
    .option("--max-pixels <n>", "pixels of a picture at most (default: 67108864, as 8192 × 8192)", (text) =>
      atLeastOne(text, "--max-pixels"),
    );
}

/** The decoder's options out of a command's; impossible ones are refused. */
export function decodeOptions({ frame, window, range, maxPixels }: DecodeFlags): DecodeOptions {
  if (window && range) throw new UsageError("--window and --range exclude each other: choose one");
  if (window && !(window[1] >= 1)) throw new UsageError(`--window: expected a width of at least 1, got ${window[1]}`);
  if (Array.isArray(range) && !(range[1] > range[0]))
    throw new UsageError(`--range: expected the larger value second, got ${range.join(",")}`);
  return { frame, window, range, maxPixels };
}

function parseFrame(text: string, all: boolean): number | "all" {
  if (all && text === "all") return text;
  const number = parseNumber(text);
  if (Number.isInteger(number) && number >= 0) return number;
  throw new UsageError(`--frame: expected a whole number from 0${all ? " or all" : ""}, got ${text}`);
}

function pair(text: string, flag: string, example: string): [number, number] {
  const numbers = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (numbers.length === 2 && numbers.every((number) => Math.abs(number) <= 1e12)) return [numbers[0], numbers[1]];
  throw new UsageError(`${flag}: expected two numbers, as in ${example}, got ${text}`);
}

function atLeastOne(text: string, flag: string): number {
  const number = parseNumber(text);
  if (Number.isInteger(number) && number >= 1) return number;
  throw new UsageError(`${flag}: expected a whole number of at least 1, got ${text}`);
}
