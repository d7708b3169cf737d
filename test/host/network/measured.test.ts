// Networks whose circuit has shots, noise and other gradients than the adjoint.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { EstimateSettings } from "../../../host/circuit/noise/tape.ts";
import type { Engine } from "../../../host/engine/load.ts";
import { createNetwork, type NetworkOptions } from "../../../host/network/network.ts";
import { compileBuild } from "../../util/builds.ts";
import { createImages, fill, SMALL } from "../../util/network.ts";
import { relativeError } from "../../util/numbers.ts";

const measured = suite("network, measured circuits");
const one = await compileBuild("strict");
const options: NetworkOptions = { ...SMALL, head: { kind: "quantum", wires: 2, layers: 1 }, seed: 4, batchSize: 40 };

function gradients(measure: EstimateSettings | undefined, N = 18) {
  const network = createNetwork(one, { ...options, measure });
  fill(network, N, 1);
  const { loss } = network.gradients(N, { dropout: { seed: 0, epoch: 2 } });
  return { loss, grads: network.paramTensors("grads") };
}

measured("parameter shifts and finite differences give the adjoint's gradients of every parameter", () => {
  const adjoint = gradients(undefined);
  for (const gradient of ["parameter-shift", "finite-differences"] as const) {
    const got = gradients({ gradient });
    assert.ok(Math.abs(got.loss - adjoint.loss) < 1e-6);
    for (const name of ["quantum.rotations", "quantum.weights", "fc1.weight", "fc2.weight"]) {
      const [a, b] = [got, adjoint].map(({ grads }) => grads.get(name)!.data);
      assert.ok(relativeError(a, b) < 2e-4, `${gradient}, ${name}: ${relativeError(a, b)}`);
    }
  }
});

measured("SPSA and shots change the gradients, noise the loss; the adjoint is refused by name", () => {
  const adjoint = gradients(undefined);
  for (const measure of [{ gradient: "spsa" }, { shots: 10 }, { noise: "depolarizing:0.1" }] as EstimateSettings[]) {
    const got = gradients(measure);
    assert.equal(gradients(measure).loss, got.loss);
    const [a, b] = [got, adjoint].map(({ grads }) => grads.get("quantum.weights")!.data);
    assert.ok(relativeError(a, b) > 1e-3, JSON.stringify(measure));
    assert.is(got.loss === adjoint.loss, false);
  }
  const refused: [NetworkOptions["measure"], RegExp][] = [
    [{ shots: 5, gradient: "adjoint" }, /expected parameter-shift or spsa, got adjoint with shots/],
    [{ noise: "bit-flip:2" }, /noise rule 0 \(bit-flip\): p/],
    [{ noise: "bit-flip:0.1@CZ" }, /acts nowhere/],
    [{ shots: -1 }, /shots/],
    [{ step: 0.1 }, /step: expected the gradient finite-differences or spsa with it, got adjoint/],
    [{ shots: 5, directions: 2 }, /directions: expected the gradient spsa with them, got parameter-shift/],
  ];
  for (const [measure, message] of refused) assert.throws(() => createNetwork(one, { ...options, measure }), message);
  const dense = { ...options, head: { kind: "dense", wires: 2 }, measure: { shots: 5 } } as const;
  assert.throws(() => createNetwork(one, dense), /measure: expected a head with a circuit, got dense/);
});

measured("SPSA's step and directions act: its own step changes no bit, many directions come to the adjoint", () => {
  const weights = (measure?: EstimateSettings) => gradients(measure).grads.get("quantum.weights")!.data;
  assert.equal(weights({ gradient: "spsa", step: 0.1, directions: 1 }), weights({ gradient: "spsa" }));
  const errors = [1, 100].map((directions) => relativeError(weights({ gradient: "spsa", directions }), weights()));
  assert.ok(errors[1] < errors[0] / 3, `${errors}`);
  const differences = { gradient: "finite-differences" } as const;
  assert.equal(weights({ ...differences, step: 1e-5 }), weights(differences));
  assert.ok(relativeError(weights({ ...differences, step: 1 }), weights()) > 0.05);
});

/** Two steps, then answers. */
async function trained(engine: Engine, measure: EstimateSettings) {
  const network = createNetwork(engine, { ...options, measure });
  await network.startThreads();
  for (let step = 0; step < 2; step++) {
    fill(network, 35, step, 100 * step);
    network.gradients(35, { dropout: { seed: 0, epoch: step } });
    network.update({ lr: 1e-2 });
  }
  const { images } = createImages(network, 35, 9);
  const outcome = { fingerprint: network.fingerprint(), logits: network.predict(images), images };
  network.close();
  return outcome;
}

measured("the bits are those of one thread, and answers do not depend on the size of batches", async () => {
  const two = await compileBuild("strict", 2);
  for (const measure of [
    { shots: 12, noise: "readout:0.02" },
    { noise: "amplitude-damping:0.1", simulation: "trajectories", trajectories: 4, gradient: "spsa" },
  ] as const) {
    const expected = await trained(one, measure);
    assert.equal(await trained(two, measure), expected);
    const other = createNetwork(one, { ...options, measure, batchSize: 7 });
    const same = createNetwork(one, { ...options, measure });
    assert.equal(other.predict(expected.images), same.predict(expected.images));
  }
});

measured("circuits side by side with a bypass are measured each by itself, and differ as the adjoint does", () => {
  const parts = [
    { wires: 2, layers: 1 },
    { wires: 3, layers: 1, embedding: "angle-y" },
  ] as const;
  const head = { kind: "quantum", circuits: parts, bypass: 1 } as unknown as NetworkOptions["head"];
  const run = (measure: EstimateSettings | undefined) => {
    const network = createNetwork(one, { ...options, head, measure });
    fill(network, 18, 1);
    const { loss } = network.gradients(18, { dropout: { seed: 0, epoch: 1 } });
    return { loss, grads: network.paramTensors("grads") };
  };
  const [adjoint, shifts, shots] = [undefined, { gradient: "parameter-shift" }, { shots: 30 }].map((measure) =>
    run(measure as EstimateSettings | undefined),
  );
  assert.ok(Math.abs(adjoint.loss - shifts.loss) < 1e-6);
  assert.is(adjoint.loss === shots.loss, false);
  for (const [name, { data }] of adjoint.grads) {
    if (!/^(quantum|fc)/.test(name)) continue;
    assert.ok(relativeError(shifts.grads.get(name)!.data, data) < 5e-4, name);
  }
  assert.throws(() => createNetwork(one, { ...options, head, measure: { noise: "bit-flip:0.1@CZ" } }), /acts nowhere/);
});

measured.run();
