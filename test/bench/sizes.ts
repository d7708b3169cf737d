// npm run bench -- --peers --size 28,64,128,224 [--batch N] [--rounds 3] [--seconds 2]: training of the thesis's trunk
// and the residual one against PyTorch in both its memory layouts, alternately, each in a process of its own. Speed in
// images a second and the process's largest resident memory.
import { availableParallelism, cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { loadEngine } from "../../host/api.ts";
import { time } from "../../host/bench/timing.ts";
import { table } from "../../host/cli/terminal.ts";
import { createNetwork } from "../../host/network/network.ts";
import { residualTrunk, THESIS_TRUNK } from "../../host/network/trunk.ts";
import { createNodePlatform } from "../../host/platform/node.ts";
import { execute } from "../util/process.ts";
import { type Answer, python, start } from "./peers/start.ts";

const TRUNKS = { thesis: THESIS_TRUNK, residual: residualTrunk() };
type TrunkName = keyof typeof TRUNKS;

interface Case {
  trunk: TrunkName;
  size: number;
  batch: number;
  threads: number;
}

/** What PyTorch's two layouts are called in torch_peers.py. */
const LAYOUTS = ["torch", "torch-channels-last"];
/** Images of a batch where none is stated: larger ones do not train faster, and take longer to measure. */
const BATCHES: Record<number, number> = { 28: 64, 64: 64, 128: 32, 224: 16 };
const median = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** Measures all sizes and prints a table. */
export async function compareSizes(
  sizes: string,
  { rounds, seconds, batch }: { rounds: number; seconds: number; batch: number },
): Promise<void> {
  const rows: string[][] = [];
  for (const size of sizes.split(",").map(Number)) {
    for (const trunk of Object.keys(TRUNKS) as TrunkName[]) {
      for (const threads of availableParallelism() > 1 ? [1, 2] : [1]) {
        const each: Case = { trunk, size, batch: batch || (BATCHES[size] ?? 16), threads };
        rows.push(await compare(each, rounds, seconds));
        console.error(rows.at(-1)!.join(", "));
      }
    }
  }
  const machine = `${cpus()[0].model.trim()}, ${availableParallelism()} processors, ${createNodePlatform().runtime}`;
  const header = ["trunk", "size", "batch", "threads", "ours", ...LAYOUTS, "ratio", "to channels last", "MiB", "torch"];
  console.log(`${machine}; medians of ${rounds} alternating rounds, images a second\n${table([header, ...rows])}`);
}

async function compare({ trunk, size, batch, threads }: Case, rounds: number, seconds: number): Promise<string[]> {
  const own: Answer[] = [];
  const theirs: Answer[][] = LAYOUTS.map(() => []);
  let error = "";
  for (let round = 0; round < rounds && error === ""; round++) {
    own.push(await ours({ trunk, size, batch, threads }, seconds));
    for (const [i, peer] of LAYOUTS.entries()) {
      const process = start(python, ["test/bench/peers/torch_peers.py"]);
      const request = { peer, task: "train", threads, batch, seconds, size, trunk: TRUNKS[trunk] } as const;
      const answer = await process.ask(request);
      process.end();
      if ("error" in answer) error = answer.error;
      else theirs[i].push(answer);
    }
  }
  const speed = (answers: Answer[]) => median(answers.map(({ images_per_s }) => images_per_s));
  const memory = (answers: Answer[]) => String(Math.round(Math.min(...answers.map(({ peak_mib }) => peak_mib))));
  const ratio = (answers: Answer[]) =>
    median(answers.map(({ images_per_s }, round) => own[round].images_per_s / images_per_s)).toFixed(2);
  const about = [trunk, size, batch, threads].map(String);
  if (error !== "") return [...about, speed(own).toFixed(1), error, "", "", "", memory(own), ""];
  const speeds = [own, ...theirs].map((answers) => speed(answers).toFixed(1));
  return [...about, ...speeds, ...theirs.map(ratio), memory(own), memory(theirs[1])];
}

/** Our engine in a process of its own. */
async function ours(each: Case, seconds: number): Promise<Answer> {
  const { stdout, output, code } = await execute(process.execPath, [
    ...[fileURLToPath(import.meta.url), JSON.stringify({ ...each, seconds })],
  ]);
  if (code !== 0) throw new Error(output);
  return JSON.parse(stdout);
}

async function measure({ trunk, size, batch, threads, seconds }: Case & { seconds: number }): Promise<Answer> {
  const engine = await loadEngine({ threads });
  const network = createNetwork(engine, {
    ...{ channels: 3, classes: 2, height: size, width: size, trunk: TRUNKS[trunk], batchSize: batch },
    head: { kind: "quantum", wires: 4, layers: 3 },
  });
  await network.startThreads();
  const { images, labels } = network.batch(batch);
  for (let i = 0; i < images.length; i++) images[i] = Math.imul(i + 1, 2654435761) >>> 24;
  for (let i = 0; i < batch; i++) labels[i] = i % 2;
  const step = () => {
    network.gradients(batch);
    network.update({ lr: 1e-3 });
  };
  const { best } = time(step, seconds);
  network.close();
  const { maxRSS } = process.resourceUsage();
  return { images_per_s: (1000 * batch) / best, peak_mib: maxRSS / 1024, version: "" };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(JSON.stringify(await measure(JSON.parse(process.argv[2]))));
}
