import { exportOnnx, exportSurrogate } from "../api.ts";
import { UsageError } from "../check.ts";
import type { ModelInfo } from "../network/model.ts";
import type { Network } from "../network/network.ts";
import { findModel } from "../training/files.ts";
import { notForClinicalUse } from "../work/notes.ts";
import type { Define } from "./command.ts";
import { openEngine } from "./engine.ts";
import { modelArgument, openModel } from "./model.ts";
import { addExamples, addJson, print, printJson } from "./terminal.ts";

interface ExportOptions {
  onnx?: boolean;
  surrogate?: boolean;
  out?: string;
  json?: boolean;
}

/** hqcnn export */
export const defineExport: Define = (command, { platform }) => {
  command
    .description(
      "Writes a saved model for other programs. --onnx: the whole network as one file for ONNX runtimes; input images uint8 (N, height, width, channels), " +
        "not normalised, outputs logits and probabilities (N, classes). --surrogate: the trained quantum layer as the exact sum of products of cosines and " +
        "sines that it computes, in JSON, with the largest difference to the circuit.",
    )
    .argument("<model>", modelArgument)
    .option("--onnx", "write the network as ONNX")
    .option("--surrogate", "write the quantum layer as a formula")
    .option("--out <file>", "file to write (default: model.onnx or surrogate.json beside the model)")
    .action(async (model: string, { onnx, surrogate, out, json }: ExportOptions) => {
      if (Boolean(onnx) === Boolean(surrogate)) throw new UsageError("export: choose one of --onnx and --surrogate");
      const path = await findModel(platform, model);
      const engine = await openEngine({ engine: "strict", threads: 1 }, platform);
      const { network, info, notes: warnings } = await openModel(engine, path, platform);
      const name = onnx ? "model.onnx" : "surrogate.json";
      const file = out ?? path.slice(0, path.length - platform.basename(path).length) + name;
      const { bytes, figures, lines } = onnx ? await asOnnx(network, info) : await asSurrogate(network, info);
      await platform.writeFile(file, bytes);
      if (json) printJson({ model: path, file, bytes: bytes.length, ...figures, note: notForClinicalUse, warnings });
      else {
        print(`${file}: ${bytes.length.toLocaleString("en")} bytes`);
        for (const line of [...lines, notForClinicalUse]) print(line);
      }
    });
  addJson(command);
  addExamples(command, "export runs/first --onnx", "export runs/first --surrogate --out layer.json");
};

/** A file to write, and what to say of it as JSON and as text. */
interface Written {
  bytes: Uint8Array;
  figures: object;
  lines: string[];
}

async function asOnnx(network: Network, info: ModelInfo): Promise<Written> {
  const { height, width, channels, classes } = network.architecture;
  return {
    bytes: await exportOnnx(network, info),
    figures: { class_names: info.classNames },
    lines: [
      `input images: uint8 (N, ${height}, ${width}, ${channels}), not normalised`,
      `outputs logits, probabilities: float (N, ${classes}), for ${info.classNames.join(", ")}`,
    ],
  };
}

async function asSurrogate(network: Network, info: ModelInfo): Promise<Written> {
  const surrogate = await exportSurrogate(network, info);
  const { inputs, outputs, significant, proof } = surrogate;
  const count = outputs * 3 ** inputs;
  return {
    bytes: new TextEncoder().encode(`${JSON.stringify(surrogate)}\n`),
    figures: { coefficients: count, significant, proof },
    lines: [
      surrogate.formula,
      `${count} coefficients, ${significant} of them larger than 1e-6`,
      `largest difference to the circuit: ${proof.largestDifference.toExponential(1)} on a grid of ${proof.gridPoints} and ${proof.randomPoints} random points`,
    ],
  };
}
