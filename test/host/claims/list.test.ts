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
    const entries = bibtex([claim], "1.2.3");
    assert.match(entries, "version = {1.2.3}");
    assert.is(entries.split("{").length, entries.split("}").length, "braces");
  }
});

test("BibTeX: signs are escaped, names are joined by and, every entry is there once with a key of its own", () => {
  const [claim] = claims;
  const source = { ...claim.source, title: "50 % {of} A&B: a_b #1 $x$", authors: ["A. One", "B. Two"], url: "u{x}" };
  const mine = { ...claim, id: "hqcnn", source };
  const entries = bibtex([mine, claim, mine, { ...claim, source }], "1.2.3");
  assert.match(entries, "title = {{50 \\% \\{of\\} A\\&B: a\\_b \\#1 \\$x\\$}}");
  assert.match(entries, "author = {A. One and B. Two}");
  assert.match(entries, "author = {{Department of ICT, Comilla University}}");
  assert.match(entries, "url = {u%7Bx%7D}");
  const keys = [...entries.matchAll(/^@\w+\{(.*),$/gm)].map(([, key]) => key);
  assert.equal(keys, ["hqcnn", "hqcnn-2", claim.id, `${claim.id}-2`]);
});

test("a user's file: what is wrong is named", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "mine.json");
  const [claim] = claims;
  const write = (change: object) => writeFileSync(path, JSON.stringify({ ...claim, id: "mine", ...change }));
  write({});
  assert.is((await readClaim(platform, path)).id, "mine");
  const cases: [object, string][] = [
    [{ figure: "f1" }, 'figure: expected one of accuracy, auc, got "f1"'],
    [{ published: undefined }, "expected one of published and unpublished"],
    [{ published: { network: 0.9, runs: 1 } }, "expected one of published.baseline and ordinary"],
    [{ published: { network: 0.9, baseline: 0.9, runs: 1 } }, "differs from its baseline"],
    [{ published: { network: 90, baseline: 0.9, runs: 1 } }, "published.network"],
    [{ baseline: "nothing" }, "baseline"],
    [{ more: 1 }, "the file: no such field: more"],
    [{ seeds: 1.5 }, "seeds: expected a whole number from 1 on, got 1.5"],
    [{ options: [1] }, "options: expected an object of options, got [1]"],
    [{ source: 1 }, "source: expected an object, got 1"],
    [{ source: { ...claim.source, authors: [] } }, "source.authors: expected a text, or a list of names, got []"],
    [{ says: undefined }, "says: expected a text, got nothing"],
    [{ id: "x".repeat(101) }, "id: expected letters, digits"],
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
