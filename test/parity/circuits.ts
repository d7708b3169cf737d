import * as z from "zod";
import { UsageError } from "../../host/check.ts";
import { Circuit } from "../../host/circuit/circuit.ts";
import { GATES, type Operation } from "../../host/circuit/gates.ts";
import type { Param } from "../../host/circuit/params.ts";
import {
  type Ansatz,
  createTemplate,
  type Embedding,
  iqpEmbedding,
  type Template,
} from "../../host/circuit/templates.ts";
import { type Engine, type Instance, instantiate } from "../../host/engine/load.ts";
import { type Simulation, simulate } from "../../host/simulator/simulate.ts";
import { emptySection, flatten, largestDifference, note, parseGolden, type Section, skip } from "./report.ts";

const Numbers = z.array(z.number());
const Angle = z.union([z.number(), z.object({ input: z.int() }), z.object({ weight: z.int() })]);
const RandomCircuit = z.object({
  wires: z.int(),
  ops: z.array(z.object({ op: z.string(), wires: z.array(z.int()), params: z.array(Angle) })),
  observables: z.array(z.array(z.tuple([z.string(), z.int()]))),
  inputs: Numbers,
  weights: Numbers,
  expval: Numbers,
  jacobian_inputs: z.array(Numbers),
  jacobian_weights: z.array(Numbers),
  state_re: Numbers,
  state_im: Numbers,
});
const TemplateCircuit = z.object({
  template: z.string(),
  wires: z.int(),
  inputs: Numbers,
  weights: z.record(z.string(), z.array(z.unknown())),
  expval_z: Numbers,
  jacobian_inputs: z.array(Numbers),
  jacobian_weights: z.record(z.string(), z.array(z.unknown())),
});
const Golden = z.object({
  random: z.array(RandomCircuit).default([]),
  templates: z.array(TemplateCircuit).default([]),
  noise: z.array(z.object({ channel: z.string() })).default([]),
});

const PRECISIONS = {
  f64: { suffix: "", state: 1e-11, expval: 1e-11, jacobian: 1e-11 },
  f32: { suffix: ", float32", state: undefined, expval: 2e-6, jacobian: 2e-5 },
} as const;

/** circuits.json against the engine in both precisions. */
export function compareCircuits(engine: Engine, json: string): Section {
  const { random, templates, noise } = parseGolden("circuits.json", json, Golden);
  const section = emptySection();
  const instance = instantiate(engine);
  instance.kernels.reserve(1 << 25);
  random.forEach((golden, i) => {
    const unknown = golden.ops.find(({ op }) => !GATES.has(op));
    const letter = golden.observables.flat().find(([name]) => !"XYZ".includes(name));
    if (unknown) skip(section, `operation ${unknown.op}`);
    else if (letter) skip(section, `observable ${letter[0]}`);
    else compareRandom(section, instance, `random ${i}`, golden);
  });
  templates.forEach((golden, i) => {
    const template = templateOf(golden);
    if (!template) skip(section, `template ${golden.template}`);
    else compareTemplate(section, instance, `templates ${i}, ${golden.template}`, golden, template);
  });
  for (const { channel } of noise) skip(section, `noise ${channel}`);
  return section;
}

function compareRandom(section: Section, instance: Instance, at: string, golden: z.infer<typeof RandomCircuit>): void {
  const { wires, inputs, weights, observables } = golden;
  const operations = golden.ops.map(
    ({ op, wires, params }): Operation => ({ name: op, wires, params: params as Param[] }),
  );
  for (const [precision, { suffix, ...tolerances }] of Object.entries(PRECISIONS) as [
    keyof typeof PRECISIONS,
    (typeof PRECISIONS)["f64" | "f32"],
  ][]) {
    const run = (added: Operation[]) => {
      const circuit = new Circuit(wires, [...operations, ...added]);
      const used = [inputs.slice(0, circuit.numInputs), weights.slice(0, circuit.numWeights)] as const;
      return simulate(instance, circuit, ...used, precision);
    };
    if (tolerances.state) {
      const { re, im } = run([]).state;
      note(section, "random: state", at, largestDifference(re, golden.state_re), tolerances.state);
      note(section, "random: state", at, largestDifference(im, golden.state_im), tolerances.state);
    }
    observables.forEach((word, o) => {
      const { added, wire } = measured(word as Word);
      const { outputs, jacobianInputs, jacobianWeights } = run(added);
      const row = (jacobian: number[][], length: number) => Array.from({ length }, (_, i) => jacobian[wire][i] ?? 0);
      note(section, `random: expval${suffix}`, at, Math.abs(outputs[wire] - golden.expval[o]), tolerances.expval);
      const byInputs = largestDifference(row(jacobianInputs, inputs.length), golden.jacobian_inputs[o]);
      const byWeights = largestDifference(row(jacobianWeights, weights.length), golden.jacobian_weights[o]);
      note(section, `random: Jacobian${suffix}`, at, Math.max(byInputs, byWeights), tolerances.jacobian);
    });
  }
  section.compared += 1;
}

type Word = ["X" | "Y" | "Z", number][];

/**
 * Gates that turn a product of Paulis into Z on one wire: each letter into Z, then parities into the last wire by
 * CNOTs.
 */
function measured(word: Word): { added: Operation[]; wire: number } {
  const wire = word[word.length - 1][1];
  const gate = (name: string, wires: number[], ...params: number[]): Operation => ({ name, wires, params });
  const turned = word.flatMap(([letter, at]) => {
    if (letter === "Z") return [];
    return letter === "X" ? [gate("Hadamard", [at])] : [gate("PhaseShift", [at], -Math.PI / 2), gate("Hadamard", [at])];
  });
  return { added: [...turned, ...word.slice(0, -1).map(([, at]) => gate("CNOT", [at, wire]))], wire };
}

const EMBEDDINGS: Record<string, Embedding> = {
  angleX: "angle-x",
  angleY: "angle-y",
  angleZ_after_hadamard: "angle-z",
  iqp2: "iqp",
  amplitude_pad0: "amplitude",
};
const ANSATZE: Record<string, Ansatz> = {
  strongly_entangling: "strongly-entangling",
  basic_entangler: "basic-entangler",
};

/** Our template of that name; undefined where there is none. */
function templateOf({ template, wires, weights }: z.infer<typeof TemplateCircuit>): Template | undefined {
  const [first, second] = template === "thesis" ? ["angleX", "thesis"] : template.split("+");
  const embedding = EMBEDDINGS[first];
  const ansatz = second === "thesis" ? "thesis" : ANSATZE[second];
  if (!embedding || !ansatz) return undefined;
  try {
    const { circuit, tensors } = createTemplate({ ansatz, embedding, wires, layers: weights.weights?.length ?? 0 });
    const repeated = first === "iqp2" ? iqpEmbedding(wires) : [];
    return { circuit: new Circuit(wires, [...repeated, ...circuit.operations]), tensors };
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

function compareTemplate(
  section: Section,
  instance: Instance,
  at: string,
  golden: z.infer<typeof TemplateCircuit>,
  { circuit, tensors }: Template,
): void {
  const { wires, inputs } = golden;
  // A rotation by 0 leaves a wire that has no input alone; amplitudes are padded with 0.
  const padded = Array.from({ length: circuit.numInputs }, (_, i) => inputs[i] ?? 0);
  const weights = tensors.flatMap(({ name }) => flatten(golden.weights[name]));
  for (const precision of ["f64", "f32"] as const) {
    const { suffix, expval: expvalTolerance, jacobian } = PRECISIONS[precision];
    const result: Simulation = simulate(instance, circuit, padded, weights, precision);
    note(
      section,
      `templates: expval${suffix}`,
      at,
      largestDifference(result.outputs, golden.expval_z),
      expvalTolerance,
    );
    for (let o = 0; o < wires; o++) {
      const expected = tensors.flatMap(({ name }) => flatten(golden.jacobian_weights[name]?.[o]));
      const byInputs = largestDifference(result.jacobianInputs[o].slice(0, inputs.length), golden.jacobian_inputs[o]);
      const byWeights = largestDifference(result.jacobianWeights[o], expected);
      note(section, `templates: Jacobian${suffix}`, at, Math.max(byInputs, byWeights), jacobian);
    }
  }
  section.compared += 1;
}
