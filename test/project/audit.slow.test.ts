// Known vulnerabilities of what is installed with the package or built in, as the registry knows them today.
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { repository } from "../util/paths.ts";
import { npm } from "../util/process.ts";

const audit = suite("audit");

const { stdout } = await npm(["audit", "--json"], repository(""));
const start = stdout.indexOf("{");
const { metadata, vulnerabilities } = (start < 0 ? {} : JSON.parse(stdout.slice(start))) as {
  metadata?: { vulnerabilities: { total: number } };
  vulnerabilities?: Record<string, { severity: string }>;
};

const title = "the registry knows no vulnerability of what is installed with the package or built in";
if (metadata) {
  audit(title, () => {
    const bom = JSON.parse(readFileSync(repository("build/sbom.cdx.json"), "utf8")) as {
      components: { group?: string; name: string }[];
    };
    const names = bom.components.map(({ group, name }) => (group ? `${group}/${name}` : name));
    assert.ok(names.includes("commander") && names.includes("@zip.js/zip.js"));
    const ours = Object.entries(vulnerabilities ?? {}).filter(([name]) => names.includes(name));
    assert.equal(ours, [], JSON.stringify(ours));
  });
} else {
  audit.skip(title);
  console.log(`skipped: ${title} (it does not answer npm audit here)`);
}

audit.run();
