/** Milliseconds of one call: the fastest and the median of those that fit into the time. */
export interface Timing {
  best: number;
  median: number;
}

/**
 * Calls `work` for `seconds`, after as much warming up as an engine needs to compile it with optimisation; each figure
 * is the mean over a window of calls that lasts long enough for the clock.
 */
export function time(work: () => void, seconds: number): Timing {
  const once = windowOf(work, 1);
  const calls = Math.max(1, Math.ceil(WINDOW / Math.max(once, 1e-4)));
  const warm = performance.now() + WARM_UP;
  while (performance.now() < warm) work();
  const windows: number[] = [];
  const end = performance.now() + 1000 * seconds;
  do windows.push(windowOf(work, calls));
  while (performance.now() < end);
  windows.sort((a, b) => a - b);
  return { best: windows[0], median: windows[windows.length >> 1] };
}

/** Milliseconds. */
const WINDOW = 4;
const WARM_UP = 300;

function windowOf(work: () => void, calls: number): number {
  const start = performance.now();
  for (let i = 0; i < calls; i++) work();
  return (performance.now() - start) / calls;
}
