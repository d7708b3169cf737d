import { readdirSync, readFileSync } from "node:fs";
import ts from "typescript";
import { repository } from "./paths.ts";

/** One import or re-export: what it names, and whether only types come through it. */
export interface Import {
  specifier: string;
  typeOnly: boolean;
}

/** The paths of all .ts and .tsx files below a folder of the repository, "host/cli/main.ts". */
export function sourceFiles(folder: string): string[] {
  return readdirSync(repository(folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
    .sort();
}

/** The syntax tree of a source file (AssemblyScript included: its syntax is TypeScript's). */
export function parse(path: string): ts.SourceFile {
  return ts.createSourceFile(path, readFileSync(repository(path), "utf8"), ts.ScriptTarget.Latest, true);
}

/** Every node of the tree, parents first. getChildren would scan the text for every token, ten times as slow. */
export function walk(root: ts.Node): ts.Node[] {
  const nodes: ts.Node[] = [];
  const visit = (node: ts.Node) => {
    nodes.push(node);
    ts.forEachChild(node, visit);
  };
  visit(root);
  return nodes;
}

/** Static and dynamic imports, `export … from`, and import types of a file. */
export function imports(source: ts.SourceFile): Import[] {
  const found: Import[] = [];
  for (const node of walk(source)) {
    if (ts.isImportDeclaration(node)) {
      const clause = node.importClause;
      const names =
        clause?.namedBindings && ts.isNamedImports(clause.namedBindings) ? clause.namedBindings.elements : [];
      const typeOnly =
        clause !== undefined &&
        (clause.phaseModifier === ts.SyntaxKind.TypeKeyword ||
          (!clause.name && names.length > 0 && names.every((name) => name.isTypeOnly)));
      found.push({ specifier: (node.moduleSpecifier as ts.StringLiteral).text, typeOnly });
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
      found.push({ specifier: (node.moduleSpecifier as ts.StringLiteral).text, typeOnly: node.isTypeOnly });
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const argument = node.arguments[0];
      found.push({ specifier: ts.isStringLiteralLike(argument) ? argument.text : argument.getText(), typeOnly: false });
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      found.push({ specifier: (node.argument.literal as ts.StringLiteral).text, typeOnly: true });
    }
  }
  return found;
}

/** The free names a file uses: identifiers that are not a property or key (`Deno` in `Deno.args`, not in `x.Deno`). */
export function names(source: ts.SourceFile): Set<string> {
  const found = new Set<string>();
  for (const node of walk(source)) {
    if (!ts.isIdentifier(node)) continue;
    const { parent } = node;
    const isKey =
      (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
      (ts.isQualifiedName(parent) && parent.right === node) ||
      ((ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isMethodSignature(parent)) &&
        parent.name === node) ||
      ((ts.isPropertyDeclaration(parent) || ts.isMethodDeclaration(parent)) && parent.name === node);
    if (!isKey) found.add(node.text);
  }
  return found;
}
