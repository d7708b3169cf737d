// npm run bench: the figures of `hqcnn bench`, and with --peers how many times the speed of other systems, measured
// alternately with ours in one run; with --peers --size 28,64,128,224 against PyTorch, at other sizes and both trunks;
// with --peers --circuits against PennyLane's simulators alone.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import type { EngineRow } from "../../host/bench/report.ts";
import { table } from "../../host/cli/terminal.ts";
import { createNodePlatform } from "../../host/platform/node.ts";
import { repository } from "../util/paths.ts";
import { execute } from "../util/process.ts";
import { compareCircuits } from "./circuits.ts";
import type { Request } from "./peers/peer.ts";
import { python, start } from "./peers/start.ts";
import { compareSizes } from "./sizes.ts";

type Task = Request["task"];

/** One line of the table: our engine against a peer, and the least ratio that performance.md asks for. */
interface Row {
  engine: string;
  peer: string;
  task: Task;
  threads: number;
  goal?: number;
}

const [major] = process.versions.node.split(".").map(Number);
/** Node 20's compiler is older and has lower goals; it has no wide engines. */
const modern = major >= 24;
const ROWS: Row[] = [
  { engine: "strict", peer: "pennylane", task: "train", threads: 1, goal: modern ? 2 : 1.7 },
  { engine: "strict", peer: "torch", task: "train", threads: 1, goal: modern ? 1.35 : 1.15 },
  { engine: "fast", peer: "pennylane", task: "train", threads: 1, goal: 2.4 },
  { engine: "fast", peer: "torch", task: "train", threads: 1, goal: 1.6 },
  { engine: "strict", peer: "pennylane", task: "train", threads: 2, goal: 2.5 },
  { engine: "strict", peer: "torch", task: "train", threads: 2, goal: 1.35 },
  ...(modern
    ? [
        { engine: "fast+wide", peer: "pennylane", task: "train" as const, threads: 1, goal: 3.2 },
        { engine: "fast+wide", peer: "torch", task: "train" as const, threads: 1, goal: 2.2 },
      ]
    : []),
  { engine: "strict", peer: "pennylane", task: "infer", threads: 1, goal: 2.5 },
  { engine: "strict", peer: "torch", task: "infer", threads: 1, goal: 1.5 },
  { engine: "strict", peer: "torch-channels-last", task: "train", threads: 1, goal: modern ? 1.5 : undefined },
  { engine: "strict", peer: "torch-channels-last", task: "infer", threads: 1, goal: modern ? 1.5 : undefined },
  ...(modern
    ? [
        { engine: "strict+wide", peer: "torch-channels-last", task: "train" as const, threads: 1, goal: 2.2 },
        { engine: "fast+wide", peer: "torch-channels-last", task: "train" as const, threads: 1, goal: 2.4 },
      ]
    : []),
  { engine: "strict", peer: "lightning", task: "train", threads: 1 },
  { engine: "strict", peer: "pennylane-single", task: "train", threads: 1 },
  { engine: "strict", peer: "tfjs-wasm", task: "infer", threads: 1 },
  { engine: "strict", peer: "onnxruntime-web", task: "infer", threads: 1 },
  { engine: "strict", peer: "jax-js", task: "train", threads: 1 },
];

const web = ["tfjs-wasm", "onnxruntime-web", "jax-js"];
const onnx = repository("build/peers/network.onnx");

/** Our figures, in a process of their own as in `hqcnn bench`. */
async function ours({ engine, threads, task }: Row, seconds: number): Promise<number> {
  const args = ["build/host/cli/main.js", "bench", "--part", `${engine}:${threads}:64`, "--seconds", String(seconds)];
  const { code, stdout, output } = await execute(process.execPath, args, { cwd: repository("") });
  if (code !== 0) throw new Error(output);
  const row = JSON.parse(stdout) as EngineRow;
  if (row.engine !== engine) throw new Error(`asked for ${engine}, got ${row.engine}`);
  return task === "train" ? row.train_per_s : row.infer_per_s;
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1];

async function comparePeers(rounds: number, seconds: number, json: boolean): Promise<void> {
  if (existsSync(python) && !existsSync(onnx)) {
    await execute(python, ["test/bench/peers/torch_peers.py", "export", onnx], { cwd: repository("") });
  }
  const torch = start(python, ["test/bench/peers/torch_peers.py"]);
  const results: { row: Row; ours: number[]; theirs: number[]; ratios: number[]; error?: string }[] = [];
  for (const row of ROWS) {
    const result: (typeof results)[number] = { row, ours: [], theirs: [], ratios: [] };
    results.push(result);
    const peer = web.includes(row.peer) ? start(process.execPath, ["build/test/bench/peers/web_peers.js"]) : torch;
    for (let round = 0; round < rounds && !result.error; round++) {
      const request = { peer: row.peer, task: row.task, threads: row.threads, batch: 64, seconds, model: onnx };
      const answer = await peer.ask(request);
      if ("error" in answer) {
        result.error = answer.error;
        break;
      }
      const own = await ours(row, seconds);
      result.ours.push(own);
      result.theirs.push(answer.images_per_s);
      result.ratios.push(own / answer.images_per_s);
      // Rates of a few images a second need no second look.
      if (answer.images_per_s < 100) break;
    }
    if (peer !== torch) peer.end();
    console.error(
      `${row.peer}, ${row.task}, ${row.threads}: ${result.error ?? result.ratios.map((r) => r.toFixed(2)).join(" ")}`,
    );
  }
  torch.end();
  const machine = `${cpus()[0].model.trim()}, ${availableParallelism()} processors, ${createNodePlatform().runtime}`;
  if (json) {
    console.log(JSON.stringify({ machine, rounds, seconds, results }));
    return;
  }
  const range = (values: number[]) => `${Math.min(...values).toFixed(2)}–${Math.max(...values).toFixed(2)}`;
  const rows = results.map(({ row, ours: own, theirs, ratios, error }) => {
    const start = [row.task, String(row.threads), row.engine, row.peer];
    if (error) return [...start, error, "", "", "", ""];
    const ratio = median(ratios);
    const goal = row.goal === undefined ? ["", ""] : [`≥ ${row.goal}`, ratio >= row.goal ? "yes" : "no"];
    return [
      ...start,
      median(own).toFixed(0),
      median(theirs).toFixed(0),
      `${ratio.toFixed(2)} (${range(ratios)})`,
      ...goal,
    ];
  });
  const header = ["task", "threads", "ours", "peer", "ours, images/s", "peer's", "ratio", "goal", "reached"];
  console.log(`${machine}; medians of ${rounds} alternating rounds\n${table([header, ...rows])}`);
}

const { values } = parseArgs({
  options: {
    peers: { type: "boolean" },
    size: { type: "string" },
    circuits: { type: "boolean" },
    wires: { type: "string" },
    batch: { type: "string" },
    rounds: { type: "string" },
    seconds: { type: "string" },
    json: { type: "boolean" },
  },
  strict: false,
});
if (values.peers && values.size) {
  const [rounds, seconds] = [Number(values.rounds ?? 3), Number(values.seconds ?? 2)];
  await compareSizes(String(values.size), { rounds, seconds, batch: Number(values.batch ?? 0) });
} else if (values.peers) {
  const [rounds, json] = [Number(values.rounds ?? 3), values.json === true];
  if (!values.circuits) await comparePeers(rounds, Number(values.seconds ?? 2), json);
  // As JSON, the rows of networks alone are one document.
  const circuits = { rounds, seconds: Number(values.seconds ?? 1) };
  if (values.circuits || !json) await compareCircuits(String(values.wires ?? "4,8,10,12,16"), circuits);
} else {
  const child = spawn(process.execPath, ["build/host/cli/main.js", "bench", ...process.argv.slice(2)], {
    cwd: repository(""),
    stdio: "inherit",
  });
  child.on("exit", (code) => {
    process.exitCode = code ?? 1;
  });
}
