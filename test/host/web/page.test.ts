import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { themeCss } from "../../../host/report/palette.ts";
import { FIELD_GROUPS, FIELDS } from "../../../host/training/fields.ts";
import { repository } from "../../util/paths.ts";

const page = suite("web/page");

page("every option of training has one place in the page, or is the command line's alone", () => {
  const placed = FIELD_GROUPS.flatMap(({ fields }) => fields.map(({ key }) => key));
  // Data have a view of their own; a circuit comes from a file on the disk; pixels are kept in the browser's storage.
  assert.equal([...placed, "cache", "circuit", "data"].sort(), FIELDS.map(({ key }) => key).sort());
});

page("the frame around the lab has the palette's colours, light and dark", () => {
  const css = readFileSync(repository("host/web/page.css"), "utf8");
  const [light, dark] = css.split("prefers-color-scheme: dark");
  for (const [part, theme] of [
    [light, "light"],
    [dark, "dark"],
  ] as const) {
    const found = [...part.matchAll(/--([\w-]+): (#\w+);/g)].map(([, name, value]) => `--${name}:${value}`);
    assert.is(found.length, 3);
    for (const declaration of found) assert.ok(themeCss(theme).split(";").includes(declaration), declaration);
  }
});

page.run();
