import { type Engine, recompileWide } from "../engine/load.ts";
import { createNetwork } from "./network.ts";

const STEPS = 30;
const BATCH = 16;
/** Less than this is no gain: the processor or the runtime has no wider vectors. */
const LEAST_GAIN = 1.1;

/**
 * V8's pass that joins pairs of 128-bit operations, and the major version that has it (Node 24); experimental, so
 * nothing is taken on trust.
 */
const FLAG = "experimental-wasm-revectorize";
const FIRST_MAJOR = 13;

/**
 * The engine with wide tiles, if a check shows that it is right and faster here: thirty steps from one seed must end in
 * the same bits. Otherwise the engine as it was, with a note. The flag stays set for the process, so code that V8
 * optimises later, of other engines too, is compiled under it.
 */
export async function widen(
  engine: Engine,
  bytes: Uint8Array<ArrayBuffer>,
  v8: { major: number; setFlag(flag: string): void } | undefined,
): Promise<Engine> {
  const without = (reason: string): Engine => ({ ...engine, note: `wide vectors are not used: ${reason}` });
  if (!v8 || v8.major < FIRST_MAJOR) return without("they need Node 24 or later");
  const narrow = tryOut(engine);
  v8.setFlag(`--${FLAG}`);
  const candidate = await recompileWide(engine, bytes);
  const wide = tryOut(candidate);
  const gain = narrow.milliseconds / wide.milliseconds;
  if (wide.fingerprint === narrow.fingerprint && gain >= LEAST_GAIN) return candidate;
  v8.setFlag(`--no-${FLAG}`);
  if (wide.fingerprint !== narrow.fingerprint) return without("the self-check did not end in the same bits");
  return without(`no gain here (${gain.toFixed(2)} times the speed: has the processor AVX2?)`);
}

/** Trains a little on made-up images: where it ends, and milliseconds of the fastest step. */
function tryOut(engine: Engine): { fingerprint: string; milliseconds: number } {
  const head = { kind: "quantum", wires: 4, layers: 3 } as const;
  const network = createNetwork(engine, { channels: 3, classes: 2, head, batchSize: BATCH });
  const { images, labels } = network.batch(BATCH);
  for (let i = 0; i < images.length; i++) images[i] = (i * 7919) >> 5;
  for (let i = 0; i < BATCH; i++) labels[i] = i & 1;
  let milliseconds = Number.POSITIVE_INFINITY;
  for (let step = 0; step < STEPS; step++) {
    const start = performance.now();
    network.gradients(BATCH);
    network.update({ lr: 1e-3 });
    milliseconds = Math.min(milliseconds, performance.now() - start);
  }
  return { fingerprint: network.fingerprint(), milliseconds };
}
