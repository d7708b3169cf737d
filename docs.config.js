// npm run docs: the documentation site, build/docs, by TypeDoc: the API from its docstrings, and the pages of host/docs.
// It needs no network, and no inline scripts, so that hqcnn serve can forbid them.
import { createHash } from "node:crypto";
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { Application, Converter, LogLevel } from "typedoc";

const out = "build/docs";
/** TypeDoc's colours on light ground, darker where they are too light to read (WCAG AA). */
const colours = {
  ...{ link: "#0b57a8", "text-aside": "#555", "ts-keyword": "#0550ae", "ts-project": "#8f0ea3", "ts-enum": "#665a10" },
  ...{ "ts-variable": "#3a4fd0", "ts-function": "#4a22cc", "ts-class": "#0b57a8", "ts-interface": "#0b6b1c" },
  ...{ "ts-property": "#7d4a22", "ts-method": "#a02a72", "ts-reference": "#c2184f", "ts-type-parameter": "#86490a" },
  ...{ "ts-accessor": "#b02e2e", "ts-type-alias": "#b30e44" },
};
/** A link in a text differs from it by more than its colour. */
const LINKS = ".tsd-typography a { text-decoration: underline; }";
/** In the order of the navigation; pages that are not named here come at its end. */
const first = [
  "start",
  "data",
  "circuit",
  "tasks",
  "large",
  "comparison",
  "browser",
  "programs",
  "service",
  "studies",
  "cluster",
  "doubt",
  "robustness",
  "figures",
  "speed",
  "reference/commands",
  "reference/options",
  "reference/element",
  "reference/files",
];
const all = readdirSync("host/docs", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".md"))
  .map((name) => name.replaceAll("\\", "/").slice(0, -3));
const pages = [...first, ...all.filter((page) => !first.includes(page)).sort()];

const app = await Application.bootstrap({
  entryPoints: ["host/index.ts", "host/circuits.ts", "host/web/lab.ts"],
  tsconfig: "tsconfig.json",
  out,
  name: "hqcnn",
  includeVersion: true,
  readme: "host/docs/start.md",
  projectDocuments: pages.filter((page) => page !== "start").map((page) => `host/docs/${page}.md`),
  sort: ["source-order"],
  sortEntryPoints: false,
  disableSources: true, // they would point to a repository that is not known
  disableGit: true,
  githubPages: false,
  hideGenerator: true,
  searchInDocuments: true,
  highlightLanguages: ["bash", "html", "javascript", "json", "typescript", "tsx", "yaml", "text"],
  lightHighlightTheme: "github-light-high-contrast",
  darkHighlightTheme: "github-dark-high-contrast",
  excludeInternal: true,
  skipErrorChecking: true, // npm run check does it
  validation: { notExported: false, invalidLink: true, notDocumented: false },
  logLevel: LogLevel.Warn,
});
// A page is called what its heading says.
app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, document) => {
  const [, title] = /^# (.+)\n/.exec(document.content[0].text) ?? [];
  document.name = title ?? document.name;
});
const project = await app.convert();
if (!project || app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1);
const modules = { index: "hqcnn", circuits: "hqcnn/circuit", "web/lab": "hqcnn/lab" };
for (const child of project.children) child.name = modules[child.name] ?? child.name;
await app.generateDocs(project, out);
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1);

const rules = Object.entries(colours).map(([name, colour]) => `  --light-color-${name}: ${colour};`);
appendFileSync(join(out, "assets/style.css"), `:root {\n${rules.join("\n")}\n}\n${LINKS}\n`);

for (const name of readdirSync(out, { recursive: true, encoding: "utf8" })) {
  if (!name.endsWith(".html")) continue;
  const path = join(out, name);
  const html = readFileSync(path, "utf8").replace(/<script>([^<]+)<\/script>/g, (_, code) => {
    const file = `assets/${createHash("sha256").update(code).digest("hex").slice(0, 8)}.js`;
    writeFileSync(join(out, file), code);
    return `<script src="${relative(join(path, ".."), join(out, file))}"></script>`;
  });
  // Without an icon browsers ask for /favicon.ico.
  writeFileSync(path, html.replace("<head>", '<head><link rel="icon" href="data:,"/>'));
}
