import { type Command, Option } from "commander";
import { loadEngine } from "../api.ts";
import { ENGINE_NAMES, type Engine, type EngineName } from "../engine/load.ts";
import type { Platform } from "../platform/platform.ts";
import { parseNumber, warn } from "./terminal.ts";

export interface EngineOptions {
  engine: EngineName;
  /** 0: one a processor. */
  threads: number;
}

/** --engine and --threads for a command that only runs a model. */
export function addEngine(command: Command, threads = 0): void {
  command
    .addOption(new Option("--engine <name>", "engine build").choices(ENGINE_NAMES).default("strict"))
    .option("--threads <n>", "threads, 0: one a processor", parseNumber, threads);
}

/** The engine of the options; says on stderr where it is not what was asked for. */
export async function openEngine({ engine: build, threads }: EngineOptions, platform: Platform): Promise<Engine> {
  const engine = await loadEngine({ build, threads: threads === 0 ? undefined : threads, platform });
  if (engine.note) warn([engine.note]);
  return engine;
}
