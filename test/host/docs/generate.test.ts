import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { GENERATED } from "../../../host/docs/generate.ts";
import { repository } from "../../util/paths.ts";

const docs = suite("docs/generate");

for (const [path, text] of Object.entries(GENERATED)) {
  docs(`${path} is what its table says`, () => {
    assert.is(readFileSync(repository(path), "utf8"), text(), "out of date: run npm run docs:reference");
  });
}

docs.run();
