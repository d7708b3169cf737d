import fc from "fast-check";
import { GATES, type Operation } from "../../host/circuit/gates.ts";
import type { Param } from "../../host/circuit/params.ts";

/** A random operation on numWires wires with parameters drawn from `param`. */
function arbitraryOperation(numWires: number, param: fc.Arbitrary<Param>): fc.Arbitrary<Operation> {
  const fitting = [...GATES].flatMap(([name, gate]) =>
    gate.params !== "amplitudes" && (gate.wires === "any" || gate.wires <= numWires)
      ? [{ name, wires: gate.wires, numParams: gate.params }]
      : [],
  );
  return fc.constantFrom(...fitting).chain(({ name, ...gate }) => {
    const [least, most] = gate.wires === "any" ? [1, numWires] : [gate.wires, gate.wires];
    const wires = fc.shuffledSubarray(
      Array.from({ length: numWires }, (_, wire) => wire),
      { minLength: least, maxLength: most },
    );
    const params = fc.array(param, { minLength: gate.numParams, maxLength: gate.numParams });
    return fc
      .record({ wires, params, inverted: fc.boolean(), controls: fc.integer({ min: 0, max: 2 }) })
      .map(({ wires, params, inverted, controls: count }): Operation => {
        const controls = Array.from({ length: numWires }, (_, wire) => wire)
          .filter((wire) => !wires.includes(wire))
          .slice(0, count);
        return { name, wires, params, ...(controls.length > 0 && { controls }), ...(inverted && { adjoint: true }) };
      });
  });
}

/** Random gates of every kind on 1 to maxWires wires. */
export function arbitraryCircuit(
  maxWires: number,
  maxOperations: number,
  param: fc.Arbitrary<Param>,
): fc.Arbitrary<{ wires: number; operations: Operation[] }> {
  return fc.integer({ min: 1, max: maxWires }).chain((wires) =>
    fc.record({
      wires: fc.constant(wires),
      operations: fc.array(arbitraryOperation(wires, param), { minLength: 1, maxLength: maxOperations }),
    }),
  );
}

/** A repeatable sequence of numbers in [−range, range): a linear congruence, good enough for test angles. */
export function testAngles(n: number, seed: number, range = Math.PI): number[] {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return Array.from({ length: n }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * range;
  });
}
