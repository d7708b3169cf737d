import { Option } from "commander";
import { UsageError } from "../check.ts";
import { ENTANGLERS, type Entangler, TOPOLOGIES, type Topology } from "../circuit/ansatze.ts";
import { MAX_AMPLITUDE_WIRES, MAX_LAYERS, MAX_WIRES } from "../circuit/limits.ts";
import type { QasmVersion } from "../circuit/qasm/export.ts";
import {
  ANSATZE,
  type Ansatz,
  createTemplate,
  EMBEDDINGS,
  type Embedding,
  REUPLOADS,
  type Reupload,
  TEMPLATE_DEFAULTS,
  type TemplateOptions,
} from "../circuit/templates.ts";
import type { DecodedModel } from "../network/model.ts";
import { CircuitLayer } from "../simulator/layer.ts";
import { findModel } from "../training/files.ts";
import { batchOf, circuitOfModel, isCircuitFile, type NamedCircuit, readCircuit } from "../work/circuit.ts";
import { notForClinicalUse } from "../work/notes.ts";
import { defineAnalyze } from "./analyze.ts";
import type { Define } from "./command.ts";
import { openEngine } from "./engine.ts";
import { openModel } from "./model.ts";
import { addExamples, addJson, note, parseNumber, parseNumbers, print, printJson } from "./terminal.ts";

interface CircuitOptions {
  ansatz: Ansatz;
  embedding: Embedding;
  qubits: number;
  layers: number;
  repeats: number;
  reupload: Reupload;
  topology: Topology;
  entangler: Entangler;
  qasm?: (typeof QASM_FORMS)[number];
  inputs?: number[];
  weights?: number[];
  batch?: string[];
  out?: string;
  svg?: string;
  json?: boolean;
}

const QASM_FORMS = ["2", "3", "3-inputs"] as const;
/** Options that name the parts of a circuit; a file or model has its own. */
const PARTS = ["ansatz", "embedding", "qubits", "layers", "repeats", "reupload", "topology", "entangler"] as const;

/** hqcnn circuit */
export const defineCircuit: Define = (command, context) => {
  const { platform } = context;
  command
    .description(
      "Draws a circuit (x0, x1 … are inputs, x0·x1 products, w0, w1 … weights), counts its resources and exports it: the one that the options " +
        "name, that of a file (JSON or OpenQASM 2 and 3), or the trained one of a run or model.",
    )
    .argument("[source]", "a run folder, its model.safetensors, or a circuit file (.json, .qasm)")
    .addOption(new Option("--ansatz <name>", "trainable circuit").choices(ANSATZE).default("thesis"))
    .addOption(new Option("--embedding <name>", "how inputs enter").choices(EMBEDDINGS).default("angle-x"))
    .option("--qubits <n>", `wires, 1 to ${MAX_WIRES}, amplitude: to ${MAX_AMPLITUDE_WIRES}`, parseNumber, 4)
    .option("--layers <n>", `repetitions, 1 to ${MAX_LAYERS}`, parseNumber, 3)
    .option("--repeats <n>", "repetitions of the iqp or qaoa embedding", parseNumber, TEMPLATE_DEFAULTS.repeats)
    .addOption(
      new Option("--reupload <name>", "an angle embedding before every layer")
        .choices(REUPLOADS)
        .default(TEMPLATE_DEFAULTS.reupload),
    )
    .addOption(
      new Option("--topology <name>", "which wires hardware-efficient entangles")
        .choices(TOPOLOGIES)
        .default(TEMPLATE_DEFAULTS.topology),
    )
    .addOption(
      new Option("--entangler <name>", "how hardware-efficient entangles")
        .choices(ENTANGLERS)
        .default(TEMPLATE_DEFAULTS.entangler),
    )
    .addOption(
      new Option(
        "--qasm <form>",
        "print OpenQASM: version 2 or 3 with numbers, or 3 with `input` parameters for what has none",
      ).choices(QASM_FORMS),
    )
    .option("--inputs <numbers>", "the circuit's inputs for --qasm, as in 0.1,0.2", parseNumbers)
    .option("--weights <numbers>", "its weights for --qasm; a model has its own", parseNumbers)
    .option(
      "--batch <images...>",
      "write circuit, angles, observables and exact values of images for a device, as JSON",
    )
    .option("--out <file>", "file for --qasm or --batch, in place of the terminal")
    .option("--svg <file>", "also write the drawing as SVG")
    .action(async (source: string | undefined, options: CircuitOptions) => {
      const { qasm, batch, out, svg, json } = options;
      if (qasm && batch) throw new UsageError("--qasm and --batch cannot be combined: choose one");
      if (out && !qasm && !batch) throw new UsageError("--out is for --qasm and --batch: leave it out");
      refuseParts(source);
      const { named, model } = await open(source, options);
      for (const text of named.notes) note(text);
      const { layer } = named;
      if (svg !== undefined) await platform.writeFile(svg, layer.drawSvg());
      const write = async (text: string) => {
        if (out === undefined) return print(text.trimEnd());
        await platform.writeFile(out, text);
        if (json) printJson({ file: out, bytes: new TextEncoder().encode(text).length, svg: svg ?? null });
        else print(`${out}: ${text.length.toLocaleString("en")} characters`);
      };
      if (batch) {
        if (!model) throw new UsageError("--batch: expected a run or model, whose network gives the angles");
        const made = await batchOf(platform, model, batch);
        for (const { path, reason } of made.skipped) note(`skipped: ${path}: ${reason}`);
        note(notForClinicalUse);
        await write(`${JSON.stringify(made.batch)}\n`);
        return;
      }
      if (qasm) {
        await write(qasmOf(named, qasm, options));
        return;
      }
      const { circuit } = layer;
      const resources = layer.resources();
      const drawing = layer.draw();
      if (json) {
        const { operations } = circuit;
        const values = named.weights && { weight_values: named.weights };
        printJson({ ...resources, operations, outputs_of: layer.outputLabels, drawing, svg: svg ?? null, ...values });
        return;
      }
      print(drawing);
      const counts = Object.entries(resources.counts).map(([name, count]) => `${count} ${name}`);
      print(`\n${resources.wires} wires, ${resources.inputs} inputs, ${resources.weights} weights`);
      print(`${resources.gates} gates (${counts.join(", ")}), depth ${resources.depth}`);
      if (named.weights) {
        named.weights.forEach((value, i) => {
          print(`w${i} = ${value}`);
        });
      }
      if (svg !== undefined) print(`SVG: ${svg}`);
    });
  addJson(command);
  addExamples(
    command,
    "circuit --qubits 3 --layers 1 --svg circuit.svg",
    "circuit runs/first --qasm 3-inputs --out trained.qasm",
    "circuit runs/first --batch scans/ --out batch.json",
  );

  defineAnalyze(command, context, async (source) => {
    refuseParts(source);
    const others = (["qasm", "batch", "out", "svg", "inputs", "weights"] as const).filter(
      (key) => command.getOptionValueSource(key) === "cli",
    );
    if (others.length > 0) {
      throw new UsageError(`circuit analyze has no ${others.map((key) => `--${key}`).join(", ")}: leave it out`);
    }
    const options = command.opts<CircuitOptions>();
    if (source === undefined) return { named: namedParts(options) };
    const { layer } = (await open(source, options)).named;
    return { template: layer };
  });

  /** A file or model has a circuit of its own. */
  function refuseParts(source: string | undefined): void {
    const given = PARTS.filter((key) => command.getOptionValueSource(key) === "cli");
    if (source === undefined || given.length === 0) return;
    throw new UsageError(`${source} has a circuit of its own: leave out ${given.map((key) => `--${key}`).join(", ")}`);
  }

  async function open(
    source: string | undefined,
    options: CircuitOptions,
  ): Promise<{ named: NamedCircuit; model: DecodedModel | null }> {
    if (source === undefined) {
      const template = createTemplate(namedParts(options));
      return { named: { layer: new CircuitLayer(template), weights: null, notes: [] }, model: null };
    }
    if (isCircuitFile(source)) return { named: await readCircuit(platform, source), model: null };
    const path = await findModel(platform, source);
    const model = await openModel(await openEngine({ engine: "strict", threads: 1 }, platform), path, platform);
    // what openModel had to change it has said already
    return { named: { ...circuitOfModel(model, path), notes: [] }, model };
  }
};

function namedParts(options: CircuitOptions): TemplateOptions {
  const { ansatz, embedding, qubits: wires, layers, repeats, reupload, topology, entangler } = options;
  return { ansatz, embedding, wires, layers, repeats, reupload, topology, entangler };
}

function qasmOf({ layer, weights }: NamedCircuit, form: (typeof QASM_FORMS)[number], options: CircuitOptions): string {
  if (weights && options.weights) throw new UsageError("--weights: the model has its own: leave it out");
  const known = weights ?? options.weights;
  const version = Number(form[0]) as QasmVersion;
  const { numInputs, numWeights } = layer.circuit;
  if (form !== "3-inputs") {
    const missing = [
      ...(options.inputs || numInputs === 0 ? [] : [`--inputs with ${numInputs} numbers`]),
      ...(known || numWeights === 0 ? [] : [`--weights with ${numWeights} numbers`]),
    ];
    if (missing.length > 0) {
      throw new UsageError(`--qasm ${form}: expected ${missing.join(" and ")}; or use --qasm 3-inputs`);
    }
  }
  return layer.toQasm(version, {
    ...(options.inputs && { x: options.inputs }),
    ...(known && { weights: known }),
  });
}
