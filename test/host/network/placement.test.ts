import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Ptr } from "../../../host/engine/kernels.ts";
import { instantiate } from "../../../host/engine/load.ts";
import { layout } from "../../../host/engine/plan.ts";
import { type Architecture, buildLayers, type LayerOptions } from "../../../host/network/build.ts";
import type { ConvolutionKind } from "../../../host/network/layers/convolution.ts";
import type { Layer } from "../../../host/network/layers/layer.ts";
import { sizeOf } from "../../../host/network/parameters.ts";
import { blockLength, blockSizes, place, shortName } from "../../../host/network/placement.ts";
import { groupsOf } from "../../../host/network/share.ts";
import { THESIS_TRUNK as trunk } from "../../../host/network/trunk.ts";
import { compileBuild } from "../../util/builds.ts";

const test = suite("placement");
const engine = await compileBuild("strict");
const START = (7 << 20) as Ptr;

const thesis = {
  kind: "quantum",
  wires: 4,
  layers: 3,
  ansatz: "thesis",
  embedding: "angle-x",
  entangling: true,
} as const;
const ARCHITECTURES: Architecture[] = [
  { channels: 3, classes: 2, height: 28, width: 28, trunk, hidden: 16, head: thesis },
  { channels: 1, classes: 5, height: 17, width: 16, trunk, hidden: 7, head: { kind: "dense", wires: 3, width: 0 } },
  // more features into the circuit than any other layer behind the convolutions has
  {
    channels: 1,
    classes: 5,
    height: 17,
    width: 16,
    trunk,
    hidden: 7,
    head: { ...thesis, wires: 9, embedding: "amplitude" },
  },
];
const OPTIONS: LayerOptions = { convolution: "winograd", freeze: "none", dropout: 0.2 };
const KINDS: ConvolutionKind[] = ["winograd", "direct"];

/** Visits networks of every kind, for some sizes of batches and numbers of threads. */
function eachNetwork(visit: (layers: Layer[], N: number, threads: number, what: string) => void): void {
  for (const architecture of ARCHITECTURES) {
    for (const kind of KINDS) {
      const layers = buildLayers(instantiate(engine), architecture, { ...OPTIONS, convolution: kind });
      for (const N of [1, 50, 64, 300]) {
        for (const threads of [1, 3]) visit(layers, N, threads, `${architecture.head.kind} ${kind} ${N} ${threads}`);
      }
    }
  }
}

/** Asserts that [at, at + bytes) of no two blocks overlap. */
function separate(blocks: { name: string; at: number; bytes: number }[], what: string): void {
  const sorted = blocks.filter(({ bytes }) => bytes > 0).sort((a, b) => a.at - b.at);
  sorted.slice(1).forEach((block, i) => {
    const before = sorted[i];
    assert.ok(before.at + before.bytes <= block.at, `${what}: ${before.name} reaches into ${block.name}`);
  });
}

test("blocks do not overlap, and start at cache lines", () => {
  eachNetwork((layers, N, threads, what) => {
    const sizes = blockSizes(layers, N, threads);
    const at = layout(sizes, START);
    separate(
      Object.entries(sizes).map(([name, bytes]) => ({ name, at: at[name], bytes })),
      what,
    );
    for (const [name, pointer] of Object.entries(at)) assert.is(pointer % 64, 0, `${what}: ${name}`);
    // no two blocks share a name, or one of them would be missing
    const saved = layers.reduce((sum, layer) => sum + Object.keys(layer.saved(N, 1)).length, 0);
    assert.is(Object.keys(sizes).length, 8 + saved + 3 + layers.length + threads + 5, what);
  });
});

test("the same places in every thread: they depend on sizes alone", () => {
  eachNetwork((layers, N, threads, what) => {
    assert.equal(place(layers, N, threads, START), place(layers, N, threads, START), what);
  });
  for (const architecture of ARCHITECTURES) {
    const [one, other] = [1, 2].map(() => buildLayers(instantiate(engine), architecture, OPTIONS));
    assert.equal(place(one, 64, 4, START), place(other, 64, 4, START));
    // behind another start, everything lies as far from it
    const shift = (_: string, value: unknown) => (typeof value === "number" && value >= START ? value - START : value);
    const relative = (start: number) => JSON.parse(JSON.stringify(place(one, 64, 4, start as Ptr)), shift);
    assert.equal(JSON.stringify(relative(START)), JSON.stringify(place(one, 64, 4, 0 as Ptr)));
  }
});

test("tensors lie in their blocks and do not overlap; gradients lie as parameters do", () => {
  eachNetwork((layers, N, threads, what) => {
    const placement = place(layers, N, threads, START);
    for (const role of ["param", "buffer"] as const) {
      const tensors = layers.flatMap((layer, i) =>
        layer.tensors
          .filter((spec) => spec.role === role)
          .map((spec) => ({ short: shortName(layer, spec), spec, blocks: placement.layers[i] })),
      );
      const start = role === "param" ? placement.params : placement.buffers;
      const placed = tensors.map(({ short, spec, blocks }) => ({
        ...{ name: spec.name, at: blocks.params[short], bytes: 4 * sizeOf(spec.shape) },
      }));
      separate(placed, what);
      for (const { name, at, bytes } of placed) {
        const inside = at >= start && at + bytes <= start + 4 * blockLength(layers, role);
        assert.ok(inside, `${what}: ${name} lies outside its block`);
      }
      for (const { short, blocks } of tensors) {
        const gradient = blocks.grads[short];
        if (role === "buffer") assert.is(gradient, undefined);
        else assert.is(gradient - placement.grads, blocks.params[short] - placement.params);
      }
    }
  });
});

test("partial sums have room for every group of a batch, whole cache lines each", () => {
  eachNetwork((layers, N, threads, what) => {
    const sizes = blockSizes(layers, N, threads);
    place(layers, N, threads, START).layers.forEach(({ stride }, i) => {
      const { name, partialBytes } = layers[i];
      assert.ok(stride >= partialBytes && stride % 64 === 0, `${what}: ${name}`);
      for (let n = 1; n <= N; n++)
        assert.ok(groupsOf(n, layers[0].inShape).groups * stride <= sizes[`${name} partial`], `${what}: ${name}`);
    });
  });
});

test.run();
