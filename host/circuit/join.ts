import { Circuit } from "./circuit.ts";
import type { Operation } from "./gates.ts";
import { type Observable, type Output, parseWord } from "./observables.ts";
import { mapSources, type WeightTensor } from "./part.ts";
import type { Template } from "./templates.ts";

/**
 * Several circuits as one, side by side on wires of their own: the wires, inputs, weights and outputs of each follow
 * those of the one before. Tensors are called 0.NAME, 1.NAME … What it computes is what the circuits compute one by
 * one, at the cost of a state of all their wires: for drawings, exports and explanations.
 * @returns null where they cannot be one circuit: more wires than `most`, or an amplitude embedding, which makes the
 * state of all wires
 */
export function sideBySide(templates: readonly Template[], most: number): Template | null {
  if (templates.length === 1) return templates[0];
  const numWires = templates.reduce((sum, { circuit }) => sum + circuit.numWires, 0);
  const embeds = ({ circuit }: Template) => circuit.operations.some(({ name }) => name === "AmplitudeEmbedding");
  if (numWires > most || templates.some(embeds)) return null;
  const operations: Operation[] = [];
  const outputs: Output[] = [];
  const tensors: WeightTensor[] = [];
  let [wires, inputs, weights] = [0, 0, 0];
  templates.forEach(({ circuit, tensors: own }, i) => {
    const [wire, by] = [wires, { input: inputs, weight: weights }];
    const moved = mapSources(circuit.operations, ({ kind, index }) => [{ kind, index: index + by[kind] }]);
    operations.push(...moved.map((operation) => onWires(operation, wire)));
    outputs.push(...circuit.outputs.map((output) => outputOn(output, wire)));
    tensors.push(...own.map((tensor) => ({ ...tensor, name: `${i}.${tensor.name}` })));
    wires += circuit.numWires;
    inputs += circuit.numInputs;
    weights += circuit.numWeights;
  });
  return { circuit: new Circuit(numWires, operations, { outputs, inputs, weights }), tensors };
}

function onWires(operation: Operation, by: number): Operation {
  const { wires, controls } = operation;
  const moved = (list: readonly number[]) => list.map((wire) => wire + by);
  return { ...operation, wires: moved(wires), ...(controls && { controls: moved(controls) }) };
}

function outputOn(output: Output, by: number): Output {
  const moved = (observable: Observable): Observable =>
    observable.map(({ coefficient, word }) => ({
      coefficient,
      word: parseWord(word)!
        .map(([letter, wire]) => `${letter}${wire + by}`)
        .join(" "),
    }));
  if ("probs" in output) return { probs: output.probs.map((wire) => wire + by) };
  return "expval" in output ? { expval: moved(output.expval) } : { variance: moved(output.variance) };
}
