// The code in the README and in host/docs.
import { readdirSync, readFileSync } from "node:fs";
import { repository } from "./paths.ts";

export interface Snippet {
  /** Path of its page. */
  page: string;
  language: string;
  code: string;
}

/** The README and every page of the documentation, by their paths. */
export const PAGES: readonly string[] = [
  "README.md",
  ...readdirSync(repository("host/docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `host/docs/${name.replaceAll("\\", "/")}`)
    .sort(),
];

/** Blocks between fences. */
export function fenced(page: string): Snippet[] {
  const text = readFileSync(repository(page), "utf8");
  return [...text.matchAll(/^```(\w+)\n(.*?)^```/gms)].map(([, language, code]) => ({ page, language, code }));
}

/** Programs, one for each block that imports, with the blocks that follow it and import nothing. */
export function programs(page: string): Snippet[] {
  const found: Snippet[] = [];
  for (const snippet of fenced(page)) {
    if (!/^(js|ts|tsx|jsx)$/.test(snippet.language)) continue;
    const before = found.at(-1);
    if (/^import /m.test(snippet.code) || !before) found.push({ ...snippet });
    else before.code += snippet.code;
  }
  return found;
}

/** Commands of hqcnn as they are typed: the words behind "hqcnn" of every indented or fenced line, and of its parts. */
export function commandLines(page: string): string[][] {
  const text = readFileSync(repository(page), "utf8").replace(/ \\\n +/g, " "); // a line that continues
  const lines = text.matchAll(/^(?: {4}|\$ )(?=.*hqcnn)(.*)$/gm);
  return [...lines]
    .flatMap(([, line]) => line.replace(/\s#.*$/, "").split("&&"))
    .map((part) => /^\s*(?:[A-Z_]+=\S+ )*(?:npx )?(?:npm run -s )?hqcnn(?: --)? (.*\S)\s*$/.exec(part)?.[1])
    .filter((words) => words !== undefined)
    .map((words) => words.split(/\s+/));
}
