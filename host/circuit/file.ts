import { parseCircuit, parseCircuits } from "./json.ts";
import { importQasm } from "./qasm/import.ts";
import type { Template } from "./templates.ts";

/** A circuit out of a file. */
export interface CircuitFile extends Template {
  /** What the file calls inputs and weights; for JSON none. */
  inputs: readonly string[];
  weights: readonly string[];
  /** What was read and left out. */
  notes: readonly string[];
}

/**
 * Reads the circuits of a file: one, or a JSON list of several.
 * @throws as parseCircuitFile does
 */
export function parseCircuitFiles(text: string, name: string): CircuitFile[] {
  const clean = text.replace(/^\ufeff/, "");
  if (isQasm(clean, name)) return [importQasm(clean, name)];
  return parseCircuits(clean, name).map((template) => ({ ...template, inputs: [], weights: [], notes: [] }));
}

function isQasm(text: string, name: string): boolean {
  return /\.qasm\d?$/i.test(name) || /^(\s|\/\/[^\n]*\n|\/\*[\s\S]*?\*\/)*OPENQASM\b/.test(text);
}

/**
 * Reads a circuit from JSON or OpenQASM, whichever the text is.
 * @throws UsageError with line and column for what is not understood or cannot be
 */
export function parseCircuitFile(text: string, name: string): CircuitFile {
  const clean = text.replace(/^\ufeff/, "");
  if (isQasm(clean, name)) return importQasm(clean, name);
  return { ...parseCircuit(clean, name), inputs: [], weights: [], notes: [] };
}
