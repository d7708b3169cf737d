// The arena: one block of linear memory, reserved once, handed out from the bottom up. Every other file gets pointers
// as arguments.

const ALIGNMENT: usize = 64; // a cache line

let start: usize = 0;
let top: usize = 0;
let end: usize = 0;
/** Nothing from here on was ever handed out: fresh memory is zero, and clearing it would only bring its pages in. */
let fresh: usize = 0;

/** Makes room for bytes and empties the arena. Returns false when the memory cannot grow that far. */
export function reserve(bytes: usize): bool {
  start = (__heap_base + (ALIGNMENT - 1)) & ~(ALIGNMENT - 1);
  if (bytes > <usize>0xffff0000 - start) return false;
  const pages = <i32>((start + bytes + 0xffff) >>> 16);
  if (pages > memory.size() && memory.grow(pages - memory.size()) < 0) return false;
  top = start;
  end = start + bytes;
  return true;
}

/** A zeroed block, aligned to 64 bytes; 0 when fewer than bytes are available. */
export function alloc(bytes: usize): usize {
  if (bytes > end - top) return 0;
  const block = top;
  const size = (bytes + (ALIGNMENT - 1)) & ~(ALIGNMENT - 1);
  top = min(block + size, end);
  if (block < fresh) memory.fill(block, 0, min(bytes, fresh - block));
  fresh = max(fresh, top);
  return block;
}

/** Bytes that alloc can still hand out. */
export function available(): usize {
  return end - top;
}

/** The present fill of the arena, for reset. */
export function mark(): usize {
  return top;
}

/** Gives back every block allocated since mark returned `to`. */
export function reset(to: usize): void {
  assert(to >= start && to <= top, "reset: not a mark of this arena");
  top = to;
}
