import { KernelError } from "../check.ts";

/** What a platform starts a thread with: any data that can be cloned, and what to do if the thread ends or fails. */
export type ThreadStarter = (data: unknown, onEnd: (reason: string) => void) => StartedThread;

export interface StartedThread {
  /** Once the thread has taken its place. Rejects when it ends before. */
  readonly ready: Promise<void>;
  stop(): void;
}

// The control block, words of i32: everything threads say to each other is here, the numbers of a command behind it,
// then the text of an error.
// Counts commands, times 256, plus how many threads take part: one word, so that nobody sees half of it. Threads sleep
// on it.
const GENERATION = 0;
const ACTIVE = 1; // how many threads take part, for the barrier
const ARRIVED = 2; // how many have reached the barrier
const PHASE = 3; // counts barriers; threads wait on it
const FAILED = 4; // 1 once a thread has failed: nobody waits any more
const MESSAGE_LENGTH = 5;
const WORDS = 16;
/** Numbers (f64) that a command may carry. */
const COMMAND_LENGTH = 32;
const MESSAGE_BYTES = 1024;

/**
 * Milliseconds of looking before a thread sleeps: longer than a fair share of a phase is late, shorter than anyone
 * notices. Waking up takes 0.05.
 */
const SPIN = 0.2;
/**
 * Seconds after which a thread that has not reached the barrier is taken for dead: shares are equal to a few per cent,
 * and phases take milliseconds.
 */
const LOST_AFTER = 20;

/** What threads share beside the engine's memory. */
export interface Control {
  /** Seconds: see LOST_AFTER. */
  readonly lostAfter: number;
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly command: Float64Array<SharedArrayBuffer>;
  readonly message: Uint8Array<SharedArrayBuffer>;
}

export function createControl(buffer?: SharedArrayBuffer, lostAfter = LOST_AFTER): Control {
  const shared = buffer ?? new SharedArrayBuffer(4 * WORDS + 8 * COMMAND_LENGTH + MESSAGE_BYTES);
  return {
    lostAfter,
    words: new Int32Array(shared, 0, WORDS),
    command: new Float64Array(shared, 4 * WORDS, COMMAND_LENGTH),
    message: new Uint8Array(shared, 4 * WORDS + 8 * COMMAND_LENGTH, MESSAGE_BYTES),
  };
}

/**
 * Waits until all threads of the command are here. Where sleeping is not allowed (the main thread of a page) it keeps
 * looking.
 */
export function barrier(control: Control): void {
  const { words } = control;
  const phase = Atomics.load(words, PHASE);
  // Before arriving: afterwards the others may be through, and the next command's number of threads be there already.
  const active = Atomics.load(words, ACTIVE);
  if (Atomics.add(words, ARRIVED, 1) + 1 === active) {
    Atomics.store(words, ARRIVED, 0);
    Atomics.add(words, PHASE, 1);
    Atomics.notify(words, PHASE);
    return;
  }
  awaitChange(control, PHASE, phase, true);
  if (Atomics.load(words, FAILED)) throw new KernelError(failure(control));
}

/** Returns when the word is no longer `old`, or when a thread has failed. */
function awaitChange(control: Control, word: number, old: number, bounded: boolean): void {
  const { words, lostAfter } = control;
  const started = performance.now();
  const changed = () => Atomics.load(words, word) !== old || Atomics.load(words, FAILED) !== 0;
  // Where waiting has an end, it is counted in sleeps of a twentieth: the time for which the whole process was stopped
  // (Ctrl-Z) is one of them.
  const slice = 50 * lostAfter;
  let waited = 0;
  let looking = true;
  while (!changed()) {
    if (looking) {
      for (let i = 0; i < 100; i++) if (changed()) return;
      looking = performance.now() - started < SPIN;
      continue;
    }
    const before = performance.now();
    sleep(words, word, old, bounded ? slice : Number.POSITIVE_INFINITY);
    waited += Math.min(performance.now() - before, slice);
    if (bounded && !changed() && waited > 1000 * lostAfter) {
      fail(control, `a thread has not answered for ${lostAfter} seconds: it is gone`);
    }
  }
}

function sleep(words: Int32Array<SharedArrayBuffer>, word: number, old: number, milliseconds: number): void {
  try {
    Atomics.wait(words, word, old, milliseconds);
  } catch {
    // a page's main thread may not sleep: it keeps looking
  }
}

/** Ends every wait; the first text counts. */
export function fail({ words, message }: Control, text: string): void {
  if (Atomics.load(words, FAILED) === 0) {
    const bytes = new TextEncoder().encode(text).subarray(0, message.length);
    message.set(bytes);
    Atomics.store(words, MESSAGE_LENGTH, bytes.length);
    Atomics.store(words, FAILED, 1);
  }
  Atomics.notify(words, PHASE);
  Atomics.notify(words, GENERATION);
}

function failure({ words, message }: Control): string {
  return new TextDecoder().decode(message.slice(0, Atomics.load(words, MESSAGE_LENGTH)));
}

/**
 * Runs one command on the first `active` threads: this one calls `execute`, the others what they serve. Returns when
 * all are done.
 * @throws KernelError with the text of the thread that failed; no command runs after that
 */
export function command(control: Control, active: number, numbers: readonly number[], execute: () => void): void {
  const { words } = control;
  if (Atomics.load(words, FAILED)) throw new KernelError(failure(control));
  control.command.set(numbers);
  Atomics.store(words, ACTIVE, active);
  Atomics.store(words, GENERATION, ((Atomics.load(words, GENERATION) >> 8) + 1) * 256 + active);
  Atomics.notify(words, GENERATION);
  try {
    execute();
  } catch (error) {
    fail(control, describeError(error));
    throw error;
  }
  barrier(control);
}

/**
 * A thread's life: executes its part of every command that it takes part in, until one fails. @param index of this
 * thread, at least 1
 */
export function serve(control: Control, index: number, execute: (numbers: Float64Array, active: number) => void): void {
  const { words } = control;
  let seen = 0;
  for (;;) {
    awaitChange(control, GENERATION, seen, false);
    if (Atomics.load(words, FAILED)) return;
    seen = Atomics.load(words, GENERATION);
    const active = seen & 255;
    if (index >= active) continue;
    try {
      execute(control.command, active);
      barrier(control);
    } catch (error) {
      fail(control, `thread ${index}: ${describeError(error)}`);
      return;
    }
  }
}

function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
