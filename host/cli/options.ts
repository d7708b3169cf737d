import { type Command, Option } from "commander";
import * as z from "zod";
import { HqcnnError, isRecord } from "../check.ts";
import type { Platform } from "../platform/platform.ts";
import { flag, optionText, type TrainOptions, trainOptionsSchema } from "../training/options.ts";
import { parseNumber, parseNumbers } from "./terminal.ts";

/** One command line option for each option of training but those in `without`; returns their names. */
export function addTrainOptions(command: Command, without: readonly (keyof TrainOptions)[] = []): string[] {
  const { properties = {} } = z.toJSONSchema(trainOptionsSchema, { io: "input" });
  const offered = Object.entries(properties).filter(([key]) => !without.includes(key as keyof TrainOptions));
  for (const [key, property] of offered) {
    if (typeof property === "boolean") continue;
    const { type, description = "", default: standard, enum: choices } = property;
    const value = choices ? "name" : (placeholders[String(type)] ?? "text");
    const name = type === "boolean" ? optionText(key, !standard) : `${flag(key)} <${value}>`;
    const option = new Option(name, description);
    if (choices) option.choices(choices.map(String));
    if (type === "integer" || type === "number") option.argParser(parseNumber);
    if (type === "array") option.argParser(parseNumbers);
    if (standard !== undefined && typeof standard !== "boolean") option.default(standard);
    command.addOption(option);
  }
  return offered.map(([key]) => key);
}

const placeholders: Record<string, string> = { integer: "n", number: "number", array: "labels" };

/**
 * The object in a --config file, or the options in a run's config.json, but for those of `without`, which the command
 * decides itself.
 */
export async function readConfig(platform: Platform, path?: string, without: readonly string[] = []): Promise<object> {
  if (path === undefined) return {};
  let config: unknown;
  try {
    config = JSON.parse(new TextDecoder().decode(await platform.readFile(path)));
  } catch (error) {
    if (error instanceof HqcnnError) throw error;
    throw new HqcnnError(`${path}: expected JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (!isRecord(config)) throw new HqcnnError(`${path}: expected a JSON object of options`);
  const options = isRecord(config.options) ? config.options : config;
  return Object.fromEntries(Object.entries(options).filter(([key]) => !without.includes(key)));
}
