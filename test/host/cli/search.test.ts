import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import { fails } from "../../util/cli.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const search = suite("hqcnn study: what is refused");
const folder = temporaryFolder();
const write = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

search("files that are no study, or cannot be trained", async () => {
  const file = write("bad.yaml", "base: {epoch: 2}");
  for (const command of [
    ["study", file],
    ["study", "plan", file],
  ]) {
    await fails(2, command, [`${file}: base.epoch: no such option; epochs?`]);
  }
  await fails(1, ["study", join(folder, "none.yaml")], ["no such file"]);
  await fails(1, ["study", write("data.json", '{"data": ["nowhere.npz"]}')], ["nowhere.npz"]);
  await fails(2, ["study", write("big.json", '{"seeds": 10000, "grid": {"lr": [1, 2]}}')], ["at most 10000 runs"]);
});

search("folders without a study", async () => {
  mkdirSync(join(folder, "empty"));
  for (const command of ["status", "report"]) {
    await fails(1, ["study", command, join(folder, "empty")], [join(folder, "empty", "study.study.json")]);
  }
  writeFileSync(join(folder, "empty", "study.study.json"), '{"command": "study", "options": {"spec": 1}, "runs": []}');
  await fails(1, ["study", "status", join(folder, "empty")], ["not written by hqcnn study, or damaged"]);
  await fails(2, ["study", "table", join(folder, "empty"), "--format", "x"], ["There are text, csv"]);
});

search.run();
