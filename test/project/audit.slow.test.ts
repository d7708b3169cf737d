// Known vulnerabilities of what is installed with the package, as the registry knows them today.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { repository } from "../util/paths.ts";
import { npm } from "../util/process.ts";

const audit = suite("audit");

const { stdout } = await npm(["audit", "--omit", "dev", "--json"], repository(""));
const start = stdout.indexOf("{");
const { metadata, vulnerabilities } = (start < 0 ? {} : JSON.parse(stdout.slice(start))) as {
  metadata?: { vulnerabilities: { total: number } };
  vulnerabilities?: Record<string, { severity: string }>;
};

const title = "the registry knows no vulnerability of what is installed with the package";
if (metadata) audit(title, () => assert.equal(vulnerabilities, {}, JSON.stringify(vulnerabilities)));
else {
  audit.skip(title);
  console.log(`skipped: ${title} (it does not answer npm audit here)`);
}

audit.run();
