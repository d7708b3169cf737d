import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CLAIMS } from "../../../host/claims/list.ts";
import { fails, hqcnn, json } from "../../util/cli.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const test = suite("hqcnn claims");
const folder = temporaryFolder();

test("lists what can be tested, and prints a file to start from", async () => {
  const { stdout } = await hqcnn(["claims"]);
  for (const name of CLAIMS) assert.match(stdout, name);
  const shown = json(await hqcnn(["claims", "--show", CLAIMS[0]]));
  assert.is(shown.id, CLAIMS[0]);
  await fails(2, ["claims", "--show", "nobody"], ["thesis-bloodmnist"]);
  await fails(2, ["reproduce", "nobody"], ["thesis-bloodmnist", "JSON file"]);
  const { published: _, ...claim } = shown;
  writeFileSync(join(folder, "less.json"), JSON.stringify(claim));
  await fails(2, ["reproduce", "less.json"], ["expected one of published and unpublished"], { cwd: folder });
  writeFileSync(join(folder, "other.json"), JSON.stringify({ ...shown, id: "mine", options: { batch: 16 } }));
  await fails(2, ["reproduce", "other.json"], ["the options of the claim mine: --batch: no such option"], {
    cwd: folder,
  });
  await fails(2, ["compare", "--fractions", "0.1", "--severities", "3"], ["--severities: expected --corruptions"]);
  await fails(2, ["reproduce", "other.json", "--task", "binary"], ["--task: a claim has its own"], { cwd: folder });
});

test.run();
