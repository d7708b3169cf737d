// Alone: measures time or memory.
// The guard of speed: products against what multiply-adds reach in the same process, so a slow or busy machine slows
// down both.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { measureCeiling, measureLayers, measureProducts } from "../../../host/bench/kernels.ts";
import { loadEngine, openDataset } from "../../../host/index.ts";

// On Node 20 and 24 products reach 0.66 to 0.92 of the ceiling. A tile that spills its registers falls to 0.5 and less.
const LEAST_SHARE = 0.58;
// The whole pass of a layer, transforms included: 0.35 to 0.6 in the two layers that most of the time goes into.
const LEAST_LAYER_SHARE = 0.3;
/** One disturbed measurement is no regression: the best of some counts. */
const ATTEMPTS = 4;

const guard = suite("bench/kernels, the guard of speed");
const engine = await loadEngine({ threads: 1 });

/** The largest share of each kernel over some attempts; stops once all are at least `low`. */
async function bestShares(low: number, measure: () => Promise<{ kernel: string; share: number | null }[]>) {
  const best = new Map<string, number>();
  for (let i = 0; i < ATTEMPTS; i++) {
    for (const { kernel, share } of await measure()) {
      if (share !== null) best.set(kernel, Math.max(best.get(kernel) ?? 0, share));
    }
    if ([...best.values()].every((share) => share >= low)) break;
  }
  return [...best];
}

guard("every product of the thesis's layers reaches its part of the ceiling", async () => {
  const shares = await bestShares(LEAST_SHARE, async () => measureProducts(engine, measureCeiling(engine, 0.2), 0.2));
  assert.ok(shares.length >= 5);
  for (const [kernel, share] of shares) {
    console.log(`${kernel}  ${(100 * share).toFixed(0)} % of the ceiling`);
    assert.ok(share >= LEAST_SHARE, `${kernel}: ${share}`);
  }
});

guard("the 64-channel layers reach theirs, transforms and batch norm included", async () => {
  const data = await openDataset();
  const shares = await bestShares(LEAST_LAYER_SHARE, async () => {
    const layers = await measureLayers(engine, data, measureCeiling(engine, 0.2));
    return layers.filter(({ kernel }) => /^layer[45] /.test(kernel));
  });
  assert.is(shares.length, 4);
  for (const [kernel, share] of shares) {
    console.log(`${kernel}  ${(100 * share).toFixed(0)} % of the ceiling`);
    assert.ok(share >= LEAST_LAYER_SHARE, `${kernel}: ${share}`);
  }
});

guard.run();
