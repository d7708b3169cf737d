// How many wires fit, at every door: the first number that does not is refused before anything is computed.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { exportOnnx, exportSurrogate } from "../../../host/api.ts";
import { Circuit } from "../../../host/circuit/circuit.ts";
import { MAX_DENSITY_WIRES, MAX_WIRES, MEMORY_BYTES } from "../../../host/circuit/limits.ts";
import { encodeEstimate } from "../../../host/circuit/noise/tape.ts";
import { createTemplate } from "../../../host/circuit/templates.ts";
import { createNetwork } from "../../../host/network/network.ts";
import { estimateJacobian } from "../../../host/simulator/estimate.ts";
import { simulatorOf } from "../../../host/simulator/instance.ts";
import { withRoom } from "../../../host/simulator/simulate.ts";
import { compileBuild } from "../../util/builds.ts";
import { refused } from "../../util/refusal.ts";

const limits = suite("circuit/limits");
const engine = await compileBuild("strict");
const named = (wires: number) => createTemplate({ ansatz: "thesis", embedding: "angle-x", wires, layers: 1 }).circuit;

/** A circuit whose outputs share no basis: word k has Xs where k has ones, Ys elsewhere. */
function wordy(wires: number, groups: number): Circuit {
  const outputs = Array.from({ length: groups }, (_, k) => ({
    expval: [
      { coefficient: 1, word: Array.from({ length: wires }, (_, i) => `${(k >> i) & 1 ? "X" : "Y"}${i}`).join(" ") },
    ],
  }));
  const operations = Array.from({ length: wires }, (_, i) => ({ name: "RX", wires: [i], params: [{ input: i }] }));
  return new Circuit(wires, operations, { outputs });
}

const network = (circuit: Circuit, measure?: { shots: number }, threaded = engine) =>
  createNetwork(threaded, { channels: 1, classes: 2, batchSize: 1, head: { kind: "quantum", circuit }, measure });

limits("forward and training: as many wires as the engine has states for, and not one more", async () => {
  assert.is(network(named(MAX_WIRES)).circuits[0].template.circuit.numWires, MAX_WIRES);
  const head = { kind: "quantum", wires: MAX_WIRES + 1, layers: 1 } as const;
  const make = () => createNetwork(engine, { channels: 1, classes: 2, head });
  await refused(make, "wires: expected an integer from 1 to 20, got 21");
  await refused(() => named(MAX_WIRES + 1), "from 1 to 20, got 21");
});

limits("shots: by the bytes of states and of the words that are measured together", async () => {
  const most = 234; // 64 + 8 + 16 · 235 MiB = 3,832 of 3,840
  assert.is(encodeEstimate(wordy(20, most), { shots: 1 }).shots, 1);
  const text =
    "20 wires and 235 groups of words that are measured together need 3,848 MiB of the engine's memory, which has 3,840 MiB: use at most 19 wires";
  const circuit = wordy(20, most + 1);
  await refused(() => encodeEstimate(circuit, { shots: 1 }), text);
  await refused(() => network(circuit, { shots: 1 }), text);
  const x = new Array(20).fill(0);
  await refused(() => estimateJacobian(simulatorOf(engine), circuit, x, [], { shots: 1 }, {}), text);
  const threads = await compileBuild("strict", 16);
  const advice = ["layer quantum takes 16,", "MiB in 16 threads", "use at most 3 threads, or fewer wires"];
  await refused(() => network(wordy(20, 60), { shots: 1 }, threads), ...advice);
});

limits("a density matrix: a state of twice the wires", async () => {
  const noisy = { noise: "bit-flip:0.1", simulation: "density" } as const;
  assert.is(encodeEstimate(named(MAX_DENSITY_WIRES), noisy).mode, "density");
  await refused(
    () => encodeEstimate(named(MAX_DENSITY_WIRES + 1), noisy),
    "at most 10 wires, got 11: use trajectories",
  );
});

limits("a run of a single circuit: what it needs, what there is, what fits", async () => {
  const run = (needed: number) => withRoom(simulatorOf(engine), named(20), needed, () => true);
  const text =
    "20 wires and 20 outputs need 3,841 MiB of the engine's memory, which has 3,840 MiB if the machine has: use at most 19 wires";
  await refused(() => run(MEMORY_BYTES + 1), text);
  assert.is(run(2 ** 20), true);
});

limits("ONNX and surrogate: by the bytes of their tables", async () => {
  await refused(() => exportOnnx(network(named(13))), "at most 1.0 GiB, got 3.0 GiB", "with 12 wires they fit");
  await refused(() => exportSurrogate(network(named(13))), "got 159 MiB: 3^13", "with 12 inputs they fit");
});

limits.run();
