/** How a tensor of a layer lies in PyTorch's files against the engine's memory. */
export type Layout =
  /** The same order in both. */
  | { kind: "plain" }
  /** A 3×3 filter: (OC, C, 3, 3) in files, (3, 3, C, OC) in memory. */
  | { kind: "filter" }
  /** Weights behind a flattened image: columns run channel, row, column in files and row, column, channel in memory. */
  | { kind: "flattened"; channels: number; pixels: number };

/** paired: uniform, but that layers 1, 3 … of as many along the first index are copies of layers 0, 2 … */
export type Init =
  | { kind: "constant"; value: number }
  | { kind: "uniform"; low: number; high: number }
  | { kind: "normal"; mean: number; deviation: number }
  | { kind: "paired"; low: number; high: number; layers: number };

/** One tensor of the network: trained ("param") or running statistics ("buffer"). */
export interface TensorSpec {
  /** PyTorch's name, e.g. layer1.0.weight. */
  name: string;
  role: "param" | "buffer";
  /** PyTorch's shape. */
  shape: number[];
  layout: Layout;
  init: Init;
}

export const plain = { kind: "plain" } as const satisfies Layout;
export const constant = (value: number) => ({ kind: "constant", value }) as const satisfies Init;

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/**
 * Uniform in ±1/√fanIn: PyTorch's default for the weight and the bias of Conv2d and Linear (kaiming_uniform with a =
 * √5).
 */
export function fanInUniform(fanIn: number): Init {
  const bound = 1 / Math.sqrt(fanIn);
  return { kind: "uniform", low: -bound, high: bound };
}

/** Calls visit for every run of elements that lie side by side in the file and `stride` apart in memory. */
function eachRun(
  { layout, shape }: TensorSpec,
  visit: (file: number, memory: number, count: number, stride: number) => void,
): void {
  switch (layout.kind) {
    case "plain":
      visit(0, 0, sizeOf(shape), 1);
      return;
    case "filter": {
      const [OC, C] = shape;
      for (let o = 0; o < OC; o++) {
        for (let c = 0; c < C; c++) visit((o * C + c) * 9, c * OC + o, 9, C * OC);
      }
      return;
    }
    case "flattened": {
      const { channels, pixels } = layout;
      for (let o = 0; o < shape[0]; o++) {
        const row = o * channels * pixels;
        for (let c = 0; c < channels; c++) visit(row + c * pixels, row + c, pixels, channels);
      }
    }
  }
}

/** Engine memory → a new array in PyTorch's order. */
export function toFile(spec: TensorSpec, memory: Float32Array): Float32Array<ArrayBuffer> {
  const file = new Float32Array(memory.length);
  eachRun(spec, (f, m, count, stride) => {
    for (let i = 0; i < count; i++) file[f + i] = memory[m + i * stride];
  });
  return file;
}

/** An array in PyTorch's order → engine memory. */
export function toMemory(spec: TensorSpec, file: ArrayLike<number>, memory: Float32Array): void {
  eachRun(spec, (f, m, count, stride) => {
    for (let i = 0; i < count; i++) memory[m + i * stride] = file[f + i];
  });
}
