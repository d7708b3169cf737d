import { readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { GENERATED } from "../../../host/docs/generate.ts";
import { repository } from "../../util/paths.ts";

const docs = suite("docs/generate");

for (const [path, text] of Object.entries(GENERATED)) {
  docs(`${path} is what its table says`, async () => {
    assert.is(readFileSync(repository(path), "utf8"), await text(), "out of date: run npm run docs:reference");
  });
}

docs("the element's reference names every event and every part, and no other", () => {
  const page = readFileSync(repository("host/docs/reference/element.md"), "utf8");
  const folder = repository("host/web");
  const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => readFileSync(`${folder}/${name}`, "utf8"))
    .join("\n");
  const found = (pattern: RegExp, text: string) =>
    [...new Set([...text.matchAll(pattern)].map(([, name]) => name))].sort();
  const [, events] = /## Events(.*?)\n## /s.exec(page)!;
  const typed = readFileSync(repository("host/web/protocol/events.ts"), "utf8");
  assert.equal(found(/^\| `(hqcnn-\w+)`/gm, events), found(/^ {2}"(hqcnn-\w+)":/gm, typed));
  const [, parts] = /CSS parts, [^:]*: (.*?)\n/s.exec(page.replace("hqcnn-lab::part(button)", ""))!;
  assert.equal(found(/`(\w+)`/g, parts), found(/\bpart="(\w+)"/g, sources));
});

docs.run();
