// node build/test/bench/peers/web_peers.js: WebAssembly libraries as peers of `npm run bench -- --peers`. Answers JSON
// requests, one a line, until stdin ends; README.md beside this file has the protocol.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { buildJax } from "./jax.ts";
import { buildOnnxRuntime } from "./onnxruntime.ts";
import type { Model, Request } from "./peer.ts";
import { buildTfjs } from "./tfjs.ts";

interface Answer {
  images_per_s: number;
  median_images_per_s: number;
  steps: number;
  start_s: number;
  peak_mib: number;
  version: string;
}

interface Peer {
  task: Request["task"];
  install: string;
  build(request: Request): Promise<Model>;
}

const peers = new Map<string, Peer>([
  ["tfjs-wasm", { task: "infer", install: "npm ci", build: buildTfjs }],
  ["onnxruntime-web", { task: "infer", install: "npm ci --prefix test/bench/peers", build: buildOnnxRuntime }],
  ["jax-js", { task: "train", install: "npm ci --prefix test/bench/peers", build: buildJax }],
]);

const WINDOWS = 3; // a request's seconds are measured in about this many pieces; the best one counts
const WARM_UP = { steps: 3, seconds: 5 }; // whichever comes first
const models = new Map<string, { model: Model; start_s: number }>();

async function answer(request: Request): Promise<Answer | { error: string }> {
  const peer = peers.get(request.peer);
  if (!peer) return { error: `unknown peer ${request.peer}: expected one of ${[...peers.keys()].join(", ")}` };
  if (request.task !== peer.task) return { error: `${request.peer} is measured in ${peer.task} only` };
  try {
    const { model, start_s } = await built(peer, request);
    const { rates, steps } = await measure(model, request.seconds);
    return {
      images_per_s: rates[rates.length - 1] * request.batch,
      median_images_per_s: rates[rates.length >> 1] * request.batch,
      steps,
      start_s,
      peak_mib: peakMib(),
      version: model.version,
    };
  } catch (error) {
    const missing = error instanceof Error && "code" in error && /^(ERR_)?MODULE_NOT_FOUND$/.test(String(error.code));
    if (missing) return { error: `${request.peer} is not installed; install it with: ${peer.install}` };
    return { error: (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, " ") };
  }
}

/**
 * The warmed-up model of a request, and how long it took from the first request for it, loading of the library
 * included.
 */
async function built(peer: Peer, request: Request): Promise<{ model: Model; start_s: number }> {
  const { seconds: _, ...rest } = request;
  const key = JSON.stringify(rest);
  const known = models.get(key);
  if (known) return known;
  const start = performance.now();
  const elapsed = () => (performance.now() - start) / 1000;
  const model = await peer.build(request);
  for (let i = 0; i < WARM_UP.steps && (i === 0 || elapsed() < WARM_UP.seconds); i++) await model.step();
  const entry = { model, start_s: elapsed() };
  models.set(key, entry);
  return entry;
}

/** Steps per second in each window, ascending, and how many steps there were in all. */
async function measure(model: Model, seconds: number): Promise<{ rates: number[]; steps: number }> {
  const rates: number[] = [];
  let steps = 0;
  for (let total = 0; total < seconds; ) {
    const start = performance.now();
    let count = 0;
    let elapsed = 0;
    while (elapsed < seconds / WINDOWS) {
      await model.step();
      count += 1;
      elapsed = (performance.now() - start) / 1000;
    }
    rates.push(count / elapsed);
    steps += count;
    total += elapsed;
  }
  return { rates: rates.sort((a, b) => a - b), steps };
}

/** Largest resident memory so far. Linux hands getrusage's figure down from the parent process, so VmHWM is better. */
function peakMib(): number {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))![1]) / 1024;
  } catch {
    return process.resourceUsage().maxRSS / 1024;
  }
}

console.log = console.error; // what a library prints must not land among the answers
for await (const line of createInterface({ input: process.stdin })) {
  let reply: Answer | { error: string };
  try {
    reply = await answer(JSON.parse(line) as Request);
  } catch (error) {
    reply = { error: String(error) };
  }
  await new Promise((resolve) => process.stdout.write(`${JSON.stringify(reply)}\n`, resolve));
}
process.exit(); // threads of a library would keep the process alive
