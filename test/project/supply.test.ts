// What the package brings along: licences, exact versions, checksums, no scripts at installation, the bill of
// materials.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { repository } from "../util/paths.ts";
import { imports, parse, sourceFiles } from "../util/sources.ts";

const supply = suite("supply");

interface Locked {
  version: string;
  license?: string;
  integrity?: string;
  resolved?: string;
  dev?: boolean;
  hasInstallScript?: boolean;
  dependencies?: object;
  optionalDependencies?: object;
}

const json = (path: string) => JSON.parse(readFileSync(repository(path), "utf8"));
const { packages } = json("package-lock.json") as { packages: Record<string, Locked> };
const { builtIn, installed, treeOf } = (await import(pathToFileURL(repository("libraries.config.js")).href)) as {
  builtIn: string[];
  installed: string[];
  treeOf(packages: Record<string, Locked>, names: string[], kinds?: string[]): Set<string>;
};
const brought = treeOf(packages, builtIn);
/** What is installed with the package and what is built in. */
const production = Object.entries(packages).filter(([path, { dev }]) => path !== "" && (!dev || brought.has(path)));
const nameOf = (path: string) => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);

/**
 * Licences that let everybody use, change and pass on, and ask at most for their text to be kept. MPL: for its own
 * files.
 */
const LICENSES = [
  "MIT",
  "ISC",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "0BSD",
  "Apache-2.0",
  "MPL-2.0",
  "Unlicense",
  "BlueOak-1.0.0",
];
/** Packages whose licence has no SPDX name in their package.json, and what it is. */
const NAMED: Record<string, string> = { "dejavu-fonts-ttf": "Bitstream-Vera", pako: "MIT AND Zlib" };

supply("the licence of everything that is installed with the package or built in is one of a short list", () => {
  assert.ok(production.length > 20);
  const others = production.flatMap(([path, { license = "none" }]) => {
    const known = license
      .replace(/[()]/g, "")
      .split(" OR ")
      .some((name) => LICENSES.includes(name));
    return known || NAMED[nameOf(path)] ? [] : [`${path}: ${license}`];
  });
  assert.equal(others, []);
});

supply(
  "dependencies are exact versions of the registry, with checksums, and run nothing when they are installed",
  () => {
    const { dependencies, devDependencies } = json("package.json") as Record<string, Record<string, string>>;
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      assert.match(version, /^(npm:[\w-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/, name);
    }
    for (const [path, { integrity, resolved, hasInstallScript }] of production) {
      assert.match(integrity ?? "none", /^sha512-/, path);
      assert.ok(resolved === undefined || resolved.startsWith("https://registry.npmjs.org/"), `${path}: ${resolved}`);
      assert.not(hasInstallScript, path);
    }
  },
);

supply("what host/ imports is installed with the package or built in, and nothing else is", () => {
  const bare = sourceFiles("host")
    .filter((path) => !/^host\/(docs|examples)\//.test(path))
    .flatMap((path) => imports(parse(path)))
    .filter(({ specifier, typeOnly }) => !typeOnly && /^(?!node:)[@\w]/.test(specifier))
    .map(({ specifier }) => /^(@[^/]+\/)?[^/]+/.exec(specifier)![0]);
  // What is read as files: modules of decoders, fonts.
  const files = ["@cwasm/jpeg-turbo", "@cwasm/nsgif", "@cwasm/webp", "dejavu-fonts-ttf"];
  const wanted = new Set([...bare, ...files]);
  wanted.delete("hqcnn");
  assert.equal([...wanted].sort(), [...new Set([...builtIn, ...installed])].sort());
});

supply("what only --queue needs is optional, under the same licences, and nothing else loads it", () => {
  const { peerDependencies, peerDependenciesMeta, devDependencies } = json("package.json") as Record<
    string,
    Record<string, unknown>
  >;
  const names = Object.keys(peerDependencies);
  assert.equal(names, ["bullmq", "ioredis"]);
  for (const name of names) {
    assert.equal(peerDependenciesMeta[name], { optional: true });
    assert.is(peerDependencies[name], devDependencies[name]);
    for (const path of treeOf(packages, [name], ["dependencies", "optionalDependencies"])) {
      assert.ok(packages[path].dev, `${path} would be installed with the package`);
      assert.ok(LICENSES.includes(packages[path].license ?? "none"), `${path}: ${packages[path].license}`);
    }
  }
  const loaders = sourceFiles("host").filter((path) =>
    imports(parse(path)).some(({ specifier, typeOnly }) => !typeOnly && names.includes(specifier)),
  );
  assert.equal(loaders, ["host/study/queue.ts"]);
  const web = repository("build/web");
  for (const file of existsSync(web) ? readdirSync(web).filter((name) => name.endsWith(".js")) : [])
    assert.not.match(readFileSync(`${web}/${file}`, "utf8"), /bullmq|ioredis/i, file);
});

const bom = repository("build/sbom.cdx.json");
const title = "the bill of materials lists exactly that, with checksums and licences";
if (!existsSync(bom)) {
  supply.skip(title);
  console.log(`skipped: ${title} (npm run build:sbom has not written it yet)`);
} else {
  supply(title, () => {
    const { bomFormat, metadata, components } = json("build/sbom.cdx.json") as {
      bomFormat: string;
      metadata: { component: { name: string; version: string } };
      components: { name: string; group?: string; version: string; hashes?: unknown[]; licenses?: unknown[] }[];
    };
    assert.is(bomFormat, "CycloneDX");
    assert.is(metadata.component.name, "hqcnn");
    const listed = components.map(({ name, version }) => `${name}@${version}`).sort();
    assert.equal(listed, [...new Set(production.map(([path, { version }]) => `${nameOf(path)}@${version}`))].sort());
    for (const { name, hashes, licenses } of components) {
      assert.ok(hashes !== undefined && hashes.length > 0, name);
      assert.ok(licenses !== undefined && licenses.length > 0, name);
    }
  });
}

supply("every test that SECURITY.md names is there, with the words it is named by", () => {
  const rows = readFileSync(repository("SECURITY.md"), "utf8")
    .split("\n")
    .filter((line) => /^\| (?!promise|---)/.test(line));
  assert.ok(rows.length >= 10);
  for (const row of rows) {
    const files = [...row.split("|")[2].matchAll(/`([\w./]+\.ts)`(?:: ([^`]*))?/g)];
    assert.ok(files.length > 0, row);
    for (const [, file, titles = ""] of files) {
      const path = ["test/host", "test"].map((folder) => repository(`${folder}/${file}`)).find(existsSync);
      assert.ok(path, file);
      const source = readFileSync(path, "utf8");
      for (const title of titles.split("; ").filter(Boolean))
        assert.ok(source.includes(title.trim()), `${file}: ${title}`);
    }
  }
});

supply.run();
