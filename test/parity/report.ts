import { HqcnnError } from "../../host/check.ts";

/** The largest error of one comparison, where it was, and what is allowed. */
export interface Check {
  error: number;
  tolerance: number;
  at: string;
}

/**
 * Comparisons of one kind of golden numbers by name, how many cases went in, and what could not be compared, by reason.
 */
export interface Section {
  checks: Record<string, Check>;
  compared: number;
  skipped: Record<string, number>;
}

export function emptySection(): Section {
  return { checks: {}, compared: 0, skipped: {} };
}

/** Keeps the larger of the error so far and this one; a NaN counts as infinite. */
export function note(section: Section, name: string, at: string, error: number, tolerance: number): void {
  const value = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
  const known = section.checks[name];
  if (!known || value > known.error) section.checks[name] = { error: value, tolerance, at };
}

export function skip(section: Section, reason: string): void {
  section.skipped[reason] = (section.skipped[reason] ?? 0) + 1;
}

export function passes(section: Section): boolean {
  return Object.values(section.checks).every(({ error, tolerance }) => error <= tolerance);
}

/** max |a − e|; infinite where a length differs. */
export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]);
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
    largest = Math.max(largest, difference);
  }
  return largest;
}

/** Numbers nested in lists → one list, row-major. */
export function flatten(value: unknown): number[] {
  return Array.isArray(value) ? value.flatMap(flatten) : [Number(value)];
}

/** Text of a golden file → its object, checked by a zod schema. @throws HqcnnError that names the file and the place */
export function parseGolden<T>(name: string, text: string, schema: Schema<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new HqcnnError(`${name}: not JSON: ${(error as Error).message}`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new HqcnnError(`${name}: ${issue.path.join(".")}: ${issue.message}`);
}

interface Schema<T> {
  safeParse(
    value: unknown,
  ): { success: true; data: T } | { success: false; error: { issues: { path: PropertyKey[]; message: string }[] } };
}
