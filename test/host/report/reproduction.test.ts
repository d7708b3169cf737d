import { suite } from "uvu";
import * as assert from "uvu/assert";
import { REPRODUCED, reproduce } from "../../../host/comparison/reproduction.ts";
import { reportReproduction } from "../../../host/report/reproduction.ts";
import { syntheticVariants } from "../../util/study.ts";

const pages = suite("reportReproduction");

pages("a section a protocol: published figures beside ours, pictures under their own names", async () => {
  const parts = (["official", "pooled"] as const).map((protocol) => {
    const variants = syntheticVariants({ names: REPRODUCED, protocol });
    return {
      variants,
      reproduction: reproduce({ set: "bloodmnist", task: "binary", protocol, recipe: "source" }, variants),
    };
  });
  const { html, figures } = await reportReproduction({ parts, command: "hqcnn reproduce", version: "1.2.3" });
  const names = ["accuracy", "auc", "balance"].flatMap((name) => [
    `bloodmnist-official-${name}`,
    `bloodmnist-pooled-${name}`,
  ]);
  assert.equal([...figures.keys()].sort(), names.sort());
  assert.is(html.match(/<td class="number">99\.12<\/td>/g)?.length, 2, "the thesis's accuracy");
  assert.is(html.match(/published 99\.12/g)?.length, 2, "and in the pictures' text");
  assert.is(html.match(/not comparable with those of the official split/g)?.length, 1);
  assert.ok(html.includes("2,486") || html.includes(">2486<"));
  for (const { reproduction } of parts) {
    for (const { verdict } of reproduction.comparison.contrasts) assert.ok(html.includes(verdict));
  }
  assert.not.match(html, /<script|undefined|NaN/);
});

pages.run();
