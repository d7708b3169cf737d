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

/** Whether all numbers are finite: three searches by the runtime are many times faster than a loop over a model. */
export function allFinite(values: Float32Array | Float64Array): boolean {
  return !(values.includes(Number.NaN) || values.includes(Infinity) || values.includes(-Infinity));
}

/**
 * Uniform in ±1/√fanIn: PyTorch's default for the weight and the bias of Conv2d and Linear (kaiming_uniform with a =
 * √5).
 */
export function fanInUniform(fanIn: number): Init {
  const bound = 1 / Math.sqrt(fanIn);
  return { kind: "uniform", low: -bound, high: bound };
}

type Three = readonly [number, number, number];

/** A tensor in three dimensions, and how far apart its neighbours along each are in the file and in memory. */
function placesOf({ layout, shape }: TensorSpec): { sizes: Three; file: Three; memory: Three } {
  const places = (sizes: Three, memory: Three) => ({
    sizes,
    file: [sizes[1] * sizes[2], sizes[2], 1] as const,
    memory,
  });
  switch (layout.kind) {
    case "plain":
      return places([1, 1, sizeOf(shape)], [0, 0, 1]);
    case "filter": {
      const [OC, C] = shape;
      return places([OC, C, 9], [1, OC, C * OC]);
    }
    case "flattened": {
      const { channels, pixels } = layout;
      return places([shape[0], channels, pixels], [channels * pixels, 1, channels]);
    }
  }
}

/** Copies a tensor between two orders: strides of each, in elements. */
function copy([O, C, P]: Three, from: ArrayLike<number>, by: Three, to: Float32Array, toBy: Three): void {
  for (let o = 0; o < O; o++) {
    for (let c = 0; c < C; c++) {
      let f = o * by[0] + c * by[1];
      let t = o * toBy[0] + c * toBy[1];
      for (let p = 0; p < P; p++, f += by[2], t += toBy[2]) to[t] = from[f];
    }
  }
}

/** Engine memory → a new array in PyTorch's order. */
export function toFile(spec: TensorSpec, memory: Float32Array): Float32Array<ArrayBuffer> {
  const file = new Float32Array(memory.length);
  const places = placesOf(spec);
  copy(places.sizes, memory, places.memory, file, places.file);
  return file;
}

/** An array in PyTorch's order → engine memory. */
export function toMemory(spec: TensorSpec, file: ArrayLike<number>, memory: Float32Array): void {
  if (spec.layout.kind === "plain") {
    memory.set(file);
    return;
  }
  const places = placesOf(spec);
  copy(places.sizes, file, places.file, memory, places.memory);
}
