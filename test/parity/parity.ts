import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { HqcnnError } from "../../host/check.ts";
import type { EngineBuild } from "../../host/engine/load.ts";
import { compileBuild } from "../util/builds.ts";
import { compareCircuits } from "./circuits.ts";
import { compareMetrics } from "./metrics.ts";
import { compareNetwork } from "./network.ts";
import { passes, type Section } from "./report.ts";

export interface Parity {
  pass: boolean;
  engine: EngineBuild;
  folder: string;
  /** Golden files that the folder lacks; what they hold was not compared. */
  missing: string[];
  sections: Record<string, Section>;
}

const FILES = ["network.safetensors", "network.json", "circuits.json", "metrics.json"] as const;

/**
 * Compares the engine with every golden file of a folder (form: ../shared/parity/README.md).
 * @throws HqcnnError when the folder has none of them, or one that is damaged
 */
export async function compareFolder(folder: string, build: EngineBuild): Promise<Parity> {
  const path = (name: string) => join(folder, name);
  const missing = FILES.filter((name) => !existsSync(path(name)));
  if (missing.length === FILES.length) throw new HqcnnError(`${folder}: expected a folder with ${FILES.join(", ")}.`);
  if (missing.filter((name) => name.startsWith("network")).length === 1) {
    throw new HqcnnError(`${folder}: network.safetensors and network.json belong together, one is missing.`);
  }
  const has = (name: (typeof FILES)[number]) => !missing.includes(name);
  const text = (name: string) => readFileSync(path(name), "utf8");
  const engine = await compileBuild(build);
  const sections: Record<string, Section> = {};
  if (has("network.json")) {
    sections.network = compareNetwork(
      engine,
      new Uint8Array(readFileSync(path("network.safetensors"))),
      text("network.json"),
    );
  }
  if (has("circuits.json")) sections.circuits = compareCircuits(engine, text("circuits.json"));
  if (has("metrics.json")) sections.metrics = compareMetrics(text("metrics.json"));
  return { pass: Object.values(sections).every(passes), engine: build, folder, missing, sections };
}
