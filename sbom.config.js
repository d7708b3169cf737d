// node sbom.config.js: writes build/sbom.cdx.json, the software bill of materials of what the package depends on
// (CycloneDX, by npm from package-lock.json). The same lock file gives the same bytes: time and serial number are left
// out.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// npm's own --omit dev leaves out packages that the tests use too: it gets a lock file without those of the tests.
const { devDependencies: _, scripts, wireit, ...manifest } = JSON.parse(readFileSync("package.json", "utf8"));
const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
const packages = Object.entries(lock.packages).filter(([, { dev }]) => !dev);
lock.packages = { ...Object.fromEntries(packages), "": { ...lock.packages[""], devDependencies: undefined } };
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
