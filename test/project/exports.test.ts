// The WebAssembly interface is written down three times: in assembly/, in the modules, in host/engine/kernels.ts.
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { gzipSync } from "node:zlib";
import ts from "typescript";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { repository } from "../util/paths.ts";
import { parse, walk } from "../util/sources.ts";

const releases = ["strict", "fast", "strict-threads", "fast-threads"];
const builds = [...releases, "debug", "debug-threads"];
const bytes = (build: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(repository(`build/${build}.wasm`)));

/** Compiles a build. Node 20 knows relaxed SIMD, which the fast build needs, only behind a flag. */
function compile(build: string): WebAssembly.Module {
  if (!WebAssembly.validate(bytes(build))) setFlagsFromString("--experimental-wasm-relaxed-simd");
  return new WebAssembly.Module(bytes(build));
}

/** Name → number of parameters of a module's functions. */
function functions(module: WebAssembly.Module): Map<string, number> {
  const memory = () => new WebAssembly.Memory({ initial: 16, maximum: 32768, shared: true });
  const stubs: WebAssembly.ModuleImports = {};
  for (const { name, kind } of WebAssembly.Module.imports(module)) stubs[name] = kind === "memory" ? memory() : () => 0;
  const { exports } = new WebAssembly.Instance(module, { env: stubs });
  const found = Object.entries(exports).filter(([, value]) => typeof value === "function");
  return new Map(found.map(([name, value]) => [name, (value as () => void).length]));
}

const sorted = (list: Iterable<string>): string[] => [...list].sort();
const strict = functions(compile("strict"));
const exports = suite("exports");

for (const build of builds) {
  exports(`the ${build} build has the functions and parameters of strict`, () => {
    assert.ok(strict.size > 0);
    assert.equal(Object.fromEntries(functions(compile(build))), Object.fromEntries(strict));
  });

  exports(
    `the ${build} build imports ${build.endsWith("-threads") ? "its memory" : "no memory"}, and at most abort beside`,
    () => {
      const imports = WebAssembly.Module.imports(compile(build)).map(
        ({ module, name, kind }) => `${module}.${name} ${kind}`,
      );
      const memory = build.endsWith("-threads") ? ["env.memory memory"] : [];
      // release builds assert nothing, so they have nothing to abort for
      const abort = build.startsWith("debug") ? ["env.abort function"] : [];
      assert.equal(sorted(imports), sorted([...memory, ...abort]));
    },
  );
}

exports("assembly/index.ts re-exports them and does nothing else", () => {
  const statements = parse("assembly/index.ts").statements;
  const list: string[] = [];
  for (const statement of statements) {
    assert.ok(ts.isExportDeclaration(statement) && statement.moduleSpecifier, statement.getText());
    const clause = (statement as ts.ExportDeclaration).exportClause;
    assert.ok(clause && ts.isNamedExports(clause), statement.getText());
    for (const { name } of (clause as ts.NamedExports).elements) list.push(name.text);
  }
  assert.equal(sorted(list), sorted(strict.keys()));
});

/** Parameters of AssemblyScript's type usize that are no addresses. */
const SIZES = ["bytes", "stride", "to"];

/** "name: type" of every parameter in order, then the type of the result, as the host's types say it. */
function signature(
  { parameters, type }: ts.FunctionDeclaration | ts.MethodSignature,
  toHost: (type: string, name: string) => string,
): string[] {
  const named = parameters.map(({ name, type }) => [name.getText(), type!.getText()] as const);
  return [...named.map(([name, type]) => `${name}: ${toHost(type, name)}`), toHost(type!.getText(), "result")];
}

exports("the interface Kernels has the names, types and order of all parameters in assembly/", () => {
  const source = new Map<string, string[]>();
  for (const statement of parse("assembly/index.ts").statements) {
    const { moduleSpecifier, exportClause } = statement as ts.ExportDeclaration;
    const path = `assembly/${(moduleSpecifier as ts.StringLiteral).text}.ts`;
    const exported = (exportClause as ts.NamedExports).elements.map(({ name }) => name.text);
    for (const node of parse(path).statements) {
      const name = ts.isFunctionDeclaration(node) && node.name?.text;
      if (!name || !exported.includes(name)) continue;
      const isAddress = (parameter: string) => (parameter === "result" ? name === "alloc" : !SIZES.includes(parameter));
      const toHost = (type: string, parameter: string) => {
        if (type === "void") return type;
        return type === "usize" && isAddress(parameter) ? "Ptr" : "number";
      };
      source.set(name, signature(node as ts.FunctionDeclaration, toHost));
    }
  }
  const kernels = new Map<string, string[]>();
  for (const node of walk(parse("host/engine/kernels.ts"))) {
    if (!ts.isInterfaceDeclaration(node) || node.name.text !== "Kernels") continue;
    for (const member of node.members) {
      if (ts.isMethodSignature(member))
        kernels.set(
          member.name.getText(),
          signature(member, (type) => type),
        );
    }
  }
  assert.equal(sorted(source.keys()), sorted(strict.keys()));
  assert.equal(sorted(kernels.keys()), sorted(strict.keys()));
  for (const [name, parameters] of source) assert.equal(kernels.get(name), parameters, name);
});

exports("the release builds together are at most 150 kB gzip", () => {
  const size = releases.reduce((sum, build) => sum + gzipSync(bytes(build), { level: 9 }).length, 0);
  assert.ok(size <= 150_000, `${size} bytes`);
});

exports.run();
