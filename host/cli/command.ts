import type { Command } from "commander";
import type { Platform } from "../platform/platform.ts";

/** What a command gets beside its arguments. */
export interface Context {
  platform: Platform;
  /** Of this package. */
  version: string;
}

/** Adds a command's arguments, options, help and action. */
export type Define = (command: Command, context: Context) => void;
