import * as z from "zod";
import { UsageError } from "../../host/check.ts";
import { Circuit } from "../../host/circuit/circuit.ts";
import { GATES, type Operation } from "../../host/circuit/gates.ts";
import { CHANNEL_NAMES, type ChannelName, channelOf } from "../../host/circuit/noise/channels.ts";
import type { NoiseModel } from "../../host/circuit/noise/model.ts";
import type { Param } from "../../host/circuit/params.ts";
import { type Ansatz, createTemplate, type Embedding, type Template } from "../../host/circuit/templates.ts";
import { type Engine, type Instance, instantiate } from "../../host/engine/load.ts";
import { estimate } from "../../host/simulator/estimate.ts";
import { simulatorOf } from "../../host/simulator/instance.ts";
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
  noise: z
    .array(
      z.object({
        channel: z.string(),
        params: Numbers,
        wires: z.int(),
        inputs: Numbers,
        weights: z.array(z.array(Numbers)),
        expval_z: Numbers,
      }),
    )
    .default([]),
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
  noise.forEach((golden, i) => {
    const channel = CHANNEL_NAMES.find((name) => channelOf(name).pennylane === golden.channel);
    if (channel) compareNoise(section, engine, `noise ${i}, ${golden.channel}`, golden, channel);
    else skip(section, `noise ${golden.channel}`);
  });
  return section;
}

/** What PennyLane calls in another order: its pe, t1, t2, tg. */
const THERMAL = ["excited", "t1", "t2", "time"];
const TRAJECTORIES = 4000;

/** A channel on every wire behind embedding and layers: as a density matrix, and as trajectories by their spread. */
function compareNoise(
  section: Section,
  engine: Engine,
  at: string,
  { params, wires, inputs, weights, expval_z: expected }: z.infer<typeof Golden>["noise"][number],
  channel: ChannelName,
): void {
  const layers = weights.length;
  const { circuit } = createTemplate({ ansatz: "strongly-entangling", embedding: "angle-x", wires, layers });
  const each = (circuit.operations.length - wires) / layers;
  const operations = Array.from({ length: layers + 1 }, (_, layer) => wires + layer * each - 1);
  const names = channel === "thermal-relaxation" ? THERMAL : channelOf(channel).params.map(({ name }) => name);
  const values = Object.fromEntries(params.map((value, i) => [names[i], value]));
  const noise: NoiseModel = { rules: [{ channel, ...values, operations, on: "all" }] };
  const simulator = simulatorOf(engine);
  const flat = flatten(weights);
  const density = estimate(simulator, circuit, inputs, flat, { noise });
  note(section, "noise: density matrix", at, largestDifference(density, expected), 1e-12);
  const options = { noise, simulation: "trajectories", trajectories: 1 } as const;
  const sums = Array.from({ length: wires }, () => [0, 0]);
  const rows = Float64Array.from({ length: TRAJECTORIES * wires }, (_, i) => inputs[i % wires]);
  estimate(simulator, circuit, rows, flat, options).forEach((value, i) => {
    sums[i % wires][0] += value;
    sums[i % wires][1] += value * value;
  });
  sums.forEach(([sum, squares], wire) => {
    const mean = sum / TRAJECTORIES;
    const error = Math.sqrt((squares / TRAJECTORIES - mean * mean) / TRAJECTORIES);
    // where no trajectory differs, rounding alone is left
    const off = Math.abs(mean - expected[wire]) / Math.max(error, 1e-12);
    note(section, "noise: trajectories, in standard errors", at, off, 5);
  });
  section.compared += 1;
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
    const words = observables.map((word) => word.map(([letter, wire]) => `${letter}${wire}`).join(" "));
    const outputs = words.map((word) => ({ expval: [{ coefficient: 1, word }] }));
    const sizes = { inputs: inputs.length, weights: weights.length };
    const circuit = new Circuit(wires, operations, { outputs, ...sizes });
    const got = simulate(instance, circuit, inputs, weights, precision);
    if (tolerances.state) {
      const { re, im } = got.state;
      note(section, "random: state", at, largestDifference(re, golden.state_re), tolerances.state);
      note(section, "random: state", at, largestDifference(im, golden.state_im), tolerances.state);
    }
    observables.forEach((_, o) => {
      const off = Math.abs(got.outputs[o] - golden.expval[o]);
      note(section, `random: expval${suffix}`, at, off, tolerances.expval);
      const byInputs = largestDifference(got.jacobianInputs[o], golden.jacobian_inputs[o]);
      const byWeights = largestDifference(got.jacobianWeights[o], golden.jacobian_weights[o]);
      note(section, `random: Jacobian${suffix}`, at, Math.max(byInputs, byWeights), tolerances.jacobian);
    });
  }
  section.compared += 1;
}

const EMBEDDINGS: Record<string, { embedding: Embedding; repeats?: number }> = {
  angleX: { embedding: "angle-x" },
  angleY: { embedding: "angle-y" },
  angleZ_after_hadamard: { embedding: "angle-z" },
  iqp2: { embedding: "iqp", repeats: 2 },
  qaoa2: { embedding: "qaoa", repeats: 2 },
  amplitude_pad0: { embedding: "amplitude" },
};
const ANSATZE: Record<string, Ansatz> = {
  thesis: "thesis",
  strongly_entangling: "strongly-entangling",
  basic_entangler: "basic-entangler",
  simplified_two_design: "simplified-two-design",
};
/** What the golden file calls a tensor of ours that has another name there. */
const GOLDEN_NAMES: Record<string, string> = { embedding: "features" };

/** Our template of that name; undefined where there is none. */
function templateOf({ template, wires, weights }: z.infer<typeof TemplateCircuit>): Template | undefined {
  const [first, second] = template === "thesis" ? ["angleX", "thesis"] : template.split("+");
  const named = EMBEDDINGS[first];
  const ansatz = ANSATZE[second];
  if (!named || !ansatz) return undefined;
  try {
    return createTemplate({ ansatz, ...named, wires, layers: weights.weights?.length ?? 0 });
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
  const goldenName = ({ name }: { name: string }) => GOLDEN_NAMES[name] ?? name;
  const weights = tensors.flatMap((tensor) => flatten(golden.weights[goldenName(tensor)]));
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
      const expected = tensors.flatMap((tensor) => flatten(golden.jacobian_weights[goldenName(tensor)]?.[o]));
      const byInputs = largestDifference(result.jacobianInputs[o].slice(0, inputs.length), golden.jacobian_inputs[o]);
      const byWeights = largestDifference(result.jacobianWeights[o], expected);
      note(section, `templates: Jacobian${suffix}`, at, Math.max(byInputs, byWeights), jacobian);
    }
  }
  section.compared += 1;
}
