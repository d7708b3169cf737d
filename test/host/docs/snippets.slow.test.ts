// The code of the documentation compiles against the package's types.
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { repository } from "../../util/paths.ts";
import { execute } from "../../util/process.ts";
import { PAGES, programs } from "../../util/snippets.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const snippets = suite("docs/snippets, types");

/** Files of a project with the package in it, compiled strictly; what the compiler says. */
async function compile(files: Record<string, string>, options: string[]): Promise<string> {
  const project = temporaryFolder();
  mkdirSync(join(project, "node_modules"));
  symlinkSync(repository(""), join(project, "node_modules/hqcnn"));
  for (const name of ["@types", "preact"])
    symlinkSync(repository(`node_modules/${name}`), join(project, "node_modules", name));
  writeFileSync(join(project, "package.json"), '{"type": "module"}');
  for (const [name, code] of Object.entries(files)) writeFileSync(join(project, name), code);
  const compiler = repository("node_modules/typescript-native/bin/tsc");
  const args = [compiler, "--noEmit", "--strict", "--target", "es2022", ...options, ...Object.keys(files)];
  return (await execute(process.execPath, args, { cwd: project })).output;
}
const named = (found: readonly { code: string }[], ending: string) =>
  Object.fromEntries(found.map(({ code }, i) => [`program${i}.${ending}`, `${code}\nexport {};\n`]));

const all = PAGES.flatMap(programs);
const ofPages = all.filter(({ code }) => code.includes("document."));
const others = all.filter((program) => !ofPages.includes(program));
const NODENEXT = ["--module", "nodenext", "--moduleResolution", "nodenext"];
const BUNDLER = ["--module", "esnext", "--moduleResolution", "bundler"];

snippets("programs compile with the types of Node and without the DOM library", async () => {
  assert.ok(others.length >= 6, `${others.length} programs`);
  assert.is(await compile(named(others, "ts"), [...NODENEXT, "--lib", "es2023", "--types", "node"]), "");
});

snippets("the package's types need neither the DOM library nor those of Node", async () => {
  const [{ code }] = programs("README.md");
  const console = "declare const console: { log(...values: unknown[]): void };\n";
  const types = `import type * as all from "hqcnn"; import type * as circuits from "hqcnn/circuit";
    export type Both = [typeof all, typeof circuits];`;
  const options = [...BUNDLER, "--lib", "es2023", "--types", "", "--skipLibCheck", "false"];
  assert.is(await compile({ "readme.ts": `${code}${console}`, "types.ts": types }, options), "");
});

snippets("programs of pages compile; the element is typed, in JSX of Preact and React too", async () => {
  assert.ok(ofPages.length > 0);
  const options = [...BUNDLER, "--lib", "es2023,dom,dom.iterable", "--types", ""];
  const jsx = '<hqcnn-lab view="train" epochs={3} batch-size="32" tabs class="wide" />';
  const wrong = '// @ts-expect-error: no such view\nexport const b = <hqcnn-lab view="nonsense" />;';
  const preact = `import "hqcnn/lab";\nexport const a = ${jsx};\n${wrong}`;
  const react = `import "hqcnn/lab/react";\nexport const a = ${jsx.replace("class=", "className=")};\n${wrong}`;
  const files = { ...named(ofPages, "ts"), "preact.tsx": preact };
  assert.is(await compile(files, [...options, "--jsx", "react-jsx", "--jsxImportSource", "preact"]), "");
  assert.is(await compile({ "react.tsx": react }, [...options, "--jsx", "react-jsx"]), "");
});

snippets.run();
