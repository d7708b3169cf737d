// Trains a network: corruptions and attacks must hurt one that has learned something, the stronger the more.
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { corruptionsOf, SEVERITIES } from "../../../host/evaluation/corruptions/table.ts";
import { hqcnn, json } from "../../util/cli.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const test = suite("robustness of a trained network");
const run = join(temporaryFolder(), "run");

test.before(async () => {
  const ended = await hqcnn(["train", "--epochs", "12", "--out", run]);
  assert.is(ended.code, 0, ended.stderr);
});

test("the stronger the corruption, the larger the error", async () => {
  const ended = await hqcnn(["evaluate", run, "--split", "val", "--corruptions", "--json"]);
  const { corruptions } = json(ended) as {
    corruptions: {
      clean: { balanced_error: number };
      rows: { corruption: string; severity: number; balanced_error: number }[];
    };
  };
  const { clean, rows } = corruptions;
  assert.is(rows.length, 70);
  const means = SEVERITIES.map((severity) => {
    const errors = rows.filter((row) => row.severity === severity).map((row) => row.balanced_error);
    return errors.reduce((sum, error) => sum + error / errors.length, 0);
  });
  assert.ok(means[0] > clean.balanced_error, `${means[0]} and clean ${clean.balanced_error}`);
  for (let i = 1; i < means.length; i++) assert.ok(means[i] > means[i - 1], `means ${means}`);
  for (const name of corruptionsOf(3)) {
    const errors = rows.filter(({ corruption }) => corruption === name).map((row) => row.balanced_error);
    // Blood cells have no up and down; elsewhere three points are the chance of 256 images.
    const least = name === "rotation" ? -0.04 : 0.03;
    assert.ok(errors[4] - errors[0] > least, `${name}: ${errors}`);
    // Of two classes guessing has 0.5: from there on more strength changes nothing.
    const known = errors.map((error) => Math.min(error, 0.45));
    for (let i = 1; i < 5; i++) assert.ok(known[i] > known[i - 1] - 0.03, `${name}: ${errors}`);
  }
});

test("an attack of several steps does more than one of one step, which does more than none", async () => {
  const errors = async (attack: string) => {
    const ended = await hqcnn([
      "evaluate",
      run,
      "--split",
      "val",
      "--attack",
      attack,
      "--epsilon",
      "0.01,0.03",
      "--json",
    ]);
    const { rows } = (json(ended) as { attack: { rows: { epsilon: number; error: number }[] } }).attack;
    assert.equal(
      rows.map(({ epsilon }) => epsilon),
      [0, 0.01, 0.03],
    );
    return rows.map(({ error }) => error);
  };
  const [fgsm, pgd] = [await errors("fgsm"), await errors("pgd")];
  assert.ok(fgsm[0] < fgsm[1] && fgsm[1] < fgsm[2], String(fgsm));
  assert.is(pgd[0], fgsm[0]);
  assert.ok(pgd[1] >= fgsm[1] - 0.01 && pgd[2] >= fgsm[2], `${pgd} and ${fgsm}`);
});

test.run();
