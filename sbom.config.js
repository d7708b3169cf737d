// node sbom.config.js: writes build/sbom.cdx.json, the software bill of materials of what the package depends on or has
// built in (CycloneDX, by npm from package-lock.json). The same lock file gives the same bytes: time and serial number
// are left out.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtIn, treeOf } from "./libraries.config.js";

// npm's own --omit dev leaves out packages that the tests use too: it gets a manifest and a lock file without those of
// the tests, where what is built in is a dependency.
const { devDependencies, scripts, wireit, ...manifest } = JSON.parse(readFileSync("package.json", "utf8"));
const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
const kept = treeOf(lock.packages, builtIn);
const packages = Object.entries(lock.packages).filter(([path, { dev }]) => !dev || kept.has(path));
for (const [, entry] of packages) delete entry.dev;
const versions = Object.fromEntries(builtIn.map((name) => [name, devDependencies[name]]));
manifest.dependencies = { ...manifest.dependencies, ...versions };
const root = { ...lock.packages[""], dependencies: manifest.dependencies, devDependencies: undefined };
lock.packages = { ...Object.fromEntries(packages), "": root };
delete manifest.overrides;

const folder = mkdtempSync(join(tmpdir(), "hqcnn-sbom-"));
let bom;
try {
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(folder, "package-lock.json"), JSON.stringify(lock));
  const args = ["sbom", "--package-lock-only", "--sbom-format", "cyclonedx"];
  const { npm_execpath: npm } = process.env;
  const [command, first] = npm?.endsWith(".js") ? [process.execPath, [npm]] : ["npm", []];
  bom = JSON.parse(execFileSync(command, [...first, ...args], { cwd: folder, encoding: "utf8" }));
} finally {
  rmSync(folder, { recursive: true });
}

delete bom.serialNumber;
delete bom.metadata.timestamp;
bom.metadata.component.name = lock.name; // npm takes the folder's
for (const component of bom.components) {
  // npm leaves out what is no SPDX name.
  if (component.name === "dejavu-fonts-ttf") component.licenses = [{ license: { id: "Bitstream-Vera" } }];
}
mkdirSync("build", { recursive: true });
writeFileSync("build/sbom.cdx.json", `${JSON.stringify(bom, null, 1)}\n`);
