import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createNodePlatform } from "../../../host/platform/node.ts";
import { asHandedRun, type HandedRun, isShared, markFolder, withCarried } from "../../../host/study/handed.ts";
import { parseTrainOptions } from "../../../host/training/parse.ts";
import { refused } from "../../util/refusal.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const platform = createNodePlatform();
const handed = suite("study/handed");
const options = parseTrainOptions({});
const run = (study: string, more: Partial<HandedRun> = {}): HandedRun => ({
  ...{ id: "run", folder: join(study, "run"), options, engine: "e", md5: "m" },
  ...more,
});

handed("a folder is shared where its mark is; one of the same name alone is another one", async () => {
  const study = join(temporaryFolder(), "study");
  const token = await markFolder(platform, study);
  assert.is(await markFolder(platform, study), token, "a folder keeps its mark");
  const own = await withCarried(run(study), token, 0);
  assert.ok(await isShared(platform, own));
  renameSync(study, `${study}-elsewhere`);
  assert.not(await isShared(platform, own), "not there");
  mkdirSync(study);
  assert.not(await isShared(platform, own), "without a mark");
  writeFileSync(join(study, ".queue"), "another one's");
  assert.not(await isShared(platform, own), "with another mark");
});

handed("the key in the store is that of folder, options and data; epochs and mark do not matter", async () => {
  const keyOf = async (one: HandedRun, epochs = 0) => (await withCarried(one, "t", epochs)).carried!.key;
  const key = await keyOf(run("/a"));
  assert.match(key, /^run-[0-9a-f]{12}$/);
  assert.is(await keyOf(run("/a", { until: 3 }), 5), key);
  const others = [run("/b"), run("/a", { md5: "n" }), run("/a", { options: parseTrainOptions({ seed: 1 }) })];
  for (const other of others) assert.is.not(await keyOf(other), key);
});

handed("a key that leaves the folder is refused", async () => {
  const own = await withCarried(run("/a"), "t", 0);
  assert.is(asHandedRun(platform, own, "job").carried!.key, own.carried!.key);
  for (const key of ["../run-0123456789ab", "a/b-0123456789ab", "run"]) {
    const wrong = { ...own, carried: { ...own.carried, key } };
    await refused(() => asHandedRun(platform, wrong, "job"), "expected a run that hqcnn study has handed over");
  }
});

handed.run();
