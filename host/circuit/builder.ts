import { UsageError } from "../check.ts";
import { Circuit, checkCount } from "./circuit.ts";
import type { Operation } from "./gates.ts";
import { MAX_INDEX, MAX_WIRES } from "./limits.ts";
import { collect, multiplyWords, type Output, parseWord, type Term, wordText } from "./observables.ts";
import { affine, type Param, type Source } from "./params.ts";
import type { WeightTensor } from "./part.ts";
import type { Template } from "./templates.ts";

/** An angle that an input or a weight stands in: factor · v + shift, with v one of these or the product of two. */
export class Angle {
  readonly #sources: readonly Source[];
  readonly #factor: number;
  readonly #shift: number;

  constructor(sources: readonly Source[], factor = 1, shift = 0) {
    this.#sources = sources;
    this.#factor = factor;
    this.#shift = shift;
  }

  /** @throws UsageError where the product is of more than two inputs and weights, or of two sums */
  times(by: number | Angle): Angle {
    if (typeof by === "number") return new Angle(this.#sources, this.#factor * by, this.#shift * by);
    if (this.#shift !== 0 || by.#shift !== 0) {
      throw new UsageError("times: expected factors without anything added, got a sum: multiply first, then add");
    }
    const sources = [...this.#sources, ...by.#sources];
    if (sources.length > 2) throw new UsageError(`times: expected at most 2 inputs and weights, got ${sources.length}`);
    return new Angle(sources, this.#factor * by.#factor);
  }

  dividedBy(by: number): Angle {
    return this.times(1 / by);
  }

  plus(added: number): Angle {
    return new Angle(this.#sources, this.#factor, this.#shift + added);
  }

  minus(subtracted: number): Angle {
    return this.plus(-subtracted);
  }

  negated(): Angle {
    return this.times(-1);
  }

  toParam(): Param {
    return affine(this.#sources, this.#factor, this.#shift);
  }
}

/** A weighted sum of Pauli words, to be measured. */
export class PauliSum {
  readonly terms: readonly Term[];

  constructor(terms: readonly Term[]) {
    this.terms = collect(terms);
  }

  /** The product with a number or another observable. @throws UsageError where the product is not Hermitian, as X·Z */
  times(by: number | PauliSum): PauliSum {
    if (typeof by === "number")
      return new PauliSum(this.terms.map(({ coefficient, word }) => ({ coefficient: coefficient * by, word })));
    const terms = this.terms.flatMap((a) =>
      by.terms.map((b) => {
        const { letters, turns } = multiplyWords(parseWord(a.word)!, parseWord(b.word)!);
        return { coefficient: a.coefficient * b.coefficient * (turns < 2 ? 1 : -1), word: wordText(letters), turns };
      }),
    );
    if (collect(terms.filter(({ turns }) => turns % 2 === 1)).length > 0) {
      throw new UsageError("times: expected observables whose product is one, got two that do not commute");
    }
    return new PauliSum(
      terms.filter(({ turns }) => turns % 2 === 0).map(({ coefficient, word }) => ({ coefficient, word })),
    );
  }

  plus(added: PauliSum): PauliSum {
    return new PauliSum([...this.terms, ...added.terms]);
  }

  minus(subtracted: PauliSum): PauliSum {
    return this.plus(subtracted.times(-1));
  }
}

const pauli = (letter: string) => (wire: number) => new PauliSum([{ coefficient: 1, word: `${letter}${wire}` }]);
/** Pauli operators, to be measured; in a list of operations they are the gates. */
export const X = pauli("X");
export const Y = pauli("Y");
export const Z = pauli("Z");

/** An expectation value: one number. */
export function expval(of: PauliSum): Output {
  return { expval: of.terms.length > 0 ? of.terms : [{ coefficient: 0, word: "" }] };
}

/** A variance, ⟨H²⟩ − ⟨H⟩²: one number. */
export function variance(of: PauliSum): Output {
  return { variance: of.terms.length > 0 ? of.terms : [{ coefficient: 0, word: "" }] };
}

/** The probabilities of the 2^k basis states of k wires, the first wire the most significant. */
export function probs(wires: number | readonly number[]): Output {
  return { probs: typeof wires === "number" ? [wires] : wires };
}

type Given = number | Angle | Param;
/** Wires one by one, or as a list. */
type Wires = readonly (number | readonly number[])[];

const paramOf = (given: Given): Param => (given instanceof Angle ? given.toParam() : given);
const operation = (name: string, params: readonly Given[], wires: Wires): Operation => ({
  name,
  wires: wires.flat(),
  params: params.map(paramOf),
});
const plain =
  (name: string) =>
  (...wires: Wires): Operation =>
    operation(name, [], wires);
const turned =
  (name: string) =>
  (angle: Given, ...wires: Wires): Operation =>
    operation(name, [angle], wires);
const threefold =
  (name: string) =>
  (phi: Given, theta: Given, omega: Given, ...wires: Wires): Operation =>
    operation(name, [phi, theta, omega], wires);

// One for every gate of GATES, by PennyLane's name: angles first, then wires; controls before targets.
export const Hadamard = plain("Hadamard");
export const PauliX = plain("PauliX");
export const PauliY = plain("PauliY");
export const PauliZ = plain("PauliZ");
export const S = plain("S");
export const T = plain("T");
export const SX = plain("SX");
export const Identity = plain("Identity");
export const RX = turned("RX");
export const RY = turned("RY");
export const RZ = turned("RZ");
export const PhaseShift = turned("PhaseShift");
export const Rot = threefold("Rot");
export const U1 = turned("U1");
export const U2 = (phi: Given, delta: Given, ...wires: Wires): Operation => operation("U2", [phi, delta], wires);
export const U3 = threefold("U3");
export const CNOT = plain("CNOT");
export const CY = plain("CY");
export const CZ = plain("CZ");
export const CRX = turned("CRX");
export const CRY = turned("CRY");
export const CRZ = turned("CRZ");
export const CRot = threefold("CRot");
export const ControlledPhaseShift = turned("ControlledPhaseShift");
export const SWAP = plain("SWAP");
export const ISWAP = plain("ISWAP");
export const IsingXX = turned("IsingXX");
export const IsingYY = turned("IsingYY");
export const IsingZZ = turned("IsingZZ");
export const MultiRZ = turned("MultiRZ");
export const Toffoli = plain("Toffoli");
export const CCZ = plain("CCZ");
export const CSWAP = plain("CSWAP");
/** The state that the circuit starts from: 2^wires inputs divided by their norm. */
export const AmplitudeEmbedding = (inputs: readonly Given[], ...wires: Wires): Operation =>
  operation("AmplitudeEmbedding", inputs, wires);

/** Angles in lists of lists, as many deep as the shape has numbers. */
export type Angles<Shape> = Shape extends readonly [number, infer _B, infer _C]
  ? Angle[][][]
  : Shape extends readonly [number, infer _B]
    ? Angle[][]
    : Shape extends readonly []
      ? Angle
      : Angle[];

/** What a circuit's builder is given. */
export interface Sources {
  /** The next `count` inputs. */
  input(count: number): Angle[];
  /**
   * A named tensor of trainable weights; the tensors follow each other in the circuit's weights, row-major.
   * @param start where training starts; default uniform in [0, 2π)
   */
  weight<const Shape extends readonly number[]>(name: string, shape: Shape, start?: number): Angles<Shape>;
}

/** Operations in lists of any depth; X, Y and Z of one wire are gates among them. */
export type Built = readonly (Operation | PauliSum | Built)[];

/** What a builder returns: operations, and outputs where they are not ⟨Z⟩ on every wire. */
export type BuildCircuit = (sources: Sources) => readonly [operations: Built, outputs?: readonly Output[]];

/**
 * Builds a circuit and the tensors of its weights.
 * @param wires 1 to 20
 * @throws UsageError that names the operation, output, input or weight and says what is allowed
 */
export function buildCircuit(wires: number, build: BuildCircuit): Template {
  checkCount("wires", wires, MAX_WIRES);
  const tensors: WeightTensor[] = [];
  let inputs = 0;
  let weights = 0;
  const sources: Sources = {
    input(count) {
      checkCount("input", count, MAX_INDEX - inputs);
      return Array.from({ length: count }, () => new Angle([{ kind: "input", index: inputs++ }]));
    },
    weight(name, shape, start) {
      checkTensor(name, shape, start, tensors);
      tensors.push(Object.freeze({ name, shape: Object.freeze([...shape]), ...(start !== undefined && { start }) }));
      const fill = (depth: number): unknown =>
        depth === shape.length
          ? new Angle([{ kind: "weight", index: weights++ }])
          : Array.from({ length: shape[depth] }, () => fill(depth + 1));
      return fill(0) as Angles<typeof shape>;
    },
  };
  const [built, outputs] = build(sources);
  const operations = flatten(built);
  return { circuit: new Circuit(wires, operations, { outputs, inputs, weights }), tensors: Object.freeze(tensors) };
}

/** Throws a UsageError unless a tensor can stand in a model file beside the others. */
export function checkTensor(
  name: unknown,
  shape: unknown,
  start: unknown,
  others: readonly WeightTensor[],
): asserts name is string {
  if (typeof name !== "string" || !/^[A-Za-z_]\w*$/.test(name)) {
    throw new UsageError(`weight: expected a name of letters, digits and _, got ${JSON.stringify(name)}`);
  }
  if (others.some((other) => other.name === name)) throw new UsageError(`weight ${name}: there is one of that name`);
  if (!Array.isArray(shape) || shape.some((length) => !Number.isInteger(length) || length < 1)) {
    throw new UsageError(`weight ${name}: expected a shape of whole numbers from 1, got ${JSON.stringify(shape)}`);
  }
  const size = (shape as number[]).reduce((product, length) => product * length, 1);
  if (size > MAX_INDEX) throw new UsageError(`weight ${name}: expected at most ${MAX_INDEX} numbers, got ${size}`);
  if (start !== undefined && !(typeof start === "number" && Number.isFinite(start))) {
    throw new UsageError(`weight ${name}: expected a finite number to start from, got ${JSON.stringify(start)}`);
  }
}

function flatten(built: Built): Operation[] {
  if (!Array.isArray(built)) throw new UsageError("circuit: expected a builder that returns [operations, outputs]");
  const flat = (built as readonly unknown[]).flat(Number.POSITIVE_INFINITY) as (Operation | PauliSum)[];
  return flat.map((one, at) => (one instanceof PauliSum ? gateOfPauli(one, at) : one));
}

function gateOfPauli({ terms }: PauliSum, at: number): Operation {
  const letters = terms.length === 1 && terms[0].coefficient === 1 ? parseWord(terms[0].word)! : [];
  if (letters.length !== 1) throw new UsageError(`operation ${at}: expected a gate, got an observable`);
  const [[letter, wire]] = letters;
  return { name: `Pauli${letter}`, wires: [wire], params: [] };
}
