// node sbom.config.js: writes build/sbom.cdx.json, the software bill of materials of what the package depends on
// (CycloneDX, by npm from package-lock.json). The same lock file gives the same bytes: time and serial number are left out.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const args = ["sbom", "--package-lock-only", "--omit", "dev", "--sbom-format", "cyclonedx"];
const { npm_execpath: npm } = process.env;
const [command, first] = npm?.endsWith(".js") ? [process.execPath, [npm]] : ["npm", []];
const bom = JSON.parse(execFileSync(command, [...first, ...args], { encoding: "utf8", maxBuffer: 1 << 26 }));
const { name } = JSON.parse(readFileSync("package.json", "utf8"));

delete bom.serialNumber;
delete bom.metadata.timestamp;
bom.metadata.component.name = name; // npm takes the folder's
for (const component of bom.components) {
  // npm leaves out what is no SPDX name.
  if (component.name === "dejavu-fonts-ttf") component.licenses = [{ license: { id: "Bitstream-Vera" } }];
}
mkdirSync("build", { recursive: true });
writeFileSync("build/sbom.cdx.json", `${JSON.stringify(bom, null, 1)}\n`);
