import { Option } from "commander";
import { MAX_AMPLITUDE_WIRES, MAX_LAYERS, MAX_WIRES } from "../circuit/limits.ts";
import { ANSATZE, type Ansatz, createTemplate, EMBEDDINGS, type Embedding } from "../circuit/templates.ts";
import type { Define } from "./command.ts";
import { addExamples, addJson, parseNumber, print, printJson } from "./terminal.ts";

interface CircuitOptions {
  ansatz: Ansatz;
  embedding: Embedding;
  qubits: number;
  layers: number;
  svg?: string;
  json?: boolean;
}

/** hqcnn circuit */
export const defineCircuit: Define = (command, { platform }) => {
  command
    .description(
      "Draws the quantum layer's circuit (x0, x1 … are inputs, x0·x1 products, w0, w1 … weights) and counts its resources.",
    )
    .addOption(new Option("--ansatz <name>", "trainable circuit").choices(ANSATZE).default("thesis"))
    .addOption(new Option("--embedding <name>", "how inputs enter").choices(EMBEDDINGS).default("angle-x"))
    .option("--qubits <n>", `wires, 1 to ${MAX_WIRES}, amplitude: to ${MAX_AMPLITUDE_WIRES}`, parseNumber, 4)
    .option("--layers <n>", `repetitions, 1 to ${MAX_LAYERS}`, parseNumber, 3)
    .option("--svg <file>", "also write the drawing as SVG")
    .action(async ({ ansatz, embedding, qubits, layers, svg, json }: CircuitOptions) => {
      const { circuit } = createTemplate({ ansatz, embedding, wires: qubits, layers });
      if (svg !== undefined) await platform.writeFile(svg, circuit.drawSvg());
      const resources = circuit.resources();
      if (json) {
        printJson({ ...resources, operations: circuit.operations, drawing: circuit.draw(), svg: svg ?? null });
        return;
      }
      print(circuit.draw());
      const counts = Object.entries(resources.counts).map(([name, count]) => `${count} ${name}`);
      print(`\n${resources.wires} wires, ${resources.inputs} inputs, ${resources.weights} weights`);
      print(`${resources.gates} gates (${counts.join(", ")}), depth ${resources.depth}`);
      if (svg !== undefined) print(`SVG: ${svg}`);
    });
  addJson(command);
  addExamples(command, "circuit --qubits 3 --layers 1 --svg circuit.svg");
};
