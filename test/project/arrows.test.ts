// Who may import whom: the tables are the project's architecture (CONTRIBUTING.md has the picture).
import { posix } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Import, imports, names, parse, sourceFiles } from "../util/sources.ts";

/**
 * Folder or file in assembly/ → what it may import besides itself. Kernels never import memory: pointers arrive as
 * arguments.
 */
const assembly: Record<string, string[]> = {
  index: ["memory", "random", "core", "ops", "quantum", "optim"],
  memory: [],
  simd: [],
  math: ["simd"],
  random: ["math"], // normal numbers take its logarithm, sine and cosine
  core: ["simd"],
  ops: ["core", "simd", "math", "random"], // random: augmentation draws its numbers per image
  quantum: ["simd", "math", "random"], // random: shots and trajectories
  optim: ["simd"],
};

const numeric = ["simulator", "circuit", "engine"];
const working = ["study", "training", "evaluation", "statistics", "network", "datasets", ...numeric];
/** Files beside the folders of host/ that every one of them may import: they import nothing of ours. */
const everybodys = ["host/check.ts", "host/zod.ts"];
/** Folder in host/ → what it may import besides itself and those. */
const host: Record<string, string[]> = {
  engine: [],
  circuit: [],
  statistics: [],
  datasets: ["platform"], // formats/wasm.ts reads the decoders that are shipped
  simulator: ["circuit", "engine"],
  network: ["circuit", "engine"],
  evaluation: ["statistics", "network", "datasets", ...numeric],
  training: ["evaluation", "statistics", "network", "datasets", ...numeric],
  export: ["evaluation", "network", "datasets", ...numeric],
  explain: ["evaluation", "network", "datasets", ...numeric],
  bench: ["network", "datasets", ...numeric],
  study: ["training", "statistics", "network", "datasets", ...numeric],
  comparison: working,
  claims: ["comparison", ...working],
  report: ["claims", "comparison", ...working],
  work: ["api", "report", "claims", "comparison", "explain", "export", "platform", ...working],
  docs: ["claims", "cli", "platform", ...working], // cli: the reference of commands
  platform: [],
  examples: [], // they import the package, as everybody else does
  cli: ["api", "work", "bench", "report", "claims", "comparison", "explain", "platform", ...working],
  web: ["api", "work", "report", "comparison", "explain", "platform", ...working],
};

/** Files right in host/ that put the parts together. */
const roots = ["api", "browser", "browserWorker", "circuits", "index", "train", "worker"].map(
  (name) => `host/${name}.ts`,
);

/** Names that exist on one platform only, and the folders that may use them. */
const platformNames = ["Deno", "Bun", "process", "Buffer", "require", "__dirname", "document", "window", "navigator"];
const platformFolders = ["platform", "cli", "web", "examples"];

const hostFiles = sourceFiles("host").map((path) => ({ path, source: parse(path) }));
const assemblyFiles = sourceFiles("assembly").map((path) => ({ path, source: parse(path) }));

/** "host/cli/main.ts" → "cli"; "assembly/simd.ts" → "simd". */
const area = (path: string): string => path.split("/")[1].replace(/\.tsx?$/, "");

/** Path in the repository of a relative import; undefined for a package. */
function target(path: string, { specifier }: Import): string | undefined {
  return specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier) : undefined;
}

const arrows = suite("arrows");

arrows("reads the sources", () => {
  assert.ok(hostFiles.length > 10, "host/ has files");
  assert.ok(assemblyFiles.length > 10, "assembly/ has files");
  const found = hostFiles.flatMap(({ source }) => imports(source));
  assert.ok(found.some(({ typeOnly }) => typeOnly) && found.some(({ typeOnly }) => !typeOnly));
});

arrows("assembly: every import follows the table", () => {
  const wrong: string[] = [];
  for (const { path, source } of assemblyFiles) {
    for (const found of imports(source)) {
      const to = target(path, found);
      const allowed = [area(path), ...(assembly[area(path)] ?? [])];
      if (!to?.startsWith("assembly/") || !allowed.includes(area(to))) wrong.push(`${path} imports ${found.specifier}`);
    }
  }
  assert.equal(wrong, []);
});

arrows("host: every import follows the table", () => {
  const wrong: string[] = [];
  for (const { path, source } of hostFiles) {
    const from = area(path);
    for (const found of imports(source)) {
      const to = target(path, found);
      if (to === undefined || everybodys.includes(to)) continue;
      // The platform is passed in: only its type is known below.
      if (to === "host/platform/platform.ts" && found.typeOnly) continue;
      const allowed = [from, ...(host[from] ?? [])];
      const ok = to.startsWith("host/") && (roots.includes(path) || allowed.includes(area(to)));
      if (!ok) wrong.push(`${path} imports ${found.specifier}`);
    }
  }
  assert.equal(wrong, []);
});

arrows("host: every folder stands in the table, and every file beside them in the list", () => {
  const folders = hostFiles.filter(({ path }) => path.split("/").length > 2).map(({ path }) => area(path));
  assert.equal(
    [...new Set(folders)].filter((folder) => !(folder in host)),
    [],
  );
  const files = hostFiles.map(({ path }) => path).filter((path) => path.split("/").length === 2);
  assert.equal(files.sort(), [...roots, ...everybodys].sort());
});

arrows("host: no file imports itself, directly or through others, types included", () => {
  const edges = new Map(
    hostFiles.map(({ path, source }) => [
      path,
      imports(source)
        .flatMap((found) => target(path, found) ?? [])
        .filter((to) => to.startsWith("host/")),
    ]),
  );
  const circles: string[] = [];
  const state = new Map<string, "open" | "done">();
  const visit = (path: string, trail: string[]) => {
    if (state.get(path) === "open") circles.push([...trail.slice(trail.indexOf(path)), path].join(" → "));
    if (state.has(path)) return;
    state.set(path, "open");
    for (const to of edges.get(path) ?? []) visit(to, [...trail, path]);
    state.set(path, "done");
  };
  for (const path of edges.keys()) visit(path, []);
  assert.equal(circles, []);
});

arrows("only platform/, cli/, web/ and examples/ name a platform", () => {
  const wrong: string[] = [];
  for (const { path, source } of hostFiles) {
    if (platformFolders.includes(area(path))) continue;
    const modules = imports(source).filter(({ specifier }) => specifier.startsWith("node:"));
    const used = names(source);
    for (const { specifier } of modules) wrong.push(`${path} imports ${specifier}`);
    for (const name of platformNames) if (used.has(name)) wrong.push(`${path} uses ${name}`);
  }
  assert.equal(wrong, []);
});

arrows("only engine/ and the loader of decoders say WebAssembly", () => {
  const users = hostFiles.filter(({ source }) => names(source).has("WebAssembly")).map(({ path }) => path);
  assert.equal(
    users.filter((path) => area(path) !== "engine"),
    ["host/datasets/formats/wasm.ts"],
  );
});

arrows("only assembly/memory.ts allocates", () => {
  const users = assemblyFiles.filter(({ source }) => names(source).has("heap") || /\bmemory\.grow\b/.test(source.text));
  assert.equal(
    users.map(({ path }) => path).filter((path) => path !== "assembly/memory.ts"),
    [],
  );
});

arrows.run();
