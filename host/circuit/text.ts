import { evaluate, parse } from "@humanwhocodes/momoa";
import { refuseDeep, shown, UsageError } from "../check.ts";

/** JSON text as data, and where a value of it stands. */
export interface JsonText {
  data: unknown;
  /** "file:line:column" of the value at a path, or of the deepest that is there. */
  where(path: readonly PropertyKey[]): string;
}

/**
 * Reads JSON.
 * @param name of the file, for messages
 * @throws UsageError with line and column
 */
export function readJson(text: string, name: string): JsonText {
  let tree: ReturnType<typeof parse>;
  try {
    refuseDeep(text);
    tree = parse(text, { mode: "json" });
  } catch (error) {
    const { line, column } = error as { line?: number; column?: number };
    const at = line === undefined ? name : `${name}:${line}:${column}`;
    throw new UsageError(`${at}: expected JSON: ${reason(error)}`, { cause: error });
  }
  return {
    data: evaluate(tree),
    where(path) {
      const { line, column } = locate(tree.body, path);
      return `${name}:${line}:${column}`;
    },
  };
}

/** momoa's messages end with the position, which is said in front. */
function reason(error: unknown): string {
  const text = (error as Error).message.replace(/\s*\(\d+:\d+\)\.?$/, "").replace(/\.$/, "");
  return shown(text);
}

type Node = ReturnType<typeof parse>["body"];

/** Where the value at a path stands, or the deepest that is there. */
function locate(node: Node, path: readonly PropertyKey[]): { line: number; column: number } {
  const [key, ...rest] = path;
  if (key !== undefined && node.type === "Object") {
    const member = node.members.find(({ name }) => (name.type === "String" ? name.value : name.name) === key);
    if (member) return locate(member.value, rest);
  }
  if (typeof key === "number" && node.type === "Array" && node.elements[key]) {
    return locate(node.elements[key].value, rest);
  }
  return node.loc.start;
}
