import { type Engine, recompileApart } from "../engine/load.ts";
import type { EngineSource, Notebook } from "../platform/platform.ts";
import { checksum } from "./checksum.ts";
import { createNetwork } from "./network.ts";

/** Steps before any is timed: until V8 has optimised the kernels. */
const WARM_UP = 10;
/** Then both engines take turns of so many steps, so that a busy machine slows both; the fastest step counts. */
const TURN = 3;
/** So many turns until the gain is clear, and at most so many. */
const TURNS = { least: 2, most: 5 };
const CLEAR_GAIN = 1.2;
const BATCH = 16;
/** Less than this is no gain: the processor or the runtime has no wider vectors. */
const LEAST_GAIN = 1.1;

/**
 * V8's pass that joins pairs of 128-bit operations, and the major version that has it (Node 24); experimental, so
 * nothing is taken on trust.
 */
const FLAG = "experimental-wasm-revectorize";
const FIRST_MAJOR = 13;

type V8 = NonNullable<EngineSource["v8"]>;

/** What the self-check found for one module on one machine. */
export interface Verdict {
  /** Whether training ended in the same bits. */
  same: boolean;
  /** How many times the speed of training. */
  gain: number;
  /** When, in milliseconds since 1970. */
  at: number;
}

/** A gain may be missed on a busy machine: that there is none is believed for so many milliseconds, a day. */
const NO_GAIN_LASTS = 24 * 60 * 60 * 1000;

const isUseful = ({ same, gain }: Pick<Verdict, "same" | "gain">) => same && gain >= LEAST_GAIN;

/**
 * The engine with wide tiles, if a check shows that it is right and faster here: training from one seed must end in
 * the same bits. Otherwise the engine as it was, with a note. The flag stays set for the process, so code that V8
 * optimises later, of other engines too, is compiled under it.
 * @param notebook where a check that was passed is kept; without one, every call checks
 */
export async function widen(
  engine: Engine,
  bytes: Uint8Array<ArrayBuffer>,
  v8: V8 | undefined,
  notebook?: Notebook,
): Promise<Engine> {
  const without = (reason: string): Engine => ({ ...engine, note: `wide vectors are not used: ${reason}` });
  if (!canWiden(v8)) return without("they need Node 24 or later");
  let verdict = await recall(bytes, v8, notebook);
  // Only a check that was passed is taken as it is: a gain may have been missed on a busy machine.
  if (!verdict || !isUseful(verdict)) verdict = await check(engine, bytes, v8, notebook);
  if (isUseful(verdict)) {
    v8.setFlag(`--${FLAG}`);
    return { ...engine, module: await recompileApart(bytes, "wide"), wide: true };
  }
  if (!verdict.same) return without("the self-check did not end in the same bits");
  return without(`no gain here (${verdict.gain.toFixed(2)} times the speed: has the processor AVX2?)`);
}

/**
 * How many times faster the engine would train with wide tiles; undefined where they are no gain, or are used already.
 * Measured once: the flag is not set afterwards, and the engine's own code is not touched.
 */
export async function wideGain(
  engine: Engine,
  bytes: Uint8Array<ArrayBuffer>,
  v8: V8 | undefined,
  notebook?: Notebook,
): Promise<number | undefined> {
  if (engine.wide || !canWiden(v8)) return undefined;
  const verdict = (await recall(bytes, v8, notebook)) ?? (await check(engine, bytes, v8, notebook));
  return isUseful(verdict) ? verdict.gain : undefined;
}

function canWiden(v8: V8 | undefined): v8 is V8 {
  return v8 !== undefined && v8.major >= FIRST_MAJOR;
}

/** Trains with and without wide tiles, in the same process and in turns, and writes down what came out. */
async function check(
  engine: Engine,
  bytes: Uint8Array<ArrayBuffer>,
  v8: V8,
  notebook: Notebook | undefined,
): Promise<Verdict> {
  const narrow = startTrial({ ...engine, module: await recompileApart(bytes, "narrow") });
  narrow.take(WARM_UP);
  v8.setFlag(`--${FLAG}`);
  const wide = startTrial({ ...engine, module: await recompileApart(bytes, "wide trial"), wide: true });
  wide.take(WARM_UP);
  const gain = () => narrow.fastest() / wide.fastest();
  for (let turn = 0; turn < TURNS.most && !(turn >= TURNS.least && gain() >= CLEAR_GAIN); turn++) {
    narrow.take(TURN);
    wide.take(TURN);
  }
  v8.setFlag(`--no-${FLAG}`);
  const verdict = { same: narrow.fingerprint() === wide.fingerprint(), gain: gain(), at: Date.now() };
  const key = await keyOf(bytes, v8);
  if (key && notebook) await notebook.write(await nameOf(key), JSON.stringify({ key, ...verdict }));
  return verdict;
}

/** Training a little on made-up images, step by step. */
function startTrial(engine: Engine) {
  const head = { kind: "quantum", wires: 4, layers: 3 } as const;
  const network = createNetwork(engine, { channels: 3, classes: 2, head, batchSize: BATCH });
  const { images, labels } = network.batch(BATCH);
  for (let i = 0; i < images.length; i++) images[i] = (i * 7919) >> 5;
  for (let i = 0; i < BATCH; i++) labels[i] = i & 1;
  let fastest = Number.POSITIVE_INFINITY;
  return {
    take(steps: number): void {
      for (let step = 0; step < steps; step++) {
        const start = performance.now();
        network.gradients(BATCH);
        network.update({ lr: 1e-3 });
        fastest = Math.min(fastest, performance.now() - start);
      }
    },
    /** Milliseconds. */
    fastest: () => fastest,
    fingerprint: () => network.fingerprint(),
  };
}

/** What was written down about exactly this module, processor and runtime. */
async function recall(bytes: Uint8Array<ArrayBuffer>, v8: V8, notebook: Notebook | undefined): Promise<Verdict | null> {
  const key = await keyOf(bytes, v8);
  const text = key && notebook ? await notebook.read(await nameOf(key)) : null;
  const verdict = key && text !== null ? parseVerdict(text, key) : null;
  return verdict && (isUseful(verdict) || Date.now() - verdict.at < NO_GAIN_LASTS) ? verdict : null;
}

/** Null where the text is damaged, or about something else. */
export function parseVerdict(text: string, key: string): Verdict | null {
  try {
    const { key: of, same, gain, at } = JSON.parse(text) as Partial<Verdict> & { key?: unknown };
    const complete = typeof same === "boolean" && typeof gain === "number" && gain > 0 && typeof at === "number";
    if (of === key && complete) return { same, gain, at };
  } catch {}
  return null;
}

/** Names module, processor, runtime and the check itself; undefined where the runtime does not say what it is. */
async function keyOf(bytes: Uint8Array<ArrayBuffer>, { identity }: V8): Promise<string | undefined> {
  if (identity === undefined) return undefined;
  return JSON.stringify([FLAG, WARM_UP, TURN, TURNS, CLEAR_GAIN, BATCH, await checksum(bytes), identity]);
}

async function nameOf(key: string): Promise<string> {
  return `wide-${(await checksum(key)).slice(0, 16)}.json`;
}
