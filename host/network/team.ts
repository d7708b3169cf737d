import type { Engine, Instance } from "../engine/load.ts";
import { barrier, type Control, command, createControl, fail, type StartedThread } from "../engine/threads.ts";
import type { Architecture, LayerOptions } from "./build.ts";
import { encodePass, type Pass, runPass, threadsFor, type Worker } from "./pass.ts";
import type { ImageShape } from "./share.ts";
import { encodeCommand, type Room, type ThreadData } from "./thread.ts";

/** The engine's threads at work for one network: started once, then every pass runs on as many as it can feed. */
export class Team {
  readonly #engine: Engine;
  /** What the other threads build their layers from. */
  readonly #shared: Pick<ThreadData, "memory" | "architecture" | "options">;
  #started: { control: Control; threads: StartedThread[] } | null = null;
  #starting: Promise<void> | undefined;
  /**
   * What ended a pass of several threads. Others may still be writing into the memory, so no pass follows; the tensors
   * are intact.
   */
  #broken: Error | undefined;

  constructor(engine: Engine, memory: Instance["memory"], architecture: Architecture, options: LayerOptions) {
    this.#engine = engine;
    this.#shared = { memory, architecture, options };
  }

  /**
   * Starts the engine's other threads, as many as a batch of `batchSize` can feed. @throws HqcnnError when one does not
   * start
   */
  start(batchSize: number, image: ImageShape): Promise<void> {
    if (!this.#starting) {
      const current = () => this.#starting === starting;
      const starting = this.#start(batchSize, image, current).catch((error) => {
        if (current()) this.#starting = undefined; // another call tries again
        throw error;
      });
      this.#starting = starting;
    }
    return this.#starting;
  }

  /** Stops them: what follows runs on one thread. */
  close(): void {
    if (this.#started) fail(this.#started.control, "the network was closed");
    for (const thread of this.#started?.threads ?? []) thread.stop();
    this.#started = null;
    this.#starting = undefined;
  }

  /** @throws Error what ended a pass of several threads */
  check(): void {
    if (this.#broken) throw this.#broken;
  }

  /** Runs a pass on as many threads as there are and it can feed. Returns its loss. */
  run({ kernels, layers, placement }: Pick<Worker, "kernels" | "layers" | "placement">, pass: Pass, room: Room) {
    this.check();
    const started = this.#started;
    const active = started ? threadsFor(pass, layers[0].inShape, started.threads.length + 1) : 1;
    const control = started && active > 1 ? started.control : null;
    const wait = control ? () => barrier(control) : () => {};
    let loss = 0;
    const execute = () => {
      loss = runPass({ kernels, layers, placement, thread: 0, barrier: wait }, pass, active);
    };
    try {
      if (control) command(control, active, encodeCommand(placement.params, room, encodePass(pass)), execute);
      else execute();
    } catch (error) {
      if (control) this.#broken = error as Error;
      throw error;
    }
    return loss;
  }

  async #start(batchSize: number, image: ImageShape, current: () => boolean): Promise<void> {
    const { threads, startThread, module, wide } = this.#engine;
    if (!startThread) return;
    const control = createControl();
    const others: StartedThread[] = [];
    const fed = threadsFor({ kind: "train", N: batchSize }, image, threads);
    try {
      for (let thread = 1; thread < fed; thread++) {
        const data: ThreadData = { ...this.#shared, module, control: control.words.buffer, thread, threads, wide };
        others.push(startThread(data, (reason) => fail(control, `thread ${thread}: ${reason}`)));
      }
      await Promise.all(others.map(({ ready }) => ready));
    } catch (error) {
      for (const thread of others) thread.stop();
      throw error;
    }
    if (current()) this.#started = { control, threads: others };
    else for (const thread of others) thread.stop(); // closed meanwhile
  }
}
