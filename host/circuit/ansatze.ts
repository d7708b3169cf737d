import { UsageError } from "../check.ts";
import { control } from "./gates.ts";
import type { Output } from "./observables.ts";
import type { Param } from "./params.ts";
import { cnotRing, join, layered, op, type Part, range } from "./part.ts";

/** Which wires a hardware-efficient ansatz entangles: neighbours, neighbours and the last with the first, all pairs. */
export const TOPOLOGIES = ["line", "ring", "all"] as const;
export const ENTANGLERS = ["CNOT", "CZ"] as const;
export type Topology = (typeof TOPOLOGIES)[number];
export type Entangler = (typeof ENTANGLERS)[number];

/**
 * PennyLane's StronglyEntanglingLayers, weights (layers, wires, 3): Rot on every wire, then a CNOT from every wire to
 * the one
 * (layer mod (wires − 1)) + 1 further on. One wire: no CNOT.
 */
export function stronglyEntanglingLayers(wires: number, layers: number): Part {
  const parts = range(layers).map((layer) => [
    ...range(wires).map((i) => {
      const weight = 3 * (layer * wires + i);
      return op("Rot", [i], { weight }, { weight: weight + 1 }, { weight: weight + 2 });
    }),
    ...(wires > 1 ? cnotRing(wires, (layer % (wires - 1)) + 1) : []),
  ]);
  return layered(parts, [{ name: "weights", shape: [layers, wires, 3] }]);
}

/**
 * PennyLane's BasicEntanglerLayers, weights (layers, wires): RX on every wire, then a CNOT ring; a single CNOT on two
 * wires, none on one.
 */
export function basicEntanglerLayers(wires: number, layers: number): Part {
  const ring = wires === 1 ? [] : wires === 2 ? [op("CNOT", [0, 1])] : cnotRing(wires, 1);
  const parts = range(layers).map((layer) => [
    ...range(wires).map((i) => op("RX", [i], { weight: layer * wires + i })),
    ...ring,
  ]);
  return layered(parts, [{ name: "weights", shape: [layers, wires] }]);
}

/**
 * The thesis's ansatz: RY(rotations[i, 0]) and RZ(rotations[i, 1]) on every wire, a CNOT from every wire to the next
 * (the last to the first; none on
 * one wire), then strongly entangling layers. Weights: rotations (wires, 2), then weights (layers, wires, 3).
 */
export function thesisLayers(wires: number, layers: number): Part {
  const first: Part = {
    operations: [
      ...range(wires).flatMap((i) => [op("RY", [i], { weight: 2 * i }), op("RZ", [i], { weight: 2 * i + 1 })]),
      ...(wires > 1 ? cnotRing(wires, 1) : []),
    ],
    tensors: [{ name: "rotations", shape: [wires, 2] }],
  };
  return join(first, stronglyEntanglingLayers(wires, layers));
}

/**
 * PennyLane's SimplifiedTwoDesign: RY(initial[i]) on every wire; in each layer CZ and two RY on the pairs (0, 1), (2,
 * 3) …,
 * then on (1, 2), (3, 4) … Weights: initial (wires), then weights (layers, wires − 1, 2); on one wire initial alone.
 */
export function simplifiedTwoDesign(wires: number, layers: number): Part {
  const first: Part = {
    operations: range(wires).map((i) => op("RY", [i], { weight: i })),
    tensors: [{ name: "initial", shape: [wires] }],
  };
  if (wires === 1) return first;
  const pairs = [0, 1].flatMap((start) => range(wires - 1).filter((i) => i % 2 === start));
  const parts = range(layers).map((layer) =>
    pairs.flatMap((wire, pair) => {
      const weight = 2 * (layer * (wires - 1) + pair);
      return [op("CZ", [wire, wire + 1]), op("RY", [wire], { weight }), op("RY", [wire + 1], { weight: weight + 1 })];
    }),
  );
  return join(first, layered(parts, [{ name: "weights", shape: [layers, wires - 1, 2] }]));
}

/**
 * RY and RZ on every wire and then an entangler on pairs of wires, layer after layer, and rotations once more at the
 * end.
 * Weights (layers + 1, wires, 2). Kandala et al., Nature 549, 242 (2017); Qiskit's EfficientSU2.
 */
export function hardwareEfficientLayers(wires: number, layers: number, topology: Topology, entangler: Entangler): Part {
  const line = range(wires - 1).map((i) => [i, i + 1]);
  const pairs = {
    line,
    ring: wires > 2 ? [...line, [wires - 1, 0]] : line,
    all: range(wires).flatMap((i) =>
      range(wires)
        .slice(i + 1)
        .map((j) => [i, j]),
    ),
  }[topology];
  const rotations = (layer: number) =>
    range(wires).flatMap((i) => {
      const weight = 2 * (layer * wires + i);
      return [op("RY", [i], { weight }), op("RZ", [i], { weight: weight + 1 })];
    });
  const parts = range(layers).map((layer) => [...rotations(layer), ...pairs.map((pair) => op(entangler, pair))]);
  return {
    operations: [...parts.flat(), ...rotations(layers)],
    tensors: [{ name: "weights", shape: [layers + 1, wires, 2] }],
    layers: [...parts.slice(0, -1), [...parts[layers - 1], ...rotations(layers)]],
  };
}

/**
 * A quantum convolutional network: in each layer the same two-wire block on the neighbours (0, 1), (2, 3) … and then
 * (1, 2), (3, 4) … of the wires that are left (U3 on both, IsingXX, IsingYY, IsingZZ, U3 on both: 15 weights), then
 * pooling,
 * which turns every other wire by a controlled U3 and goes on without its control (3 weights): the measurement of
 * Cong, Choi and Lukin, Nature Physics 15, 1273 (2019), put off to the end. Weights (layers, 18); ⟨Z⟩ of the wires that
 * are
 * left at the end.
 */
export function qcnnLayers(wires: number, layers: number): Part {
  const most = Math.ceil(Math.log2(wires));
  if (wires < 2 || layers > most) {
    throw new UsageError(
      `qcnn: expected at least 2 wires and at most as many layers as they can be halved, ` +
        `got ${wires} wires and ${layers} layers${wires < 2 ? "" : ` (at most ${most})`}`,
    );
  }
  let left = range(wires);
  const parts = range(layers).map((layer) => {
    const weights = (from: number, count: number): Param[] =>
      range(count).map((i) => ({ weight: 18 * layer + from + i }));
    const block = (a: number, b: number) => [
      op("U3", [a], ...weights(0, 3)),
      op("U3", [b], ...weights(3, 3)),
      op("IsingXX", [a, b], ...weights(6, 1)),
      op("IsingYY", [a, b], ...weights(7, 1)),
      op("IsingZZ", [a, b], ...weights(8, 1)),
      op("U3", [a], ...weights(9, 3)),
      op("U3", [b], ...weights(12, 3)),
    ];
    const present = left;
    const blocks = [0, 1].flatMap((start) =>
      range(present.length - 1).flatMap((i) => (i % 2 === start ? block(present[i], present[i + 1]) : [])),
    );
    const pooling = range(present.length).flatMap((i) =>
      i % 2 === 1 ? [control(op("U3", [present[i - 1]], ...weights(15, 3)), present[i])] : [],
    );
    left = present.filter((_, i) => i % 2 === 0);
    return [...blocks, ...pooling];
  });
  const outputs = left.map((wire): Output => ({ expval: [{ coefficient: 1, word: `Z${wire}` }] }));
  return { operations: parts.flat(), tensors: [{ name: "weights", shape: [layers, 18] }], outputs };
}
