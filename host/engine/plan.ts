import { HqcnnError } from "../check.ts";
import type { Ptr } from "./kernels.ts";
import type { Instance } from "./load.ts";
import { offset } from "./memory.ts";

/** Blocks are aligned to a cache line. */
const ALIGNMENT = 64;

export const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/**
 * Where the named blocks lie when they follow each other in order from `start`: a function of the sizes alone, so every
 * thread finds the same places.
 * @param sizes bytes of each block
 */
export function layout<Name extends string>(sizes: Record<Name, number>, start: Ptr): Record<Name, Ptr> {
  const blocks = {} as Record<Name, Ptr>;
  let at = start;
  for (const name of Object.keys(sizes) as Name[]) {
    blocks[name] = at;
    at = offset(at, aligned(sizes[name]));
  }
  return blocks;
}

/**
 * Reserves the arena of `instance` once for the named blocks, zeroed; what was in the arena before is gone.
 * @param sizes bytes of each block
 * @returns address of the first block, for `layout`
 * @param advice what would do, for the message
 * @throws HqcnnError when the memory cannot grow that far; what was in the arena is still there then
 */
export function reserveBlocks(
  instance: Instance,
  sizes: Record<string, number>,
  advice = () => "use a smaller batch, fewer wires, or one thread, which may take twice as much",
): Ptr {
  const { kernels } = instance;
  const total = Object.values(sizes).reduce((sum, bytes) => sum + aligned(bytes), 0);
  const block = total > 0xffff0000 || !kernels.reserve(total) ? 0 : kernels.alloc(total);
  if (block === 0) {
    const mib = (total / 2 ** 20).toFixed(0);
    throw new HqcnnError(`The engine asked for ${mib} MiB and did not get it: ${advice()}.`);
  }
  return offset(block as Ptr, 0);
}

/** Both at once. */
export function plan<Name extends string>(instance: Instance, sizes: Record<Name, number>): Record<Name, Ptr> {
  return layout(sizes, reserveBlocks(instance, sizes));
}
