import { HqcnnError } from "../check.ts";
import type { Ptr } from "./kernels.ts";
import type { Instance } from "./load.ts";

/** Blocks are aligned to a cache line by the arena. */
const ALIGNMENT = 64;

/**
 * Reserves the arena of `instance` once and allocates the named blocks in order; what was in the arena before is gone.
 * @param sizes bytes of each block
 * @throws HqcnnError when the memory cannot grow that far
 */
export function plan<Name extends string>(instance: Instance, sizes: Record<Name, number>): Record<Name, Ptr> {
  const { kernels } = instance;
  const names = Object.keys(sizes) as Name[];
  const total = names.reduce((sum, name) => sum + Math.ceil(sizes[name] / ALIGNMENT) * ALIGNMENT, 0);
  if (total > 0xffff0000 || !kernels.reserve(total)) {
    const mib = (total / 2 ** 20).toFixed(0);
    throw new HqcnnError(`The engine asked for ${mib} MiB and did not get it: use a smaller batch or fewer wires.`);
  }
  const blocks = {} as Record<Name, Ptr>;
  for (const name of names) {
    const block = kernels.alloc(sizes[name]);
    if (block === 0) {
      throw new HqcnnError(
        `Arena full: "${name}" asked for ${sizes[name]} bytes, ${kernels.available()} are available.`,
      );
    }
    blocks[name] = (block >>> 0) as Ptr;
  }
  return blocks;
}
