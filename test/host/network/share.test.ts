import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Ptr } from "../../../host/engine/kernels.ts";
import {
  createShare,
  eachBlock,
  eachGroup,
  groupsOf,
  type ImageBlock,
  mostGroups,
  type Share,
} from "../../../host/network/share.ts";

const test = suite("shares");
const MOST_IMAGES = 600;
const MOST_THREADS = 16;

/** The shares of all threads. */
function shares(N: number, cut: { size: number; groups: number }, threads: number): Share[] {
  return Array.from({ length: threads }, (_, thread) =>
    createShare(N, cut, {
      thread,
      threads,
      ids: 0 as Ptr,
      draw: null,
      scratch: (1000 + thread) as Ptr,
      barrier: () => {},
    }),
  );
}

function blocksOf(share: Share, images: number): ImageBlock[] {
  const blocks: ImageBlock[] = [];
  eachBlock(share, images, (block) => blocks.push(block));
  return blocks;
}

const SMALL = [28, 28, 3];

test("a batch is cut into groups of 16 images or more, 4 of large ones, at most 16 groups, the last not empty", () => {
  for (const [side, least] of [
    [28, 16],
    [63, 16],
    [64, 8],
    [127, 8],
    [128, 4],
    [224, 4],
  ]) {
    for (let N = 1; N <= 5000; N++) {
      const { size, groups } = groupsOf(N, [side, side, 3]);
      assert.ok(size % least === 0 && groups >= 1 && groups <= 16, `${N}: ${groups} of ${size}`);
      assert.ok((groups - 1) * size < N && N <= groups * size, `${N}: ${groups} of ${size}`);
    }
  }
  assert.equal(groupsOf(1, SMALL), { size: 16, groups: 1 });
  assert.equal(groupsOf(64, SMALL), { size: 16, groups: 4 });
  assert.equal(groupsOf(50, SMALL), { size: 16, groups: 4 });
  assert.equal(groupsOf(256, SMALL), { size: 16, groups: 16 });
  assert.equal(groupsOf(257, SMALL), { size: 32, groups: 9 });
  assert.equal(groupsOf(16, [224, 224, 3]), { size: 4, groups: 4 });
  assert.equal(groupsOf(65, [224, 224, 3]), { size: 8, groups: 9 });
});

test("memory for the largest batch has room for the groups of every smaller one", () => {
  for (const image of [SMALL, [64, 64, 1], [224, 224, 3]]) {
    let most = 0;
    for (let N = 1; N <= 5000; N++) {
      most = Math.max(most, groupsOf(N, image).groups);
      assert.ok(mostGroups(N, image) >= most, `${N}: room for ${mostGroups(N, image)} groups, needed ${most}`);
    }
  }
});

test("every image belongs to one thread, whole groups to each, in order", () => {
  for (let N = 1; N <= MOST_IMAGES; N++) {
    const cut = groupsOf(N, SMALL);
    for (let threads = 1; threads <= MOST_THREADS; threads++) {
      let [group, image] = [0, 0];
      for (const share of shares(N, cut, threads)) {
        assert.ok(share.firstGroup === group && share.lastGroup >= group && share.first === image, `${N} ${threads}`);
        assert.is(share.last, Math.min(N, share.lastGroup * cut.size));
        [group, image] = [share.lastGroup, share.last];
      }
      assert.ok(group === cut.groups && image === N, `${N} images, ${threads} threads: ${image} in ${group} groups`);
    }
  }
});

test("shares differ by at most one group", () => {
  for (let groups = 1; groups <= 16; groups++) {
    for (let threads = 1; threads <= MOST_THREADS; threads++) {
      const sizes = shares(groups * 16, { size: 16, groups }, threads).map(
        (share) => share.lastGroup - share.firstGroup,
      );
      assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, `${groups} groups: ${sizes}`);
    }
  }
});

test("blocks cover a share in order and never reach over a group; the first of a group does not add", () => {
  for (const N of [1, 15, 16, 17, 50, 64, 255, 256, 257, 600]) {
    const cut = groupsOf(N, SMALL);
    for (const threads of [1, 2, 3, 8]) {
      for (const images of [1, 3, 4, 16, 100]) {
        let at = 0;
        for (const share of shares(N, cut, threads)) {
          for (const { n, count, group, add } of blocksOf(share, images)) {
            assert.ok(n === at && count >= 1 && count <= images);
            assert.is(Math.floor(n / cut.size), group);
            assert.is(Math.floor((n + count - 1) / cut.size), group);
            assert.is(add, n % cut.size !== 0);
            at = n + count;
          }
        }
        assert.is(at, N);
      }
    }
  }
});

test("how a group is cut into blocks does not depend on the threads", () => {
  for (const N of [50, 64, 300]) {
    const blocks = (threads: number) => shares(N, groupsOf(N, SMALL), threads).flatMap((share) => blocksOf(share, 6));
    for (let threads = 2; threads <= MOST_THREADS; threads++) assert.equal(blocks(threads), blocks(1));
  }
});

test("eachGroup visits whole groups", () => {
  const [share] = shares(50, groupsOf(50, SMALL), 1);
  const groups: ImageBlock[] = [];
  eachGroup(share, (group) => groups.push(group));
  assert.equal(
    groups.map(({ n, count, group, add }) => [n, count, group, add]),
    [
      [0, 16, 0, false],
      [16, 16, 1, false],
      [32, 16, 2, false],
      [48, 2, 3, false],
    ],
  );
});

test("slices cover other work once, in fours", () => {
  for (let threads = 1; threads <= MOST_THREADS; threads++) {
    for (let length = 4; length <= 128; length += 4) {
      let at = 0;
      for (const { slice } of shares(64, groupsOf(64, SMALL), threads)) {
        const [first, last] = slice(length);
        assert.ok(first === at && last >= first && first % 4 === 0 && last % 4 === 0, `${threads} ${length}`);
        at = last;
      }
      assert.is(at, length);
    }
  }
});

test.run();
