import { alloc, available, mark, reserve, reset } from "../../assembly/memory";

// The arena lies where as-pect's own heap is. So the heap is copied away first, the arena is tried without touching an object (numbers
// go to globals), and the heap is put back before the first expectation.

const SIZE: usize = 10000;

let reserved = false;
let tooMuch = true;
let bytesAtStart: usize = 0;
let first: usize = 0;
let second: usize = 0;
let third: usize = 0;
let leftAfterThree: usize = 0;
let notZero: u32 = 0;
let beyond: usize = 1;
let leftAfterRefusal: usize = 0;
let markAfterOne: usize = 0;
let again: usize = 0;
let stale: u32 = 1;
let rest: usize = 0;
let restAfterAll: usize = 1;
let refusedWhenFull: usize = 1;
let grown = false;
let bytesGrown: usize = 0;
let pagesBefore: i32 = 0;
let pagesAfter: i32 = 0;
let leftAfterSecondReserve: usize = 0;
let startAgain: usize = 0;

/** Or of all bytes of a block. */
function sum(block: usize, bytes: usize): u32 {
  let all: u32 = 0;
  for (let i: usize = 0; i < bytes; i++) all |= load<u8>(block + i);
  return all;
}

function exercise(): void {
  const heapBytes = (<usize>memory.size() << 16) - __heap_base;
  const copy = <usize>memory.size() << 16;
  memory.grow(<i32>((heapBytes + 0xffff) >>> 16));
  memory.copy(copy, __heap_base, heapBytes);

  reserved = reserve(SIZE);
  bytesAtStart = available();
  memory.fill(__heap_base + 64, 0xff, SIZE - 64); // what was there before must not be seen
  first = alloc(1);
  markAfterOne = mark();
  second = alloc(64);
  third = alloc(65);
  leftAfterThree = available();
  notZero = sum(first, 1) | sum(second, 64) | sum(third, 65);
  beyond = alloc(available() + 1);
  leftAfterRefusal = available();
  memory.fill(second, 0xff, 64);
  reset(markAfterOne);
  again = alloc(64);
  stale = sum(again, 64);
  rest = alloc(available());
  restAfterAll = available();
  refusedWhenFull = alloc(1);

  pagesBefore = memory.size();
  const most = (<usize>(pagesBefore + 2) << 16) - __heap_base - 64;
  grown = reserve(most);
  bytesGrown = available();
  pagesAfter = memory.size();
  tooMuch = reserve(0xffff0000);
  leftAfterSecondReserve = available();
  reserve(SIZE);
  startAgain = alloc(8);

  memory.copy(__heap_base, copy, heapBytes);
}

exercise();

describe("the arena", () => {
  it("offers exactly what was reserved", () => {
    expect(reserved).toBe(true);
    expect<usize>(bytesAtStart).toBe(SIZE);
  });

  it("hands out zeroed blocks, one behind the other, each on a cache line", () => {
    expect<usize>(first & 63).toBe(0);
    expect<usize>(second).toBe(first + 64);
    expect<usize>(third).toBe(second + 64);
    expect<usize>(leftAfterThree).toBe(SIZE - 4 * 64);
    expect<u32>(notZero).toBe(0);
  });

  it("answers 0 when bytes are lacking, and takes nothing", () => {
    expect<usize>(beyond).toBe(0);
    expect<usize>(leftAfterRefusal).toBe(leftAfterThree);
  });

  it("gives back on reset what came after the mark, and zeroes it again", () => {
    expect<usize>(markAfterOne).toBe(second);
    expect<usize>(again).toBe(second);
    expect<u32>(stale).toBe(0);
  });

  it("can be filled to the last byte", () => {
    expect<usize>(rest).toBe(third);
    expect<usize>(restAfterAll).toBe(0);
    expect<usize>(refusedWhenFull).toBe(0);
  });

  it("grows the memory where needed, and no further", () => {
    expect(grown).toBe(true);
    expect<i32>(pagesAfter).toBeGreaterThan(pagesBefore);
    expect<i32>(pagesAfter).toBeLessThanOrEqual(pagesBefore + 2);
  });

  it("refuses more than 4 GiB and stays as it is", () => {
    expect(tooMuch).toBe(false);
    expect<usize>(leftAfterSecondReserve).toBe(bytesGrown);
  });

  it("is empty after another reserve", () => {
    expect<usize>(startAgain).toBe(first);
  });
});
