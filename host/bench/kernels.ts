import { HqcnnError } from "../check.ts";
import { encodeTape } from "../circuit/tape.ts";
import { createTemplate } from "../circuit/templates.ts";
import type { Dataset } from "../datasets/types.ts";
import type { Ptr } from "../engine/kernels.ts";
import { type Engine, type Instance, instantiate } from "../engine/load.ts";
import { f32, NONE, u8 } from "../engine/memory.ts";
import { plan } from "../engine/plan.ts";
import { thesisNetwork, timeLayers } from "./measure.ts";
import { time } from "./timing.ts";

/** One kernel, or one pass of one layer over a batch of 64. */
export interface KernelFigures {
  kernel: string;
  ms: number;
  /** Of its matrix products; null where there are none. */
  gflops: number | null;
  /** Of what multiply-adds in registers reach in the same process. */
  share: number | null;
}

/** GFLOP/s of multiply-adds in registers: the ceiling that products are measured against. */
export function measureCeiling(engine: Engine, seconds: number): number {
  const instance = instantiate(engine);
  const { out } = plan(instance, { out: 16 });
  let flops = 0;
  const { best } = time(() => {
    flops = instance.kernels.ceiling(out, 20_000);
  }, seconds);
  return flops / best / 1e6;
}

/**
 * The products of the thesis's layers: rows of tiles × channels in → channels out; "transposed" is the weight
 * gradient's.
 */
const PRODUCTS = [
  { name: "gemm 64×64×64", M: 64, K: 64, N: 64, transposed: false, planes: 36 },
  { name: "gemm 64×64×64 transposed", M: 64, K: 64, N: 64, transposed: true, planes: 36 },
  { name: "gemm 64×16×64", M: 64, K: 16, N: 64, transposed: false, planes: 49 },
  { name: "gemm 64×16×16", M: 64, K: 16, N: 16, transposed: false, planes: 64 },
  { name: "gemm 16×64×16 transposed", M: 16, K: 64, N: 16, transposed: true, planes: 64 },
] as const;

/**
 * gemm on its own, over as many planes as the layer has, so that caches are as full as there. Checked against plain
 * sums first.
 */
export function measureProducts(engine: Engine, ceiling: number, seconds: number): KernelFigures[] {
  const instance = instantiate(engine);
  return PRODUCTS.map(({ name, M, K, N, transposed, planes }) => {
    const at = plan(instance, { a: 4 * planes * M * K, b: 4 * planes * K * N, out: 4 * planes * M * N });
    const [a, b] = [f32(instance, at.a, planes * M * K), f32(instance, at.b, planes * K * N)];
    for (let i = 0; i < a.length; i++) a[i] = ((i * 37) % 101) / 50 - 1;
    for (let i = 0; i < b.length; i++) b[i] = ((i * 53) % 103) / 51 - 1;
    const [row, depth] = transposed ? [1, M] : [K, 1];
    const run = () => {
      for (let p = 0; p < planes; p++) {
        const plane = [at.out + 4 * p * M * N, at.a + 4 * p * M * K, at.b + 4 * p * K * N] as [never, never, never];
        instance.kernels.gemm(...plane, NONE, M, N, K, row, depth, N, N, 0, 1, 0);
      }
    };
    run();
    checkProduct(name, a, b, f32(instance, at.out, M * N), { M, K, N, row, depth });
    const { best } = time(run, seconds);
    const gflops = (2 * planes * M * K * N) / best / 1e6;
    return { kernel: name, ms: best, gflops, share: gflops / ceiling };
  });
}

function checkProduct(
  name: string,
  a: Float32Array,
  b: Float32Array,
  out: Float32Array,
  { M, K, N, row, depth }: { M: number; K: number; N: number; row: number; depth: number },
): void {
  for (let i = 0; i < M; i++) {
    for (let j = 0; j < N; j++) {
      let sum = 0;
      for (let k = 0; k < K; k++) sum += a[i * row + k * depth] * b[k * N + j];
      const difference = Math.abs(sum - out[i * N + j]);
      if (!(difference < 1e-4)) throw new HqcnnError(`${name} is wrong: element (${i}, ${j}) is off by ${difference}`);
    }
  }
}

/**
 * Every layer's forward and backward pass in training on batches of 64; GFLOP/s count its matrix products alone, the
 * time everything.
 */
export async function measureLayers(engine: Engine, data: Dataset, ceiling: number): Promise<KernelFigures[]> {
  const N = 64;
  const train = await data.split("train");
  const network = thesisNetwork(engine, data, N);
  const { images, labels } = network.batch(N);
  images.set(train.images.subarray(0, images.length));
  labels.set(train.labels.subarray(0, N));
  const step = () => {
    network.gradients(N);
    network.update({ lr: 1e-3 });
  };
  for (let i = 0; i < 20; i++) step();
  const times = timeLayers(network, step);
  return network.layers.flatMap(({ name, products }, i) =>
    (["forward", "backward"] as const).map((pass) => {
      const ms = times.get(`${name} ${pass}`)!;
      // Backward makes two products of the same size, the gradients by weight and by input; the first layer needs only
      // one.
      const count = pass === "backward" && i > 0 ? 2 : 1;
      const gflops = products === undefined ? null : (2 * count * N * products) / ms / 1e6;
      return { kernel: `${name} ${pass}`, ms, gflops, share: gflops === null ? null : gflops / ceiling };
    }),
  );
}

/** Microseconds an image of the circuit of the thesis, forward and backward, by wires. */
export function measureWires(
  engine: Engine,
  seconds: number,
): { wires: number; forward_us: number; backward_us: number }[] {
  const instance = instantiate(engine);
  return [2, 4, 6, 8, 10, 12].map((wires) => {
    const N = wires > 8 ? 8 : 64;
    const { run, step } = circuitRuns(instance, wires, N);
    const perImage = (work: () => void) => (1000 * time(work, seconds).best) / N;
    const forward_us = perImage(run);
    return { wires, forward_us, backward_us: perImage(step) - forward_us };
  });
}

function circuitRuns({ kernels, memory }: Instance, wires: number, N: number): { run: () => void; step: () => void } {
  const instance = { kernels, memory };
  const { circuit } = createTemplate({ wires, layers: 3, ansatz: "thesis", embedding: "angle-x" });
  const { numInputs, numWeights, numWires } = circuit;
  const tape = encodeTape(circuit);
  const at = plan(instance, {
    ...{ x: 4 * N * numInputs, dx: 4 * N * numInputs, weights: 4 * numWeights, dweights: 4 * numWeights },
    ...{ out: 4 * N * numWires, dout: 4 * N * numWires, tape: tape.bytes.length },
    kets: kernels.quantumKetsBytes(numWires, N),
    scratch: kernels.quantumScratchBytes(numWires, numWeights, tape.numOps, tape.numValues),
  });
  u8(instance, at.tape, tape.bytes.length).set(tape.bytes);
  for (const [block, n] of [
    [at.x, N * numInputs],
    [at.weights, numWeights],
    [at.dout, N * numWires],
  ] as const) {
    f32(instance, block, n).forEach((_, i, values) => {
      values[i] = (i % 13) / 4 - 1;
    });
  }
  const forward = (kets: Ptr) => kernels.quantumForward(at.out, kets, at.x, at.weights, at.tape, at.scratch, N);
  return {
    run: () => forward(NONE),
    // The states that backward goes back from are those of a forward pass.
    step: () => {
      forward(at.kets);
      kernels.quantumBackward(at.dx, at.dweights, at.dout, at.x, at.weights, at.kets, at.tape, at.scratch, N);
    },
  };
}
