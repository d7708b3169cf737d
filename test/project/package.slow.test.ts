// What `npm pack` makes works in an empty project: command line, API, and the README's example.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { repository } from "../util/paths.ts";
import { execute, type Finished, npm } from "../util/process.ts";

const required = [
  "package.json",
  "LICENSE",
  "README.md",
  "SECURITY.md",
  "build/sbom.cdx.json",
  "build/host/index.js",
  "build/host/index.d.ts",
  "build/host/cli/main.js",
  "build/host/worker.js",
  "build/web/index.html",
  "build/web/lab.js",
  "build/web/hqcnn.js",
  "build/web/worker.js",
  "build/web/service.js",
  "build/web/strict.wasm",
  "build/web/strict-threads.wasm",
  "build/web/bloodmnist-sample.npz",
  "build/web/sample-run.zip",
  "build/web/jpeg-turbo.wasm",
  "build/web/fast-threads.wasm",
  "host/datasets/ATTRIBUTION.md",
];
const allowed = [
  /^(package\.json|LICENSE|README\.md|CHANGELOG\.md|SECURITY\.md)$/,
  /^build\/sbom\.cdx\.json$/,
  /^build\/host\/[\w/-]+\.(js|d\.ts)$/,
  /^build\/web\/[\w.-]+\.(js|wasm|npz|zip|html|css)$/,
  /^host\/[\w/-]+(\.d)?\.tsx?$/, // Deno and Bun run the sources
  /^host\/docs\/[\w/.-]+\.(md|json|webp)$/,
  /^host\/(web|examples)\/[\w/-]+\.(html|css|py|png)$/,
  /^host\/train\.js$/,
  /^host\/datasets\/ATTRIBUTION\.md$/,
];

const folder = mkdtempSync(join(tmpdir(), "hqcnn-package-"));

/** What a program that ran in the empty project wrote on stdout. */
function succeeded({ code, output, stdout }: Finished): string {
  assert.is(code, 0, output);
  return stdout;
}
const npx = async (...args: string[]) => succeeded(await npm(["exec", "--no", "--", ...args], folder));
const node = async (script: string) => succeeded(await execute(process.execPath, [script], { cwd: folder }));

const pack = suite("package");
pack.after(() => rmSync(folder, { recursive: true, force: true }));

pack("the tarball holds what is needed and nothing else", async () => {
  const stdout = succeeded(
    await npm(["pack", "--json", "--ignore-scripts", "--pack-destination", folder], repository("")),
  );
  const [{ filename, files }] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "empty", private: true, type: "module" }));
  succeeded(await npm(["install", "--prefer-offline", "--no-audit", "--no-fund", `./${filename}`], folder));
  const paths = files.map(({ path }) => path);
  assert.equal(
    required.filter((path) => !paths.includes(path)),
    [],
    "missing",
  );
  assert.equal(
    paths.filter((path) => !allowed.some((pattern) => pattern.test(path))),
    [],
    "not expected",
  );
});

pack("npx hqcnn --help lists the commands", async () => {
  const help = await npx("hqcnn", "--help");
  for (const command of ["train", "evaluate", "predict", "data", "circuit"]) assert.match(help, command);
});

pack("npx hqcnn train writes a run and prints one JSON object", async () => {
  const stdout = await npx("hqcnn", "train", "--epochs", "3", "--json", "--out", "run");
  const result = JSON.parse(stdout) as Record<string, unknown>;
  for (const key of ["accuracy", "auc", "images_per_s"]) assert.type(result[key], "number", key);
  assert.ok((result.accuracy as number) > 0.7 && (result.auc as number) > 0.9, stdout);
  assert.match(result.fingerprint as string, /^[0-9a-f]{64}$/);
  assert.type(result.run, "string");
  for (const name of ["config.json", "history.jsonl", "model.safetensors", "checkpoint.safetensors", "metrics.json"]) {
    assert.ok(existsSync(join(folder, "run", name)), name);
  }
});

pack("the API is there", async () => {
  writeFileSync(
    join(folder, "names.js"),
    `import * as hqcnn from "hqcnn";
     console.log(["loadEngine", "openDataset", "createNetwork", "train", "evaluate", "predict", "Circuit"].map((name) => typeof hqcnn[name]).join());`,
  );
  assert.match(await node("names.js"), /^(function,){6}(function|object)\n$/);
});

pack("a bundler for browsers takes it, without anything of Node", async () => {
  writeFileSync(
    join(folder, "app.js"),
    `import { loadEngine, openDataset } from "hqcnn"; console.log(await openDataset(), await loadEngine());`,
  );
  const { metafile, warnings } = await build({
    absWorkingDir: folder,
    entryPoints: ["app.js"],
    bundle: true,
    format: "esm",
    outdir: "app",
    metafile: true,
    logLevel: "silent",
  });
  assert.equal(warnings, []);
  const inputs = Object.keys(metafile.inputs);
  assert.ok(inputs.includes("node_modules/hqcnn/build/web/hqcnn.js"));
  assert.equal(
    inputs.filter((path) => !/^(app\.js|node_modules\/hqcnn\/build\/web\/)/.test(path)),
    [],
  );
});

pack("the README's example runs", async () => {
  const blocks = [
    ...readFileSync(repository("README.md"), "utf8").matchAll(/^```(?:js|ts|javascript|typescript)\n(.*?)^```/gms),
  ];
  const examples = blocks.map(([, code]) => code).filter((code) => code.includes('from "hqcnn"'));
  assert.ok(examples.length > 0, "README.md has a js block that imports hqcnn");
  for (const [index, code] of examples.entries()) {
    writeFileSync(join(folder, `example${index}.js`), code);
    assert.ok((await node(`example${index}.js`)).length > 0, "the example prints something");
  }
});

pack.run();
