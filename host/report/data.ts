import { type SplitName, splitNames } from "../datasets/types.ts";
import type { RunConfig } from "../training/record.ts";
import type { Charts } from "./charts.ts";
import { type Html, html } from "./html.ts";
import { type AddFigure, dataTable, details, figure } from "./page.ts";
import { whole } from "./text.ts";

/** Where the images come from, under what licence, and how many there are of each class. */
export function dataSection(
  { data, options }: RunConfig,
  counts: Record<SplitName, number[]> | null,
  charts: Charts,
  add: AddFigure,
): Html {
  const facts = dataTable(
    "Data set",
    ["", ""],
    [
      ["data set", data.name],
      ["source", data.path],
      ["MD5", data.md5 === null ? "none (a folder)" : html`<code>${data.md5}</code>`],
      ["task", data.task],
      ["positive labels", options.positive?.join(", ") ?? (data.task === "binary" ? "the default" : "–")],
      ["protocol", data.protocol],
      ["licence", data.license ?? "not recorded"],
      ["cite", data.citation || "–"],
    ],
    [],
  );
  if (counts === null) return facts;
  const totals = splitNames.map((name) => counts[name].reduce((sum, count) => sum + count, 0));
  const splits = splitNames.map((name) => ({ name, counts: counts[name] }));
  const label = `Class balance: ${data.classNames.map((name, c) => `${name} ${splitNames.map((split) => `${whole(counts[split][c])} ${split}`).join(", ")}`).join("; ")}.`;
  const table = dataTable(
    "Images of each class",
    ["class", ...splitNames],
    [
      ...data.classNames.map((name, c) => [name, ...splitNames.map((split) => whole(counts[split][c]))]),
      ...(data.task === "multilabel" ? [] : [["total", ...totals.map(whole)]]),
    ],
  );
  return html`${facts}
<h3>Class balance</h3>
${figure(add("balance", charts.balance(label, splits, data.classNames)), html`Share of each ${data.task === "multilabel" ? "label among all labels" : "class"} within train, val and test; ${whole(totals[0])}, ${whole(totals[1])} and ${whole(totals[2])} ${data.task === "multilabel" ? "labels given" : "images"}.`, { wide: "Class balance, picture", more: details("Counts as a table", table) })}`;
}
