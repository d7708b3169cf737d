import type { Command } from "commander";
import { loadEngine } from "../api.ts";
import type { Engine, EngineName } from "../engine/load.ts";
import type { Platform } from "../platform/platform.ts";
import { addOptions } from "./options.ts";
import { warn } from "./terminal.ts";

export interface EngineOptions {
  engine: EngineName;
  /** 0: one a processor. */
  threads: number;
}

/** --engine and --threads for a command that only runs a model. */
export function addEngine(command: Command, threads = 0): void {
  addOptions(command, ["engine", "threads"], { threads: { default: threads } });
}

/** The engine of the options; says on stderr where it is not what was asked for. */
export async function openEngine({ engine: build, threads }: EngineOptions, platform: Platform): Promise<Engine> {
  const engine = await loadEngine({ build, threads: threads === 0 ? undefined : threads, platform });
  if (engine.note) warn([engine.note]);
  return engine;
}
