import { shown, UsageError } from "../../check.ts";

/** A piece of an OpenQASM file, and where it stands, both counted from 1. */
export interface Token {
  readonly kind: "word" | "number" | "string" | "sign" | "end";
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

const PATTERN =
  /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|([\p{L}_][\p{L}\p{N}_]*)|((?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|("[^"\n]*")|(->|\*\*|==|[-+*/^@(){}[\];,=<>!:])/uy;

const MOST_LEVELS = 100;

/** Reads a file piece by piece; every complaint names line and column. */
export class Tokens {
  readonly #name: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(text: string, name: string) {
    this.#name = name;
    this.#tokens = split(text, name);
  }

  get next(): Token {
    return this.#tokens[this.#at];
  }

  take(): Token {
    const token = this.next;
    if (token.kind !== "end") this.#at += 1;
    return token;
  }

  /** Takes the next token if it is this one. */
  skip(text: string): boolean {
    if (this.next.text !== text || this.next.kind === "string") return false;
    this.take();
    return true;
  }

  expect(text: string): Token {
    if (this.next.text !== text) this.fail(this.next, `expected ${text}`);
    return this.take();
  }

  word(what: string): Token {
    if (this.next.kind !== "word") this.fail(this.next, `expected ${what}`);
    return this.take();
  }

  /** A whole number. */
  whole(what: string): number {
    const token = this.take();
    if (token.kind !== "number" || !/^\d+$/.test(token.text)) this.fail(token, `expected ${what}`);
    return Number(token.text);
  }

  /** Reads something within something. @throws UsageError beyond a hundred levels */
  nested<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > MOST_LEVELS)
      this.fail(this.next, `expected at most ${MOST_LEVELS} levels of parentheses and signs`);
    const result = read();
    this.#depth -= 1;
    return result;
  }

  fail(token: Token, expected: string): never {
    throw complaint(
      this.#name,
      token,
      `${expected}, got ${token.kind === "end" ? "the end of the file" : shown(token.text)}`,
    );
  }
}

function complaint(name: string, { line, column }: { line: number; column: number }, text: string): UsageError {
  return new UsageError(`${name}:${line}:${column}: ${text}`);
}

function split(text: string, name: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let lineStart = 0;
  let at = 0;
  while (at < text.length) {
    PATTERN.lastIndex = at;
    const match = PATTERN.exec(text);
    const place = { line, column: at - lineStart + 1 };
    if (!match) throw complaint(name, place, `expected OpenQASM, got ${JSON.stringify(text[at])}`);
    const [all, word, number, string, sign] = match;
    const kind = word ? "word" : number ? "number" : string ? "string" : sign ? "sign" : null;
    if (kind) tokens.push({ kind, text: all, ...place });
    for (let i = all.indexOf("\n"); i >= 0; i = all.indexOf("\n", i + 1)) {
      line += 1;
      lineStart = at + i + 1;
    }
    at += all.length;
  }
  tokens.push({ kind: "end", text: "", line, column: at - lineStart + 1 });
  return tokens;
}
