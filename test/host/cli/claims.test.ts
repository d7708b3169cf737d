import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CLAIMS } from "../../../host/claims/list.ts";
import { fails, hqcnn, json } from "../../util/cli.ts";
import { repository } from "../../util/paths.ts";
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
  const damaged = { claim: shown, verdict: "open", about: [], parts: [{ finding: null, comparison: {} }] };
  writeFileSync(join(folder, "claim-damaged.json"), JSON.stringify(damaged));
  await fails(1, ["claims", "."], ["claim-damaged.json: not written by hqcnn reproduce, or damaged"], { cwd: folder });
  const { published: _, ...claim } = shown;
  writeFileSync(join(folder, "less.json"), JSON.stringify(claim));
  await fails(2, ["reproduce", "less.json"], ["expected one of published and unpublished"], { cwd: folder });
  writeFileSync(join(folder, "other.json"), JSON.stringify({ ...shown, id: "mine", options: { batch: 16 } }));
  await fails(2, ["reproduce", "other.json"], ["the options of the claim mine: --batch: no such option"], {
    cwd: folder,
  });
  await fails(2, ["compare", "--fractions", "0.1", "--severities", "3"], ["--severities: expected --corruptions"]);
  const own = { ...shown, id: "own", data: "own.csv", options: { epochs: 1 } };
  writeFileSync(join(folder, "own.json"), JSON.stringify(own));
  const images = Array.from({ length: 40 }, (_, i) => `cell${i}.png`);
  for (const image of images) copyFileSync(repository("host/examples/cell.png"), join(folder, image));
  const lines = images.map((image, i) => `${image},${"ab"[i % 2]}`);
  writeFileSync(join(folder, "own.csv"), ["image,label", ...lines, ""].join("\n"));
  await fails(2, ["reproduce", "own.json", "--protocols", "official"], ["own.csv has no official split"], {
    cwd: folder,
  });
  await fails(2, ["reproduce", "own.json", "--protocols", "pooled", "--seeds", "1001"], ["at most 1000, got 1001"], {
    cwd: folder,
  });
  await fails(2, ["reproduce", "other.json", "--task", "binary"], ["--task: a claim has its own"], { cwd: folder });
});

test.run();
