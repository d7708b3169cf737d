// What is built into the package's programs of other people's libraries: a package that brings them as they come is
// six times as large once it is installed.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";

const { dependencies, peerDependencies } = JSON.parse(readFileSync("package.json", "utf8"));

/** The libraries that are installed beside the package: what they bring would make it larger than they make it heavy. */
export const installed = Object.keys({ ...dependencies, ...peerDependencies });

/** The others, which build/node, build/web and build/fonts contain. */
export const builtIn = [
  "@cornerstonejs/codec-charls",
  "@cornerstonejs/codec-openjpeg",
  "@cwasm/jpeg-turbo",
  "@cwasm/nsgif",
  "@cwasm/webp",
  "@humanwhocodes/momoa",
  "@noble/hashes",
  "@observablehq/plot",
  "@zip.js/zip.js",
  "cli-progress",
  "comlink",
  "commander",
  "d3-dsv",
  "dejavu-fonts-ttf",
  "dicom-parser",
  "fast-png",
  "fastest-levenshtein",
  "fflate",
  "fzstd",
  "hash-wasm",
  "idb",
  "jpeg-lossless-decoder-js",
  "linkedom",
  "pako",
  "pbf",
  "pica",
  "preact",
  "pure-rand",
  "sirv",
  "zod",
];

/** What of our libraries nobody needs. */
export const libraries = {
  name: "libraries",
  setup({ onLoad }) {
    // zip.js imports codecs from addresses that its caller gives, of which bundlers warn. We give none.
    onLoad({ filter: /zip\.js\/lib\/core\/codec-registry\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, "utf8")).replace(/\bimport\([^)]*codecURI\)/, 'Promise.reject("no codec")'),
    }));
    // Zod's messages in fifty languages, 264 kB: our own are English.
    onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
    }));
  },
};

/** What is loaded when it is needed, by pages, workers and Node alike: each once, in a file of build/web. */
export const shared = {
  "lib-charls": "@cornerstonejs/codec-charls/decodewasmjs",
  "lib-dicom": "dicom-parser",
  "lib-fast-png": "fast-png",
  "lib-idb": "idb",
  "lib-jpeg-lossless": "jpeg-lossless-decoder-js",
  "lib-linkedom": "linkedom/worker",
  "lib-openjpeg": "@cornerstonejs/codec-openjpeg/decodewasmjs",
  "lib-pako": "pako/lib/deflate.js",
  "lib-pica": "pica",
  "lib-plot": "./host/report/charts/plot.ts",
  "lib-zip": "./host/datasets/sources/zip.ts",
  "lib-zod": "./host/zod.ts",
};

/** Takes them from those files, in the folder `web` as seen from the build. */
export const sharedFiles = (web, names = Object.keys(shared)) => ({
  name: "shared",
  setup({ onResolve }) {
    for (const name of names) {
      // Our own modules by their file names, as no two of these are the same.
      const isOwn = shared[name].startsWith("./");
      const filter = new RegExp(isOwn ? `^\\.{1,2}/(.*/)?${basename(shared[name])}$` : `^${shared[name]}$`);
      onResolve({ filter }, ({ kind }) =>
        kind === "entry-point" ? null : { path: `${web}${name}.js`, external: true },
      );
    }
  },
});

/** Writes the licence of every library that the inputs of a build (esbuild's metafile) and `more` are of. */
export function writeLicenses(file, inputs, more = []) {
  const found = inputs.map((path) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]).filter(Boolean);
  const folders = [...new Set([...found, ...more.map((name) => `node_modules/${name}`)])].sort();
  /** Licence texts, each with the libraries that have it. */
  const texts = new Map();
  for (const folder of folders) {
    const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
    const own = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
    const text = own ? readFileSync(`${folder}/${own}`, "utf8").trim() : `License: ${license}`;
    texts.set(text, [...(texts.get(text) ?? []), `${name} ${version}`]);
  }
  const parts = [...texts].map(([text, names]) => `${names.join(", ")}\n\n${text}\n`);
  const head = "This folder contains these libraries, under these licences.\n";
  writeFileSync(file, [head, ...parts].join(`\n${"-".repeat(80)}\n\n`));
}

/** Fails where a build contains a library that is not in the list, or in the list of what the listed ones need. */
export function checkBuiltIn(inputs) {
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));
  const known = treeOf(packages, [...builtIn, ...installed]);
  for (const path of inputs) {
    const folder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
    if (folder && !known.has(folder)) throw new Error(`${folder} is built in: list it in libraries.config.js`);
  }
}

/** The places in a lock file of packages and of everything that they need. */
export function treeOf(packages, names, kinds = ["dependencies"]) {
  const found = new Set();
  const visit = (name, from) => {
    // The nearest one, as Node looks for it.
    let place = from;
    while (place && !packages[`${place}/node_modules/${name}`])
      place = place.replace(/(^|\/)node_modules\/[^/]*(\/[^/]+)?$/, "");
    const path = place ? `${place}/node_modules/${name}` : `node_modules/${name}`;
    if (!packages[path] || found.has(path)) return;
    found.add(path);
    for (const kind of kinds) for (const next of Object.keys(packages[path][kind] ?? {})) visit(next, path);
  };
  for (const name of names) visit(name, "");
  return found;
}
