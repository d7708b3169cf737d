import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compareVariants } from "../../../host/comparison/compare.ts";
import { NOTE } from "../../../host/comparison/tables.ts";
import { reportComparison } from "../../../host/report/comparison.ts";
import { syntheticVariants } from "../../util/study.ts";

const pages = suite("reportComparison");

async function report(form: Parameters<typeof syntheticVariants>[0], command = "hqcnn compare --seeds 2") {
  const variants = syntheticVariants(form);
  const { name, protocol } = variants[0].runs[0].config.data;
  const comparison = compareVariants(variants, { name, task: "binary", protocol: protocol as "official" });
  return { comparison, variants, ...(await reportComparison({ comparison, variants, command, version: "1.2.3" })) };
}

/** Text content: tags gone, entities back. */
const plain = (html: string) => html.replaceAll("&#39;", "'").replaceAll("&lt;", "<").replaceAll("&quot;", '"');

pages("verdicts first, every picture, figure and fingerprint, nothing from outside", async () => {
  const { comparison, variants, html, figures } = await report({ names: ["quantum", "none", "dense", "shuffled"] });
  const text = plain(html);
  const first = text.slice(text.indexOf('<h2 id="result">'), text.indexOf('<h2 id="differences">'));
  for (const { question, verdict } of comparison.contrasts)
    assert.ok(first.includes(question) && first.includes(verdict));
  assert.ok(first.includes(comparison.leak!));
  for (const id of ["result", "differences", "figures", "runs", "data", "reproduce"]) {
    assert.ok(html.includes(`<h2 id="${id}">`), id);
  }
  assert.equal([...figures.keys()].sort(), ["accuracy", "auc", "balance", "difference-accuracy", "difference-auc"]);
  for (const { runs } of variants) for (const { result } of runs) assert.ok(html.includes(result.fingerprint));
  for (const word of ["p ACC (Holm)", "p AUC (Holm)", NOTE, "0123456789abcdef", "hqcnn compare --seeds 2"]) {
    assert.ok(text.includes(word), word);
  }
  assert.ok(text.includes("Not for clinical use") && !text.includes("Protocol pooled"));
  assert.not.match(html, /<script|<link rel="(?!icon)|\son\w+=|url\(|undefined|NaN/);
  assert.not.match(html.replaceAll('xmlns="http://www.w3.org/2000/svg"', ""), /https?:/);
});

pages("the text alternatives say what the pictures show; the check is not among the strips", async () => {
  const { figures, comparison } = await report({ names: ["quantum", "none", "shuffled"] });
  const label = (name: string) => /aria-label="([^"]*)"/.exec(figures.get(name)!)![1];
  const { mean, interval } = comparison.contrasts[0].accuracy;
  for (const value of [mean, ...interval]) {
    assert.ok(label("difference-accuracy").includes((100 * Math.abs(value)).toFixed(2)));
  }
  assert.match(label("auc"), /quantum .*, the mean of .*; none /);
  assert.not.match(label("auc"), /shuffled/);
  for (const svg of figures.values()) assert.ok(svg.includes('role="img"'));
});

pages("pooled figures carry their notice, names are text", async () => {
  const evil = `<script>"x"</script>`;
  const { html, figures } = await report(
    { names: ["quantum", "none"], protocol: "pooled", name: evil, seeds: 1 },
    evil,
  );
  assert.ok(html.includes("not comparable with those of the official split"));
  for (const text of [html, ...figures.values()]) assert.not.match(text, /<script/i);
  assert.ok(html.includes("<code>&lt;script&gt;"));
});

pages.run();
