// npm run build:node: the programs of the package for Node, Deno and Bun (command line, API, worker) with the
// libraries that are built in, build/node. Here one runs build/host, which is the same code file by file.
import { rmSync } from "node:fs";
import { build } from "esbuild";
import { checkBuiltIn, installed, libraries, shared, sharedFiles, writeLicenses } from "./libraries.config.js";

const out = "build/node";
const programs = {
  index: "index",
  circuits: "circuits",
  main: "cli/main",
  worker: "worker",
};

rmSync(out, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: Object.fromEntries(Object.entries(programs).map(([name, path]) => [name, `host/${path}.ts`])),
  outdir: out,
  bundle: true,
  splitting: true,
  chunkNames: "chunk-[hash]",
  metafile: true,
  // The decoders of build/web are made for browsers: they would look for a page's address.
  plugins: [
    libraries,
    sharedFiles(
      "../web/",
      Object.keys(shared).filter((name) => !/openjpeg|charls|idb/.test(name)),
    ),
  ],
  format: "esm",
  platform: "node",
  target: "node20.19",
  // Of a CommonJS file import() gives the default alone.
  mainFields: ["module", "main"],
  external: installed,
  // Names stay: an error's stack is to be read.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none", // licences are in LICENSES.txt
  logLevel: "warning",
  // For the libraries that are CommonJS.
  banner: {
    js: [
      'import{createRequire as __hqcnnRequire}from"node:module";',
      "const require=__hqcnnRequire(import.meta.url),__dirname=import.meta.dirname,__filename=import.meta.filename;",
    ].join(""),
  },
});
const inputs = Object.keys(metafile.inputs);
checkBuiltIn(inputs);
writeLicenses(`${out}/LICENSES.txt`, inputs);
