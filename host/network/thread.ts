import type { Ptr } from "../engine/kernels.ts";
import { type Engine, type Instance, instantiate } from "../engine/load.ts";
import { barrier, createControl, serve } from "../engine/threads.ts";
import { type Architecture, buildLayers, type LayerOptions } from "./build.ts";
import { decodePass, runPass } from "./pass.ts";
import { type Placement, place } from "./placement.ts";

/** What a thread is told when it starts. */
export interface ThreadData {
  module: Engine["module"];
  memory: Instance["memory"];
  control: SharedArrayBuffer;
  thread: number;
  threads: number;
  wide: boolean;
  architecture: Architecture;
  options: LayerOptions;
}

/** What a placement follows from, beside the layers: room for so many images at once, of a batch of so many. */
export interface Room {
  room: number;
  batch: number;
}

/** One command of a network: where its blocks start, their sizes, then the pass. */
export function encodeCommand(start: Ptr, { room, batch }: Room, pass: readonly number[]): number[] {
  return [start, room, batch, ...pass];
}

/**
 * A thread's life beside the network's own: the same layers on the same memory, its share of every pass. Returns when
 * the network fails.
 */
export function runThread(data: ThreadData, ready: () => void): void {
  const { module, memory, thread, threads, wide, architecture, options } = data;
  const instance = instantiate({ module, threads, wide }, memory);
  const layers = buildLayers(instance, architecture, options);
  const control = createControl(data.control);
  let placed: { start: number; room: number; batch: number; placement: Placement } | undefined;
  ready();
  serve(control, thread, (numbers, active) => {
    const [start, room, batch, ...pass] = numbers;
    if (placed?.start !== start || placed.room !== room || placed.batch !== batch) {
      placed = { start, room, batch, placement: place(layers, room, threads, start as Ptr, batch) };
    }
    const worker = {
      kernels: instance.kernels,
      layers,
      placement: placed.placement,
      thread,
      barrier: () => barrier(control),
    };
    runPass(worker, decodePass(pass), active);
  });
}
