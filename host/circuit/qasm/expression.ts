import { affine, type Param, type Source } from "../params.ts";
import type { Token, Tokens } from "./tokens.ts";

/** factor · (product of sources) + shift; a number where there are no sources. */
export interface Linear {
  sources: readonly Source[];
  factor: number;
  shift: number;
}

/** What names stand for: numbers and parameters; undefined for what is unknown. */
export type Names = (name: Token, index: number | null) => Linear | undefined;

const CONSTANTS: Record<string, number> = {
  pi: Math.PI,
  π: Math.PI,
  tau: 2 * Math.PI,
  τ: 2 * Math.PI,
  euler: Math.E,
  ℇ: Math.E,
};
const FUNCTIONS: Record<string, (x: number) => number> = {
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  exp: Math.exp,
  ln: Math.log,
  log: Math.log,
  sqrt: Math.sqrt,
  arcsin: Math.asin,
  arccos: Math.acos,
  arctan: Math.atan,
};

export const constant = (value: number): Linear => ({ sources: [], factor: 0, shift: value });
const isConstant = ({ sources }: Linear) => sources.length === 0;

export function toParam({ sources, factor, shift }: Linear): Param {
  return sources.length === 0 ? shift : affine(sources, factor, shift);
}

/** Reads an angle: numbers, inputs and what can be made of them by a gate's parameter. */
export function parseExpression(tokens: Tokens, names: Names): Linear {
  let left = parseTerm(tokens, names);
  while (tokens.next.text === "+" || tokens.next.text === "-") {
    const sign = tokens.take();
    const right = parseTerm(tokens, names);
    const scaled = sign.text === "-" ? scale(right, -1) : right;
    const sum = add(left, scaled);
    if (!sum)
      tokens.fail(sign, "expected a sum of one input (or product of two) and numbers, as a gate's parameter is");
    left = sum;
  }
  return left;
}

function parseTerm(tokens: Tokens, names: Names): Linear {
  let left = parseUnary(tokens, names);
  while (tokens.next.text === "*" || tokens.next.text === "/") {
    const sign = tokens.take();
    const right = parseUnary(tokens, names);
    if (sign.text === "/") {
      if (!isConstant(right)) tokens.fail(sign, "expected a number to divide by");
      if (right.shift === 0) tokens.fail(sign, "expected a number other than 0 to divide by");
      left = isConstant(left) ? constant(left.shift / right.shift) : scale(left, 1 / right.shift);
      continue;
    }
    const product = multiply(left, right);
    if (!product) tokens.fail(sign, "expected a product of at most two inputs and weights, and numbers");
    left = product;
  }
  return left;
}

function parseUnary(tokens: Tokens, names: Names): Linear {
  if (tokens.skip("-")) return tokens.nested(() => scale(parseUnary(tokens, names), -1));
  if (tokens.skip("+")) return tokens.nested(() => parseUnary(tokens, names));
  const base = parsePrimary(tokens, names);
  if (tokens.next.text !== "^" && tokens.next.text !== "**") return base;
  const sign = tokens.take();
  const exponent = tokens.nested(() => parseUnary(tokens, names));
  if (!isConstant(base) || !isConstant(exponent)) tokens.fail(sign, "expected a power of numbers");
  return constant(base.shift ** exponent.shift);
}

function parsePrimary(tokens: Tokens, names: Names): Linear {
  const token = tokens.take();
  if (token.kind === "number") return constant(Number(token.text));
  if (token.text === "(") {
    const inner = tokens.nested(() => parseExpression(tokens, names));
    tokens.expect(")");
    return inner;
  }
  if (token.kind !== "word") tokens.fail(token, "expected an angle");
  if (Object.hasOwn(FUNCTIONS, token.text) && tokens.next.text === "(") {
    tokens.take();
    const inner = tokens.nested(() => parseExpression(tokens, names));
    tokens.expect(")");
    if (!isConstant(inner)) tokens.fail(token, "expected a function of numbers only");
    return constant(FUNCTIONS[token.text](inner.shift));
  }
  const index = tokens.skip("[") ? tokens.whole("an index") : null;
  if (index !== null) tokens.expect("]");
  const known = names(token, index);
  if (known) return known;
  if (index === null && Object.hasOwn(CONSTANTS, token.text)) return constant(CONSTANTS[token.text]);
  return tokens.fail(token, "expected a number, a parameter, pi or a function");
}

function scale({ sources, factor, shift }: Linear, by: number): Linear {
  return { sources, factor: factor * by, shift: shift * by };
}

function multiply(a: Linear, b: Linear): Linear | null {
  if (isConstant(a)) return isConstant(b) ? constant(a.shift * b.shift) : scale(b, a.shift);
  if (isConstant(b)) return scale(a, b.shift);
  if (a.shift !== 0 || b.shift !== 0 || a.sources.length + b.sources.length > 2) return null;
  return { sources: [...a.sources, ...b.sources], factor: a.factor * b.factor, shift: 0 };
}

function add(a: Linear, b: Linear): Linear | null {
  if (isConstant(a)) return { ...b, shift: a.shift + b.shift };
  if (isConstant(b)) return { ...a, shift: a.shift + b.shift };
  const key = ({ sources }: Linear) =>
    sources
      .map(({ kind, index }) => `${kind} ${index}`)
      .sort()
      .join();
  return key(a) === key(b) ? { sources: a.sources, factor: a.factor + b.factor, shift: a.shift + b.shift } : null;
}
