import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decode } from "fast-png";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fails, hqcnn, json } from "../../util/cli.ts";
import { medmnistArrays, npz } from "../../util/npz.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const folder = temporaryFolder();
const data = join(folder, "tiny.npz");
const run = join(folder, "run");

const report = suite("hqcnn report");

report.before(async () => {
  writeFileSync(data, await npz(medmnistArrays({ train: 32, val: 16, test: 16 }, { channels: 3, classes: 2 })));
});

report("train writes it and says where; report writes the same again, with pictures as SVG and PNG", async () => {
  const trained = await hqcnn(["train", "--data", data, "--epochs", "1", "--out", run]);
  assert.is(trained.code, 0, trained.stderr);
  assert.ok(trained.stdout.includes(`report       ${join(run, "report.html")}`));
  const first = readFileSync(join(run, "report.html"), "utf8");
  const figures = join(folder, "figures");
  const ended = await hqcnn(["report", run, "--figures", figures, "--json"]);
  assert.is(ended.code, 0, ended.stderr);
  assert.is(readFileSync(join(run, "report.html"), "utf8"), first);
  assert.is(json(ended).report, join(run, "report.html"));
  assert.equal((json(ended).figures as string[]).length, readdirSync(figures).length);
  assert.is((await hqcnn(["report", run, "--figures", figures])).code, 0, "pictures twice in one process");
  for (const name of ["roc", "circuit", "architecture"]) {
    assert.ok(readFileSync(join(figures, `${name}.svg`), "utf8").startsWith("<svg "), name);
    const png = decode(readFileSync(join(figures, `${name}.png`)));
    const shades = new Set(png.data);
    assert.ok(png.width > 400 && shades.size > 20, `${name}: text and lines`);
  }
});

report("data that moved: a warning and a report without images; --data shows them again", async () => {
  const config = JSON.parse(readFileSync(join(run, "config.json"), "utf8"));
  config.options.data = join(folder, "moved.npz");
  writeFileSync(join(run, "config.json"), JSON.stringify(config));
  const out = join(folder, "other.html");
  const without = await hqcnn(["report", run, "--out", out]);
  assert.is(without.code, 0, without.stderr);
  assert.match(without.stderr, /moved\.npz.*--data/);
  assert.not.match(readFileSync(out, "utf8"), /data:image\/png/);
  assert.is((await hqcnn(["report", run, "--out", out, "--data", data])).code, 0);
  assert.match(readFileSync(out, "utf8"), /data:image\/png/);
  await fails(1, ["report", run, "--out", out, "--data", join(folder, "no.npz")], ["no.npz", "no such file"]);
  const another = ["--data", "bloodmnist-sample"];
  await fails(1, ["report", run, "--out", out, ...another], ["expected the run's data set with MD5", config.data.md5]);
});

report("refuses what is no run folder", async () => {
  await fails(1, ["report", join(folder, "no")], ["config.json", "no such file"]);
  assert.not(existsSync(join(folder, "no")));
});

report.run();
