import { alloc, available, mark, reserve, reset } from "../../assembly/memory";

// The arena lies where as-pect's own heap is. So the heap is copied away first, the arena is tried without touching an
// object (numbers go to globals), and the heap is put back before the first expectation. Memory that was never handed
// out counts as zero, so it is made so first.

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
let longer: usize = 0;
let staleLonger: u32 = 1;
let untouched: u32 = 0;
let staleAfterReserve: u32 = 1;
let beyondAfterReserve: u32 = 0;
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
  const heapBytes = ((<usize>memory.size()) << 16) - __heap_base;
  const copy = (<usize>memory.size()) << 16;
  memory.grow(<i32>((heapBytes + 0xffff) >>> 16));
  memory.copy(copy, __heap_base, heapBytes);

  reserved = reserve(SIZE);
  bytesAtStart = available();
  memory.fill(__heap_base, 0, SIZE + 64);
  first = alloc(1);
  markAfterOne = mark();
  second = alloc(64);
  third = alloc(65);
  leftAfterThree = available();
  notZero = sum(first, 1) | sum(second, 64) | sum(third, 65);
  beyond = alloc(available() + 1);
  leftAfterRefusal = available();
  // What was handed out is dirty, to the last byte of its cache line, and one byte behind it that no alloc may look at.
  memory.fill(first, 0xff, 4 * 64);
  store<u8>(third + 200, 0xff);
  reset(markAfterOne);
  again = alloc(64);
  stale = sum(again, 64);
  longer = alloc(200); // over the rest of what was handed out, and on
  staleLonger = sum(longer, 200);
  untouched = load<u8>(third + 200);
  store<u8>(third + 200, 0);
  reset(longer);
  rest = alloc(available());
  restAfterAll = available();
  refusedWhenFull = alloc(1);

  pagesBefore = memory.size();
  const most = ((<usize>(pagesBefore + 2)) << 16) - __heap_base - 64;
  grown = reserve(most);
  bytesGrown = available();
  pagesAfter = memory.size();
  tooMuch = reserve(0xffff0000);
  leftAfterSecondReserve = available();
  reserve(SIZE);
  memory.fill(first, 0xff, SIZE); // all of it was handed out before
  startAgain = alloc(8);
  staleAfterReserve = sum(startAgain, 8) | sum(alloc(SIZE / 2), SIZE / 2);
  beyondAfterReserve = load<u8>(first + SIZE - 1);

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
    expect<usize>(longer).toBe(third);
    expect<u32>(staleLonger).toBe(0);
  });

  it("does not touch what it does not hand out, or hands out for the first time", () => {
    expect<u32>(untouched).toBe(0xff);
    expect<u32>(beyondAfterReserve).toBe(0xff);
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

  it("is empty after another reserve, and zeroes what it hands out again", () => {
    expect<usize>(startAgain).toBe(first);
    expect<u32>(staleAfterReserve).toBe(0);
  });
});
