// The slow one: state vectors by dense complex matrices in f64, gradients by parameter shift. Shares nothing with
// assembly/quantum or host/circuit's tape.

type ReferenceFactor = number | { readonly input: number } | { readonly weight: number };
interface ReferenceAffine {
  readonly factor?: number;
  readonly shift?: number;
}
export type ReferenceParam =
  | number
  | ({ readonly input: number } & ReferenceAffine)
  | ({ readonly product: readonly [ReferenceFactor, ReferenceFactor] } & ReferenceAffine)
  | ({ readonly weight: number } & ReferenceAffine);
export interface ReferenceOperation {
  readonly name: string;
  readonly wires: readonly number[];
  readonly params: readonly ReferenceParam[];
  readonly controls?: readonly number[];
  readonly adjoint?: true;
}
/** A product of Paulis, e.g. [["X", 0], ["Z", 2]]. */
export type PauliWord = readonly (readonly [string, number])[];
export interface State {
  re: Float64Array;
  im: Float64Array;
}

type Complex = readonly [re: number, im: number];
type Matrix = readonly (readonly Complex[])[];

const times = ([a, b]: Complex, [c, d]: Complex): Complex => [a * c - b * d, a * d + b * c];
const plus = ([a, b]: Complex, [c, d]: Complex): Complex => [a + c, b + d];
const cis = (angle: number): Complex => [Math.cos(angle), Math.sin(angle)];
const real = (rows: number[][]): Matrix => rows.map((row) => row.map((value): Complex => [value, 0]));
const map = (m: Matrix, f: (value: Complex, i: number, j: number) => Complex): Matrix =>
  m.map((row, i) => row.map((value, j) => f(value, i, j)));
const scaled = (m: Matrix, factor: Complex): Matrix => map(m, (value) => times(factor, value));
const sum = (a: Matrix, b: Matrix): Matrix => map(a, (value, i, j) => plus(value, b[i][j]));
const product = (a: Matrix, b: Matrix): Matrix =>
  map(a, (_, i, j) => a[i].reduce<Complex>((total, value, k) => plus(total, times(value, b[k][j])), [0, 0]));
const kron = (a: Matrix, b: Matrix): Matrix =>
  a.flatMap((rowA) => b.map((rowB) => rowA.flatMap((x) => rowB.map((y) => times(x, y)))));
const identity = (n: number): Matrix =>
  real(Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? 1 : 0))));
const diagonal = (...values: Complex[]): Matrix =>
  map(identity(values.length), ([one], i) => times([one, 0], values[i]));

/** |0…0⟩⟨0…0| ⊗ 1 + … + |1…1⟩⟨1…1| ⊗ m: m where all controls are 1. */
const controlled = (m: Matrix, controls = 1): Matrix => {
  const size = m.length << controls;
  const first = size - m.length;
  return map(identity(size), (value, i, j) => (i >= first && j >= first ? m[i - first][j - first] : value));
};

const PAULIS: Record<string, Matrix> = {
  X: real([
    [0, 1],
    [1, 0],
  ]),
  Y: [
    [
      [0, 0],
      [0, -1],
    ],
    [
      [0, 1],
      [0, 0],
    ],
  ],
  Z: real([
    [1, 0],
    [0, -1],
  ]),
};
const SWAP = real([
  [1, 0, 0, 0],
  [0, 0, 1, 0],
  [0, 1, 0, 0],
  [0, 0, 0, 1],
]);
const ISWAP = map(SWAP, (value, i, j) => (i === j ? value : times([0, 1], value)));

/** exp(−iθ/2 P) for a word of Paulis. */
function rotation(word: string, theta: number): Matrix {
  const pauli = [...word].map((letter) => PAULIS[letter]).reduce(kron);
  return sum(scaled(identity(pauli.length), [Math.cos(theta / 2), 0]), scaled(pauli, [0, -Math.sin(theta / 2)]));
}

const rot = (phi: number, theta: number, omega: number): Matrix =>
  product(rotation("Z", omega), product(rotation("Y", theta), rotation("Z", phi)));

function u3(theta: number, phi: number, delta: number): Matrix {
  const [c, s] = cis(theta / 2);
  return [
    [[c, 0], times([-s, 0], cis(delta))],
    [times([s, 0], cis(phi)), times([c, 0], cis(phi + delta))],
  ];
}

/** The matrix of an operation on its controls and then its wires, the first most significant. */
export function operationMatrix(operation: ReferenceOperation, p: readonly number[]): Matrix {
  const { name, wires, controls = [], adjoint } = operation;
  const m = matrix(name, wires.length, p);
  const turned = adjoint ? map(m, (_, i, j): Complex => [m[j][i][0], -m[j][i][1]]) : m;
  return controlled(turned, controls.length);
}

/** The matrix of a gate by PennyLane's name, first wire most significant. */
export function matrix(name: string, numWires: number, p: readonly number[]): Matrix {
  const shift = (angle: number) => diagonal([1, 0], cis(angle));
  const gates: Record<string, () => Matrix> = {
    Identity: () => identity(2),
    Hadamard: () =>
      scaled(
        real([
          [1, 1],
          [1, -1],
        ]),
        [Math.SQRT1_2, 0],
      ),
    PauliX: () => PAULIS.X,
    PauliY: () => PAULIS.Y,
    PauliZ: () => PAULIS.Z,
    S: () => diagonal([1, 0], [0, 1]),
    T: () => diagonal([1, 0], [Math.SQRT1_2, Math.SQRT1_2]),
    SX: () => [
      [
        [0.5, 0.5],
        [0.5, -0.5],
      ],
      [
        [0.5, -0.5],
        [0.5, 0.5],
      ],
    ],
    RX: () => rotation("X", p[0]),
    RY: () => rotation("Y", p[0]),
    RZ: () => rotation("Z", p[0]),
    PhaseShift: () => shift(p[0]),
    Rot: () => rot(p[0], p[1], p[2]),
    U1: () => shift(p[0]),
    U2: () => u3(Math.PI / 2, p[0], p[1]),
    U3: () => u3(p[0], p[1], p[2]),
    CNOT: () => controlled(PAULIS.X),
    CY: () => controlled(PAULIS.Y),
    CZ: () => controlled(PAULIS.Z),
    CRX: () => controlled(rotation("X", p[0])),
    CRY: () => controlled(rotation("Y", p[0])),
    CRZ: () => controlled(rotation("Z", p[0])),
    CRot: () => controlled(rot(p[0], p[1], p[2])),
    ControlledPhaseShift: () => controlled(shift(p[0])),
    SWAP: () => SWAP,
    ISWAP: () => ISWAP,
    IsingXX: () => rotation("XX", p[0]),
    IsingYY: () => rotation("YY", p[0]),
    IsingZZ: () => rotation("ZZ", p[0]),
    MultiRZ: () => rotation("Z".repeat(numWires), p[0]),
    Toffoli: () => controlled(PAULIS.X, 2),
    CCZ: () => controlled(PAULIS.Z, 2),
    CSWAP: () => controlled(SWAP),
  };
  return gates[name]();
}

/** m on the given wires of the state. */
export function applyMatrix(state: State, numWires: number, wires: readonly number[], m: Matrix): State {
  const bits = wires.map((wire) => 1 << (numWires - 1 - wire));
  const all = bits.reduce((a, b) => a | b);
  // basis state i with the local index `local` on the wires
  const index = (i: number, local: number) =>
    bits.reduce((at, bit, k) => ((local >> (bits.length - 1 - k)) & 1 ? at | bit : at), i & ~all);
  const out: State = { re: new Float64Array(state.re.length), im: new Float64Array(state.re.length) };
  for (let i = 0; i < state.re.length; i++) {
    if ((i & all) !== 0) continue;
    for (let row = 0; row < m.length; row++) {
      let total: Complex = [0, 0];
      for (let column = 0; column < m.length; column++) {
        const from = index(i, column);
        total = plus(total, times(m[row][column], [state.re[from], state.im[from]]));
      }
      [out.re[index(i, row)], out.im[index(i, row)]] = total;
    }
  }
  return out;
}

/** The factors of a parameter: where each comes from, and its value. */
function factorsOf(param: ReferenceParam, inputs: ArrayLike<number>, weights: ArrayLike<number>) {
  if (typeof param === "number") return [];
  const named = "product" in param ? param.product : [param];
  return named.map((factor) => {
    if (typeof factor === "number") return { kind: "input" as const, index: factor, value: inputs[factor] };
    if ("input" in factor) return { kind: "input" as const, index: factor.input, value: inputs[factor.input] };
    return { kind: "weight" as const, index: factor.weight, value: weights[factor.weight] };
  });
}

function parameterValue(param: ReferenceParam, inputs: ArrayLike<number>, weights: ArrayLike<number>): number {
  if (typeof param === "number") return param;
  const value = factorsOf(param, inputs, weights).reduce((total, factor) => total * factor.value, 1);
  return value * (param.factor ?? 1) + (param.shift ?? 0);
}

/** The values divided by their norm; |0…0⟩ if all are 0. */
function amplitudes(values: readonly number[]): State {
  const norm = Math.hypot(...values);
  const re = Float64Array.from(values, (value, i) => (norm > 0 ? value / norm : Number(i === 0)));
  return { re, im: new Float64Array(re.length) };
}

/** The final state. `shifts[k]` is added to the k-th parameter of the circuit, counted over all operations. */
export function finalState(
  numWires: number,
  operations: readonly ReferenceOperation[],
  inputs: ArrayLike<number>,
  weights: ArrayLike<number>,
  shifts: Readonly<Record<number, number>> = {},
): State {
  let state: State = { re: new Float64Array(2 ** numWires), im: new Float64Array(2 ** numWires) };
  state.re[0] = 1;
  let k = 0;
  for (const operation of operations) {
    const { name, wires, params, controls = [] } = operation;
    const values = params.map((param) => parameterValue(param, inputs, weights) + (shifts[k++] ?? 0));
    if (name === "AmplitudeEmbedding") state = amplitudes(values);
    else state = applyMatrix(state, numWires, [...controls, ...wires], operationMatrix(operation, values));
  }
  return state;
}

/** ⟨ψ|P|ψ⟩. */
export function expval(state: State, numWires: number, word: PauliWord): number {
  let turned = state;
  for (const [letter, wire] of word) turned = applyMatrix(turned, numWires, [wire], PAULIS[letter]);
  return state.re.reduce((total, re, i) => total + re * turned.re[i] + state.im[i] * turned.im[i], 0);
}

/** Expectation values and their derivatives [observable][input], [observable][weight]. */
export interface ReferenceResult {
  state: State;
  expval: number[];
  jacobianInputs: number[][];
  jacobianWeights: number[][];
}

/**
 * Derivatives by the four-term parameter-shift rule (https://arxiv.org/abs/2104.05695), which is exact for generators
 * with gaps 1/2 and 1, so for every gate here; every use of a parameter is shifted by itself. Embedded amplitudes x
 * have ⟨O⟩ = q(x) / |x|² with a quadratic form q, of which a difference of any width gives the exact derivative.
 */
export function runReference(
  numWires: number,
  operations: readonly ReferenceOperation[],
  inputs: ArrayLike<number>,
  weights: ArrayLike<number>,
  observables: readonly PauliWord[],
): ReferenceResult {
  const values = (shifts: Record<number, number>) => {
    const state = finalState(numWires, operations, inputs, weights, shifts);
    return observables.map((word) => expval(state, numWires, word));
  };
  const state = finalState(numWires, operations, inputs, weights);
  const unshifted = observables.map((word) => expval(state, numWires, word));
  const jacobianInputs = observables.map(() => new Array<number>(inputs.length).fill(0));
  const jacobianWeights = observables.map(() => new Array<number>(weights.length).fill(0));
  const near = (Math.SQRT2 + 1) / (4 * Math.SQRT2);
  const far = (Math.SQRT2 - 1) / (4 * Math.SQRT2);
  const byAngle = (k: number) => {
    const [up, down, farUp, farDown] = [1, -1, 3, -3].map((turns) => values({ [k]: (turns * Math.PI) / 2 }));
    return observables.map((_, o) => near * (up[o] - down[o]) - far * (farUp[o] - farDown[o]));
  };
  const byAmplitude = (k: number, x: readonly number[], i: number) => {
    const square = (shift: number) => x.reduce((sum, value, j) => sum + (j === i ? value + shift : value) ** 2, 0);
    const [up, down] = [1, -1].map((shift) => values({ [k]: shift }).map((value) => value * square(shift)));
    return unshifted.map((value, o) => ((up[o] - down[o]) / 2 - 2 * x[i] * value) / square(0));
  };
  let k = 0;
  for (const { name, params } of operations) {
    const numbers = params.map((param) => parameterValue(param, inputs, weights));
    params.forEach((param, i) => {
      const at = k++;
      if (typeof param === "number") return;
      const derivatives = name === "AmplitudeEmbedding" ? byAmplitude(at, numbers, i) : byAngle(at);
      const factors = factorsOf(param, inputs, weights);
      factors.forEach(({ kind, index }, f) => {
        const others = factors.reduce((total, { value }, other) => (other === f ? total : total * value), 1);
        const slope = others * (param.factor ?? 1);
        derivatives.forEach((derivative, o) => {
          (kind === "input" ? jacobianInputs : jacobianWeights)[o][index] += derivative * slope;
        });
      });
    });
  }
  return { state, expval: unshifted, jacobianInputs, jacobianWeights };
}
