// Alone: measures time or memory.
// The guard of speed: products against what multiply-adds reach in the same process, so a slow or busy machine slows
// down both. Another processor has another ceiling, so what a share fails at is lower than the goal, which is printed.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { measureCeiling, measureLayers, measureProducts } from "../../../host/bench/kernels.ts";
import { loadEngine, openDataset } from "../../../host/index.ts";

// On Node 20 and 24 products reach 0.66 to 0.92 of the ceiling. A tile that spills its registers falls to 0.5 and less.
const PRODUCTS = { goal: 0.58, least: 0.4 };
// The whole pass of a layer, transforms included: 0.35 to 0.6 in the two layers that most of the time goes into.
const LAYERS = { goal: 0.3, least: 0.2 };
/** One disturbed measurement is no regression: the best of some counts. */
const ATTEMPTS = 6;

const guard = suite("bench/kernels, the guard of speed");
const engine = await loadEngine({ threads: 1 });

/** Judges the largest share of each kernel over some attempts, which stop once all have reached the goal. */
async function reach(
  { goal, least }: { goal: number; least: number },
  kernels: number,
  measure: () => Promise<{ kernel: string; share: number | null }[]>,
) {
  const best = new Map<string, number>();
  for (let i = 0; i < ATTEMPTS; i++) {
    for (const { kernel, share } of await measure()) {
      if (share !== null) best.set(kernel, Math.max(best.get(kernel) ?? 0, share));
    }
    if ([...best.values()].every((share) => share >= goal)) break;
  }
  assert.ok(best.size >= kernels);
  for (const [kernel, share] of best) {
    console.log(
      `${share < goal ? "limit: " : ""}${kernel}  ${(100 * share).toFixed(0)} % of the ceiling, goal ${Math.round(100 * goal)}`,
    );
    assert.ok(share >= least, `${kernel}: ${share}`);
  }
}

guard("every product of the thesis's layers reaches its part of the ceiling", async () => {
  await reach(PRODUCTS, 5, async () => measureProducts(engine, measureCeiling(engine, 0.2), 0.2));
});

guard("the 64-channel layers reach theirs, transforms and batch norm included", async () => {
  const data = await openDataset();
  await reach(LAYERS, 4, async () => {
    const layers = await measureLayers(engine, data, measureCeiling(engine, 0.2));
    return layers.filter(({ kernel }) => /^layer[45] /.test(kernel));
  });
});

guard.run();
