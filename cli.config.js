// npm run build:cli: the command line and the API as a few files, which start in half the time that 120 modules take,
// with the libraries that are built in. Entries are build/cli/bin/hqcnn.js, index.js and circuits.js;
// host/platform/node.ts finds the package's root three folders above its own file, here as in build/host, and the
// threads' program one above.
import { rmSync } from "node:fs";
import { basename, dirname } from "node:path";
import { build } from "esbuild";
import { checkBuiltIn, installed, libraries, shared, sharedFiles, writeLicenses } from "./libraries.config.js";

const out = "build/cli";
/** The decoders of build/web are made for browsers: they would look for a page's address. */
const fromWeb = Object.keys(shared).filter((name) => !/openjpeg|charls|idb/.test(name));
/** What these load before they run becomes one file: all that `hqcnn predict MODEL IMAGE.png` needs. */
const COMMON = ["cli/main", "cli/run", "cli/predict", "platform/node", "datasets/formats/png"];

const options = {
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  minify: true,
  logLevel: "warning",
  // Of a CommonJS file import() gives the default alone.
  mainFields: ["module", "main"],
  legalComments: "none", // licences are in LICENSES.txt
  external: installed,
};

/**
 * Modules of Node are asked for with require: an import reads every export of the module, which loads the half of Node
 * that those are made of. Commander asks for node:child_process to run commands that are programs of their own: it has
 * none here.
 */
const builtins = {
  name: "builtins",
  setup({ onResolve, onLoad, resolve }) {
    onResolve({ filter: /^node:/ }, ({ path, kind, importer, namespace }) => {
      if (namespace === "builtin" || kind === "dynamic-import") return { path, external: true };
      if (path === "node:child_process" && importer.includes("/commander/")) return { path, namespace: "none" };
      return kind === "import-statement" ? { path, namespace: "builtin" } : { path, external: true };
    });
    onLoad({ filter: /./, namespace: "builtin" }, ({ path }) => ({ contents: `module.exports = require("${path}");` }));
    onLoad({ filter: /./, namespace: "none" }, () => ({ contents: "module.exports = {};" }));
    // fflate for Node loads worker threads, which only its asynchronous functions use.
    onResolve({ filter: /^fflate$/ }, ({ resolveDir }) =>
      resolve("fflate/browser", { kind: "import-statement", resolveDir }),
    );
  },
};

rmSync(out, { recursive: true, force: true });
const { metafile } = await build({
  ...options,
  plugins: [builtins, libraries, sharedFiles("../../web/", fromWeb)],
  entryPoints: {
    "bin/hqcnn": "host/cli/main.ts",
    "bin/index": "host/index.ts",
    "bin/circuits": "host/circuits.ts",
    worker: "host/worker.ts",
  },
  outdir: out,
  splitting: true,
  metafile: true,
  chunkNames: "bin/[name]-[hash]",
  // For packages in CommonJS, which ask for modules of Node.
  banner: {
    js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url), __dirname = import.meta.dirname;',
  },
});

// esbuild makes a chunk of every set of modules that are needed together somewhere: forty before the first prediction.
const { outputs } = metafile;
const common = new Set();
const follow = (path) => {
  for (const { path: chunk, kind, external } of outputs[path].imports) {
    if (external || kind !== "import-statement" || common.has(chunk)) continue;
    common.add(chunk);
    follow(chunk);
  }
};
const isCommon = ([, { entryPoint }]) => COMMON.some((name) => entryPoint === `host/${name}.ts`);
for (const [path] of Object.entries(outputs).filter(isCommon)) follow(path);

const core = "core.js";
const chunks = [...common];
const chunkOf = (path) => chunks.findIndex((chunk) => basename(chunk) === basename(path));
/** The exports of a chunk and their names in the common file: every chunk has an "a". */
const names = (i) => outputs[chunks[i]].exports.map((name) => [name, `${name}_${i}`]);
const gather = (isCore) => ({
  name: "gather",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.{1,2}\/[\w/.-]+\.js$/ }, ({ path, kind, importer }) => {
      if (kind === "entry-point") return;
      const i = kind === "import-statement" ? chunkOf(path) : -1;
      if (i < 0) return { path, external: true };
      if (isCore) return;
      const folder = dirname(importer).endsWith("/bin") ? "./" : "./bin/";
      return { path: `${folder}${core}?${i}`, namespace: "chunk" };
    });
    onLoad({ filter: /./, namespace: "chunk" }, ({ path }) => {
      const [file, i] = path.split("?");
      const list = names(Number(i)).map(([name, outer]) => `${outer} as ${name}`);
      return { contents: `export { ${list.join(", ")} } from "${file}";` };
    });
  },
});
const exported = chunks.map((chunk, i) => {
  const list = names(i).map(([name, outer]) => `${name} as ${outer}`);
  return `export { ${list.join(", ")} } from "./${basename(chunk)}";`;
});
await build({
  ...options,
  plugins: [gather(true)],
  stdin: { contents: exported.join("\n"), resolveDir: `${out}/bin` },
  outfile: `${out}/bin/${core}`,
});
for (const chunk of chunks) rmSync(chunk);
const rest = Object.keys(outputs).filter((path) => !common.has(path));
await build({
  ...options,
  plugins: [gather(false)],
  entryPoints: rest.map((path) => `./${path}`),
  outbase: out,
  outdir: out,
  allowOverwrite: true,
});
const inputs = Object.keys(metafile.inputs);
checkBuiltIn(inputs);
writeLicenses(`${out}/LICENSES.txt`, inputs);
