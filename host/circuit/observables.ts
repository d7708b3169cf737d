import { isRecord, UsageError } from "../check.ts";

/** One Pauli word times a number. The word names letters with their wires, "Z0 X1"; without any it is the identity. */
export interface Term {
  readonly coefficient: number;
  readonly word: string;
}

/** A Hermitian operator as a weighted sum of Pauli words. */
export type Observable = readonly Term[];

/**
 * What a circuit gives: an expectation value, a variance (one number each), or the probabilities of the 2^k basis
 * states of k wires, the first the most significant.
 */
export type Output =
  | { readonly expval: Observable }
  | { readonly variance: Observable }
  | { readonly probs: readonly number[] };

export type Pauli = "X" | "Y" | "Z";
/** The letters of a word with their wires, in the order of these. */
export type Letters = readonly (readonly [letter: Pauli, wire: number])[];

/** "Z0 X1" → letters; null where it is no word. */
export function parseWord(word: string): Letters | null {
  const parts = word.trim().split(/\s+/).filter(Boolean);
  if (parts.length === 1 && parts[0] === "I") return [];
  const letters: [Pauli, number][] = [];
  for (const part of parts) {
    const match = /^([XYZ])(\d{1,7})$/.exec(part);
    if (!match) return null;
    letters.push([match[1] as Pauli, Number(match[2])]);
  }
  letters.sort(([, a], [, b]) => a - b);
  return letters.some(([, wire], i) => i > 0 && wire === letters[i - 1][1]) ? null : letters;
}

export function wordText(letters: Letters): string {
  return letters.map(([letter, wire]) => `${letter}${wire}`).join(" ");
}

/** Product of two words: a word times i^turns. */
export function multiplyWords(a: Letters, b: Letters): { letters: Letters; turns: number } {
  const result = new Map<number, Pauli>(a.map(([letter, wire]) => [wire, letter]));
  let turns = 0;
  for (const [letter, wire] of b) {
    const before = result.get(wire);
    if (before === undefined) result.set(wire, letter);
    else if (before === letter) result.delete(wire);
    else {
      // XY = iZ and so on round the circle, −i the other way
      const [first, second] = ["XYZ".indexOf(before), "XYZ".indexOf(letter)];
      turns += (second - first + 3) % 3 === 1 ? 1 : 3;
      result.set(wire, "XYZ"[3 - first - second] as Pauli);
    }
  }
  const letters = [...result].sort(([x], [y]) => x - y).map(([wire, letter]) => [letter, wire] as const);
  return { letters, turns: turns % 4 };
}

/** Terms of equal words as one, those that vanish left out. */
export function collect(terms: Observable): Term[] {
  const sums = new Map<string, number>();
  for (const { coefficient, word } of terms) sums.set(word, (sums.get(word) ?? 0) + coefficient);
  return [...sums].filter(([, coefficient]) => coefficient !== 0).map(([word, coefficient]) => ({ coefficient, word }));
}

/** The square of an observable; words that do not commute cancel. */
export function square(observable: Observable): Term[] {
  const words = observable.map(({ word }) => parseWord(word)!);
  const terms: Term[] = [];
  observable.forEach(({ coefficient: a }, i) => {
    observable.forEach(({ coefficient: b }, j) => {
      const { letters, turns } = multiplyWords(words[i], words[j]);
      if (turns % 2 === 0) terms.push({ coefficient: turns === 0 ? a * b : -a * b, word: wordText(letters) });
    });
  });
  return collect(terms);
}

/** ⟨Z⟩ on every wire: what a circuit gives unless told otherwise. */
export function expvalsZ(numWires: number): Output[] {
  return Array.from({ length: numWires }, (_, wire) => ({ expval: [{ coefficient: 1, word: `Z${wire}` }] }));
}

/** Numbers that an output is. */
export function sizeOfOutput(output: Output): number {
  return "probs" in output ? 2 ** output.probs.length : 1;
}

/** A frozen copy in canonical form: words in the order of their wires. @throws UsageError that names output `at` */
export function checkOutput(output: unknown, at: number, numWires: number): Output {
  const fail = (expected: string, got: unknown): never => {
    throw new UsageError(`output ${at}: expected ${expected}, got ${JSON.stringify(got)?.slice(0, 200)}`);
  };
  const forms = '{ "expval": … }, { "variance": … } or { "probs": [wire, …] }';
  if (!isRecord(output) || Object.keys(output).length !== 1) return fail(forms, output);
  const [[kind, value]] = Object.entries(output);
  if (kind === "probs") {
    if (!Array.isArray(value) || value.length === 0) return fail("probs of at least one wire", value);
    const wires = value as unknown[];
    if (wires.some((wire) => !Number.isInteger(wire) || (wire as number) < 0 || (wire as number) >= numWires))
      return fail(`wires from 0 to ${numWires - 1}`, wires);
    if (new Set(wires).size !== wires.length) return fail("different wires", wires);
    return Object.freeze({ probs: Object.freeze([...wires] as number[]) });
  }
  if (kind !== "expval" && kind !== "variance") return fail(forms, output);
  const given: unknown[] =
    typeof value === "string" ? [{ coefficient: 1, word: value }] : Array.isArray(value) ? value : [];
  if (given.length === 0)
    return fail('a word such as "Z0 X1", or a list of { "coefficient": number, "word": "Z0 X1" }', value);
  const terms = given.map((term): Term => {
    if (
      !isRecord(term) ||
      typeof term.word !== "string" ||
      typeof term.coefficient !== "number" ||
      !Number.isFinite(term.coefficient) ||
      Object.keys(term).length !== 2
    ) {
      return fail('terms as { "coefficient": finite number, "word": "Z0 X1" }', term);
    }
    const letters = parseWord(term.word);
    if (!letters) return fail('a word of X, Y and Z, each with a wire of its own, such as "Z0 X1"', term.word);
    if (letters.some(([, wire]) => wire >= numWires)) return fail(`wires from 0 to ${numWires - 1}`, term.word);
    return Object.freeze({ coefficient: term.coefficient, word: wordText(letters) });
  });
  return Object.freeze({ [kind]: Object.freeze(terms) }) as unknown as Output;
}

/** An observable as text: Z0 X1, 0.5·Z0 + 2·X1. */
export function observableText(observable: Observable): string {
  return observable
    .map(({ coefficient, word }, i) => {
      const size = Math.abs(coefficient);
      const sign = coefficient < 0 ? (i === 0 ? "-" : " - ") : i === 0 ? "" : " + ";
      return `${sign}${size === 1 ? "" : `${Number(size.toPrecision(6))}·`}${word || "I"}`;
    })
    .join("");
}

/** A name for every number that the outputs are: ⟨Z0⟩, Var[Z0 X1], P(wires 2 3 = 01). */
export function outputLabels(outputs: readonly Output[]): string[] {
  return outputs.flatMap((output) => {
    if ("expval" in output) return [`⟨${observableText(output.expval)}⟩`];
    if ("variance" in output) return [`Var[${observableText(output.variance)}]`];
    const { probs } = output;
    return Array.from(
      { length: 2 ** probs.length },
      (_, k) =>
        `P(wire${probs.length > 1 ? "s" : ""} ${probs.join(" ")} = ${k.toString(2).padStart(probs.length, "0")})`,
    );
  });
}
