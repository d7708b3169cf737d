// npm run build:web: the page, the custom element, the API for browsers and their workers, into one folder that any
// host serves. Chunks, workers, wasm and the sample lie flat in it, so that every file finds the others beside itself
// (see host/platform/browser.ts).
import { createHash } from "node:crypto";
import { copyFileSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename } from "node:path";
import { build } from "esbuild";
import { decoders } from "./decoders.config.js";
import { checkBuiltIn, libraries, shared, sharedFiles, writeLicenses } from "./libraries.config.js";

const out = "build/web";
const { version } = JSON.parse(readFileSync("package.json", "utf8"));
/**
 * The programs by name. Those of the page are built by themselves: of a module that both groups need it would otherwise
 * load what its workers alone use, too.
 */
const groups = [
  { page: "web/page", lab: "web/lab" },
  { session: "web/worker/session" },
  { hqcnn: "browser", circuit: "circuits", worker: "browserWorker" },
];
const options = {
  bundle: true,
  plugins: [libraries],
  format: "esm",
  platform: "browser",
  target: "es2022",
  minify: true,
  outdir: out,
  logLevel: "warning",
  tsconfigRaw: { compilerOptions: { jsx: "react-jsx", jsxImportSource: "preact" } },
  // No browser has it; saying so leaves out what is for Node alone.
  define: { process: "undefined", HQCNN_VERSION: JSON.stringify(version) },
  // Asked for by the decoders of JPEG 2000 and JPEG-LS where they find Node.
  external: ["fs", "path"],
};

rmSync(out, { recursive: true, force: true });
const { metafile } = await build({ ...options, entryPoints: shared, metafile: true });
const inputs = Object.keys(metafile.inputs);
for (const programs of groups) {
  const { metafile } = await build({
    ...options,
    plugins: [libraries, sharedFiles("./")],
    entryPoints: Object.fromEntries(Object.entries(programs).map(([name, path]) => [name, `host/${path}.ts`])),
    splitting: true,
    metafile: true,
    chunkNames: "chunk-[hash]",
  });
  inputs.push(...Object.keys(metafile.inputs));
  // Not those with worker.js: Vite makes one file of it, and refuses to where its parts are gathered.
  if (!("worker" in programs)) await gather(Object.keys(programs), metafile.outputs);
}

/**
 * Makes one file of the chunks that the same programs load before they run. esbuild makes a chunk of every set of
 * modules that are needed together somewhere, and a page would ask for fifty.
 */
async function gather(programs, outputs) {
  /** Of each chunk, the programs that load it before they run. */
  const users = new Map();
  for (const program of programs) {
    const follow = (path) => {
      for (const { path: chunk, kind, external } of outputs[path].imports) {
        if (kind !== "import-statement" || external || users.get(chunk)?.includes(program)) continue;
        users.set(chunk, [...(users.get(chunk) ?? []), program]);
        follow(chunk);
      }
    };
    follow(`${out}/${program}.js`);
  }
  const chunks = [...users.keys()];
  const chunkOf = (path) => chunks.find((chunk) => `./${basename(chunk)}` === path);
  const fileOf = (chunk) => `core-${users.get(chunk).join("-")}.js`;
  /** The exports of a chunk and their names in its file: every chunk has an "a". */
  const names = (chunk) => outputs[chunk].exports.map((name) => [name, `${name}_${chunks.indexOf(chunk)}`]);
  /** `own`: the file that is made; null: all that are no such chunks, which find theirs. */
  const rebuild = (own, given) =>
    build({
      ...options,
      ...given,
      allowOverwrite: true,
      plugins: [
        {
          name: "gather",
          setup({ onResolve, onLoad }) {
            onResolve({ filter: /^\.\/[\w-]+\.js$/ }, ({ path, kind }) => {
              if (kind === "entry-point") return;
              const chunk = kind === "import-statement" && chunkOf(path);
              if (!chunk) return { path, external: true };
              return fileOf(chunk) === own ? undefined : { path, namespace: "chunk" };
            });
            onLoad({ filter: /./, namespace: "chunk" }, ({ path }) => {
              const chunk = chunkOf(path);
              const list = names(chunk).map(([name, outer]) => `${outer} as ${name}`);
              return { contents: `export { ${list.join(", ")} } from "./${fileOf(chunk)}";` };
            });
          },
        },
      ],
    });
  for (const file of new Set(chunks.map(fileOf))) {
    const contents = chunks
      .filter((chunk) => fileOf(chunk) === file)
      .map((chunk) => {
        const list = names(chunk).map(([name, outer]) => `${name} as ${outer}`);
        return `export { ${list.join(", ")} } from "./${basename(chunk)}";`;
      });
    await rebuild(file, {
      stdin: { contents: contents.join("\n"), resolveDir: out },
      outdir: undefined,
      outfile: `${out}/${file}`,
    });
  }
  for (const chunk of chunks) rmSync(chunk);
  const rest = Object.keys(outputs).filter((path) => !users.has(path));
  await rebuild(null, { entryPoints: rest.map((path) => `./${path}`) });
}

const engines = ["strict", "fast", "strict-threads", "fast-threads"].map((name) => `build/${name}.wasm`);
for (const path of [
  ...engines,
  ...decoders,
  "host/datasets/bloodmnist-sample.jls",
  "host/examples/sample-run.zip",
  "host/web/index.html",
  "host/web/page.css",
]) {
  copyFileSync(path, `${out}/${basename(path)}`);
}

// The service worker knows what to keep. It is no module in every browser: one file without imports.
const files = readdirSync(out).sort();
const sum = createHash("sha256");
for (const name of files) sum.update(name).update(readFileSync(`${out}/${name}`));
const define = {
  ...options.define,
  HQCNN_FILES: JSON.stringify(files),
  HQCNN_FILES_SUM: JSON.stringify(sum.digest("hex").slice(0, 16)),
};
await build({ ...options, define, format: "iife", entryPoints: ["host/web/service.ts"] });
checkBuiltIn(inputs);
writeLicenses(`${out}/LICENSES.txt`, inputs, ["@cwasm/jpeg-turbo", "@cwasm/webp", "@cwasm/nsgif"]);
