import { inspect } from "node:util";
import { Command, CommanderError } from "commander";
import { HqcnnError, isNotLoaded, isOutOfMemory, NOT_LOADED, UsageError } from "../check.ts";
import { systemReason } from "../platform/errors.ts";
import { createNodePlatform } from "../platform/node.ts";
import type { Define } from "./command.ts";
import { watchStreams, write } from "./streams.ts";
import { note, visible } from "./terminal.ts";

// Loaded when named, so that `predict` of one image does not wait for what `train` needs.
const commands: Record<string, { summary: string; load: () => Promise<Define> }> = {
  train: {
    summary: "train the network and write a run folder",
    load: async () => (await import("./train.ts")).defineTrain,
  },
  compare: {
    summary: "compare the network with its ablations: statistical tests, summarised in plain sentences",
    load: async () => (await import("./compare.ts")).defineCompare,
  },
  study: {
    summary: "train the runs of a study file: grids, lists and random draws of options; tables, plots and a report",
    load: async () => (await import("./search.ts")).defineStudy,
  },
  worker: {
    summary: "train runs of studies that a queue hands out, on any number of machines",
    load: async () => (await import("./worker.ts")).defineWorker,
  },
  evaluate: {
    summary: "all metrics of a saved model on a split",
    load: async () => (await import("./evaluate.ts")).defineEvaluate,
  },
  predict: {
    summary: "classify images with a saved model",
    load: async () => (await import("./predict.ts")).definePredict,
  },
  explain: {
    summary: "show which parts of an image support a class, and what the quantum layer does",
    load: async () => (await import("./explain.ts")).defineExplain,
  },
  export: {
    summary: "write a saved model as ONNX, or its quantum layer as a formula",
    load: async () => (await import("./export.ts")).defineExport,
  },
  reproduce: {
    summary: "train the thesis's networks, or those of a claim; published and own results side by side",
    load: async () => (await import("./reproduce.ts")).defineReproduce,
  },
  claims: {
    summary: "list published claims that can be tested, and summarise what became of them",
    load: async () => (await import("./claims.ts")).defineClaims,
  },
  report: {
    summary: "write the report of a run: one HTML file, and its pictures as SVG and PNG",
    load: async () => (await import("./report.ts")).defineReport,
  },
  data: {
    summary: "list, fetch, verify and inspect data sets",
    load: async () => (await import("./data.ts")).defineData,
  },
  bench: {
    summary: "measure speed and memory on this machine, and compare them with the goals",
    load: async () => (await import("./bench.ts")).defineBench,
  },
  serve: {
    summary: "serve the web page: train, inspect and use the network in a browser",
    load: async () => (await import("./serve.ts")).defineServe,
  },
  circuit: {
    summary: "draw the quantum circuit and count its resources",
    load: async () => (await import("./circuit.ts")).defineCircuit,
  },
};

/**
 * Runs `hqcnn` with `prefix` and then the arguments of this process, and sets the exit code: 0 success, 1 failure, 2
 * usage, 128 + the signal's number when stopped by one. Errors go to stderr in one or two lines, with their stack if
 * HQCNN_DEBUG=1.
 */
export async function run(prefix: readonly string[] = []): Promise<void> {
  const args = [...prefix, ...process.argv.slice(2)];
  watchStreams(note);
  // Nothing ends with a raw stack trace, wherever it is thrown.
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (error: unknown) => process.exit(report(error)));
  }
  try {
    await (await createProgram(args)).parseAsync(args, { from: "user" });
  } catch (error) {
    process.exitCode = report(error);
  }
}

/** Every command with its arguments and options, for the reference. */
export function everyCommand(): Promise<Command> {
  return createProgram(Object.keys(commands));
}

async function createProgram(args: readonly string[]): Promise<Command> {
  const platform = createNodePlatform();
  const manifest = new TextDecoder().decode(await platform.readFile(platform.packageFile("package.json")));
  const { version } = JSON.parse(manifest) as { version: string };
  const program = new Command("hqcnn")
    .description("Hybrid quantum-classical convolutional networks for medical images. Not for clinical use.")
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => write("stdout", visible(text)),
      writeErr: (text) => write("stderr", visible(text)),
    })
    .addHelpText("after", "\nExample:\n  $ hqcnn train\n\nRun hqcnn COMMAND --help for the options of a command.");
  for (const [name, { summary, load }] of Object.entries(commands)) {
    const command = program.command(name).summary(summary);
    if (args.includes(name)) (await load())(command, { platform, version });
  }
  return program;
}

/** Prints an error once and returns the exit code it stands for. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // commander has printed it
  note(`error: ${describe(error)}`);
  if (isDebugging()) note(inspect(error));
  return error instanceof UsageError ? 2 : 1;
}

/** What a library or the runtime says is not for users: they get what happened and what to do. */
function describe(error: unknown): string {
  if (error instanceof HqcnnError) return error.message;
  if (isOutOfMemory(error)) {
    return "there is not enough memory for this: close other programs, or take smaller images, batches or files";
  }
  const reason = systemReason(error);
  if (reason !== undefined) {
    const { path } = error as { path?: unknown };
    return typeof path === "string" ? `${path}: ${reason}` : `the system refused something: ${reason}`;
  }
  if (isNotLoaded(error)) return NOT_LOADED;
  const name = error instanceof Error ? error.name : typeof error;
  return `a fault in hqcnn itself (${name}), please report it: HQCNN_DEBUG=1 before the command shows where it happened`;
}

/** Deno may forbid to look. */
function isDebugging(): boolean {
  try {
    return process.env.HQCNN_DEBUG === "1";
  } catch {
    return false;
  }
}
