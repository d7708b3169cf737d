// npm run bench -- --peers --circuits [--wires 4,8,10,12,16] [--rounds 3] [--seconds 1]: one sample of a circuit with
// three strongly entangling layers in float64 against PennyLane's simulators, alternately: all ⟨Z⟩, the gradient of a
// weighted sum of them, and the Jacobian of all. Processor time, so that a busy machine disturbs less.
import { availableParallelism, cpus } from "node:os";
import { loadEngine } from "../../host/api.ts";
import { Circuit } from "../../host/circuit/circuit.ts";
import { createTemplate } from "../../host/circuit/templates.ts";
import { table } from "../../host/cli/terminal.ts";
import { createNodePlatform } from "../../host/platform/node.ts";
import { simulatorOf } from "../../host/simulator/instance.ts";
import { jacobian, runCircuit } from "../../host/simulator/simulate.ts";
import { type CircuitRequest, python, start } from "./peers/start.ts";

const LAYERS = 3;
const PEERS = ["lightning device", "lightning", "default.qubit"] as const;
const TASKS = ["forward", "gradient", "jacobian"] as const;
/** Least ratios that issue and specification ask for, to the device of lightning.qubit. */
const goalOf = (what: (typeof TASKS)[number], wires: number): number | undefined => {
  if (what === "jacobian") return wires === 12 ? 1.2 : undefined;
  return wires <= 12 ? 1 : 0.7;
};

const median = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** Measures all sizes and prints a table. */
export async function compareCircuits(
  wires: string,
  { rounds, seconds }: { rounds: number; seconds: number },
): Promise<void> {
  const peer = start(python, ["test/bench/peers/circuit_peers.py"]);
  const rows: string[][] = [];
  for (const count of wires.split(",").map(Number)) {
    for (const what of TASKS) {
      const once = await ours(what, count);
      const own: number[] = [];
      const theirs: number[][] = PEERS.map(() => []);
      const errors: string[] = [];
      for (let round = 0; round < rounds; round++) {
        own.push(processorTime(once, seconds));
        for (const [i, name] of PEERS.entries()) {
          if (errors[i]) continue;
          const request: CircuitRequest = { peer: name, what, wires: count, layers: LAYERS, seconds };
          const answer = await peer.ask(request);
          if ("error" in answer) errors[i] = answer.error;
          else theirs[i].push(answer.ms);
        }
      }
      const ratio = (i: number) => median(theirs[i].map((ms, round) => ms / own[round]));
      const goal = goalOf(what, count);
      rows.push([
        ...[String(count), what, median(own).toFixed(3)],
        ...PEERS.map((_, i) => errors[i] ?? `${median(theirs[i]).toFixed(2)} (${ratio(i).toFixed(2)} ×)`),
        ...(goal === undefined || errors[0] ? ["", ""] : [`≥ ${goal}`, ratio(0) >= goal ? "yes" : "no"]),
      ]);
      console.error(rows.at(-1)!.join(", "));
    }
  }
  peer.end();
  const machine = `${cpus()[0].model.trim()}, ${availableParallelism()} processors, ${createNodePlatform().runtime}`;
  const header = ["wires", "what", "ours, ms", ...PEERS.map((name) => `${name}, ms (ratio)`), "goal", "reached"];
  console.log(`${machine}; medians of ${rounds} alternating rounds\n${table([header, ...rows])}`);
}

async function ours(what: (typeof TASKS)[number], wires: number): Promise<() => void> {
  const simulator = simulatorOf(await loadEngine({ threads: 1 }));
  const { circuit } = createTemplate({ ansatz: "strongly-entangling", embedding: "angle-x", wires, layers: LAYERS });
  const x = Array.from({ length: circuit.numInputs }, (_, i) => (i % 13) / 4 - 1);
  const weights = Array.from({ length: circuit.numWeights }, (_, i) => (i % 11) / 4 - 1);
  if (what === "forward") return () => void runCircuit(simulator, circuit, x, weights);
  if (what === "jacobian") return () => void jacobian(simulator, circuit, x, weights);
  const expval = Array.from({ length: wires }, (_, i) => ({ coefficient: (i % 5) / 2 - 1.1, word: `Z${i}` }));
  const summed = new Circuit(wires, circuit.operations, { outputs: [{ expval }] });
  return () => void jacobian(simulator, summed, x, weights);
}

/** Milliseconds of the fastest of many windows. */
function processorTime(once: () => void, seconds: number): number {
  const used = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
  const warm = performance.now() + 300;
  while (performance.now() < warm) once();
  let best = Number.POSITIVE_INFINITY;
  const end = performance.now() + 1000 * seconds;
  while (performance.now() < end) {
    const begin = used();
    let calls = 0;
    // windows of 5 ms: the clock of processor time may be coarse
    do {
      once();
      calls++;
    } while (used() - begin < 5);
    best = Math.min(best, (used() - begin) / calls);
  }
  return best;
}
