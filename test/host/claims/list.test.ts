import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CLAIMS, readClaim, shippedClaims } from "../../../host/claims/list.ts";
import { bibtex, publishedText, questionOf } from "../../../host/claims/result.ts";
import { missingAblation } from "../../../host/comparison/ablations.ts";
import { comparisonOptions } from "../../../host/comparison/options.ts";
import { createNodePlatform } from "../../../host/platform/node.ts";
import { headOf } from "../../../host/training/head.ts";
import { repository } from "../../util/paths.ts";
import { refused } from "../../util/refusal.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const test = suite("claims/list");
const platform = createNodePlatform();
const claims = await shippedClaims(platform);

test("every file is in the list, and every name has its file", () => {
  const files = readdirSync(repository("host/claims/data")).map((name) => name.replace(/\.json$/, ""));
  assert.equal(files.sort(), [...CLAIMS].sort());
});

test("every claim's network can be built, and has its ablations", () => {
  for (const claim of claims) {
    const { options, notes } = comparisonOptions({ ...claim.options, data: claim.data });
    assert.equal(notes, [], claim.id);
    headOf(options);
    for (const name of [claim.baseline, ...claim.ablations])
      assert.is(missingAblation(options, name), null, `${claim.id}: ${name}`);
  }
});

test("what is published, in words", () => {
  const texts = Object.fromEntries(claims.map((claim) => [claim.id, publishedText(claim)]));
  assert.is(texts["thesis-bloodmnist"], "accuracy 99.12 % beside 72.60 of the CNN alone: +26.52 points; 1 training");
  assert.match(texts["2509.14277-organamnist"], "accuracy 99.95 % beside 93.50 of MedMNIST");
  assert.match(texts["2508.18161-organamnist"], "no numbers at hand");
  const question = questionOf(claims.find(({ id }) => id === "2512.02066-breastmnist")!);
  assert.ok(question.kind === "value" && Math.abs(question.claimed - 0.023) < 1e-12 && question.runs === 5);
  for (const claim of claims) {
    const entries = bibtex(claim, "1.2.3");
    assert.match(entries, "version = {1.2.3}");
    assert.is(entries.split("{").length, entries.split("}").length, "braces");
  }
});

test("a user's file: what is wrong is named", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "mine.json");
  const [claim] = claims;
  const write = (change: object) => writeFileSync(path, JSON.stringify({ ...claim, id: "mine", ...change }));
  write({});
  assert.is((await readClaim(platform, path)).id, "mine");
  const cases: [object, string][] = [
    [{ figure: "f1" }, "figure"],
    [{ published: undefined }, "expected one of published and unpublished"],
    [{ published: { network: 0.9, runs: 1 } }, "expected one of published.baseline and ordinary"],
    [{ published: { network: 0.9, baseline: 0.9, runs: 1 } }, "differs from its baseline"],
    [{ published: { network: 90, baseline: 0.9, runs: 1 } }, "published.network"],
    [{ baseline: "nothing" }, "baseline"],
    [{ more: 1 }, "more"],
    [{ options: { protocol: "pooled" } }, "options.protocol: those of --protocols are used"],
    [{ options: { data: "x" } }, "options.data"],
    [
      { published: undefined, unpublished: { expects: "equal", margin: 0.01 }, ordinary: { value: 0.5, who: "x" } },
      "ordinary: without published numbers",
    ],
  ];
  for (const [change, text] of cases) {
    write(change);
    await refused(() => readClaim(platform, path), path, text);
  }
  writeFileSync(path, "{");
  await refused(() => readClaim(platform, path), "expected JSON");
  await refused(() => readClaim(platform, "somebody-2020"), "thesis-bloodmnist", "somebody-2020");
});

test.run();
