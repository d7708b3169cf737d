import { isRecord } from "../check.ts";
import { MAX_INDEX } from "./limits.ts";

/** What a parameter's value is multiplied by, then what is added; 1 and 0 where they are left out. */
interface Affine {
  readonly factor?: number;
  readonly shift?: number;
}

/** One factor of a product: an input or a weight; a number alone is the index of an input. */
export type Factor = number | { readonly input: number } | { readonly weight: number };

/**
 * A gate's parameter, an angle in radians: a constant, or factor · v + shift, where v is an input of the circuit, one
 * of its trainable weights, or the product
 * of two of these (all counted from 0).
 */
export type Param =
  | number
  | ({ readonly input: number } & Affine)
  | ({ readonly product: readonly [Factor, Factor] } & Affine)
  | ({ readonly weight: number } & Affine);

/** What a parameter is made of: none for a constant, two for a product. */
export interface Source {
  readonly kind: "input" | "weight";
  readonly index: number;
}

export const PARAM_FORMS =
  'a finite number or, where wanted with "factor" and "shift", { "input": i }, { "product": [i, j] } or { "weight": i } with i from 0';

/** The inputs and weights that a parameter is made of. */
export function sourcesOf(param: Param): readonly Source[] {
  if (typeof param === "number") return [];
  if ("input" in param) return [{ kind: "input", index: param.input }];
  if ("weight" in param) return [{ kind: "weight", index: param.weight }];
  return param.product.map(sourceOfFactor);
}

/** The inputs that a parameter is made of. */
export function inputsOf(param: Param): readonly number[] {
  return sourcesOf(param).flatMap(({ kind, index }) => (kind === "input" ? [index] : []));
}

/** The weights that a parameter is made of. */
export function weightsOf(param: Param): readonly number[] {
  return sourcesOf(param).flatMap(({ kind, index }) => (kind === "weight" ? [index] : []));
}

/** What a parameter is affine in is multiplied by this … */
export function factorOf(param: Param): number {
  return typeof param === "number" ? 0 : (param.factor ?? 1);
}

/** … and this is added; a constant itself. */
export function shiftOf(param: Param): number {
  return typeof param === "number" ? param : (param.shift ?? 0);
}

/** The value of a parameter. */
export function paramValue(param: Param, inputs: ArrayLike<number>, weights: ArrayLike<number>): number {
  if (typeof param === "number") return param;
  const value = sourcesOf(param).reduce(
    (product, { kind, index }) => product * (kind === "input" ? inputs : weights)[index],
    1,
  );
  return factorOf(param) * value + shiftOf(param);
}

/** The parameter with its weights, and where given its inputs, as numbers: a constant, or still affine in inputs. */
export function bindParam(param: Param, weights: ArrayLike<number> | null, inputs: ArrayLike<number> | null): Param {
  if (typeof param === "number") return param;
  const sources = sourcesOf(param);
  const open = sources.filter(({ kind }) => (kind === "input" ? inputs : weights) === null);
  if (open.length === sources.length) return param;
  if (open.length === 0) return paramValue(param, inputs ?? [], weights ?? []);
  // a product of which one factor is known
  const known = sources.find((source) => source !== open[0])!;
  const factor = factorOf(param) * (known.kind === "input" ? inputs! : weights!)[known.index];
  return affine(open, factor, shiftOf(param));
}

/** The parameter of these sources, in the shortest form. */
export function affine(sources: readonly Source[], factor: number, shift: number): Param {
  if (sources.length === 0) return factor + shift;
  const rest = { ...(factor !== 1 && { factor }), ...(shift !== 0 && { shift }) };
  const [{ kind, index }, second] = sources;
  if (second) return { product: productOf(sources as readonly [Source, Source]), ...rest };
  return kind === "input" ? { input: index, ...rest } : { weight: index, ...rest };
}

/** Two inputs as numbers, as they always were; others by name. */
function productOf(sources: readonly [Source, Source]): readonly [Factor, Factor] {
  const allInputs = sources.every(({ kind }) => kind === "input");
  return sources.map(({ kind, index }) =>
    allInputs ? index : kind === "input" ? { input: index } : { weight: index },
  ) as unknown as readonly [Factor, Factor];
}

function sourceOfFactor(factor: Factor): Source {
  if (typeof factor === "number") return { kind: "input", index: factor };
  return "input" in factor ? { kind: "input", index: factor.input } : { kind: "weight", index: factor.weight };
}

/** Whether a value of any type is a parameter. */
export function isParam(value: unknown): value is Param {
  if (typeof value === "number") return Number.isFinite(value);
  if (!isRecord(value)) return false;
  const { factor, shift, ...rest } = value;
  const finite = (number: unknown) => number === undefined || (typeof number === "number" && Number.isFinite(number));
  const keys = Object.keys(rest);
  if (keys.length !== 1 || !finite(factor) || !finite(shift)) return false;
  const [of] = Object.values(rest);
  if (keys[0] === "input" || keys[0] === "weight") return isIndex(of);
  return keys[0] === "product" && Array.isArray(of) && of.length === 2 && of.every(isFactor);
}

function isFactor(value: unknown): boolean {
  if (typeof value === "number") return isIndex(value);
  if (!isRecord(value)) return false;
  const keys = Object.keys(value);
  return keys.length === 1 && (keys[0] === "input" || keys[0] === "weight") && isIndex(value[keys[0]]);
}

export function isIndex(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < MAX_INDEX;
}

/** A frozen copy. */
export function copyParam(param: Param): Param {
  if (typeof param === "number") return param;
  const copy = affine(sourcesOf(param), factorOf(param), shiftOf(param));
  if (typeof copy === "number") return copy;
  if ("product" in copy) {
    for (const factor of copy.product) Object.freeze(factor);
    Object.freeze(copy.product);
  }
  return Object.freeze(copy);
}

/** A parameter as drawings write it: 0.25, x0, 2.00·x0·w1+0.50. */
export function paramText(param: Param, digits = 2): string {
  if (typeof param === "number") return param.toFixed(digits);
  const factor = factorOf(param);
  const shift = shiftOf(param);
  const names = sourcesOf(param).map(({ kind, index }) => `${kind === "input" ? "x" : "w"}${index}`);
  const head = factor === 1 ? "" : factor === -1 ? "-" : `${factor.toFixed(digits)}·`;
  const tail = shift === 0 ? "" : `${shift < 0 ? "-" : "+"}${Math.abs(shift).toFixed(digits)}`;
  return `${head}${names.join("·")}${tail}`;
}
