import { isRecord, UsageError } from "../check.ts";
import type { Instance } from "../engine/load.ts";
import { convBlock } from "./layers/convBlock.ts";
import type { ConvolutionKind } from "./layers/convolution.ts";
import type { Layer, Shape } from "./layers/layer.ts";
import { averagePool, maxPool } from "./layers/pools.ts";
import { residual } from "./layers/residual.ts";
import { MAX_BLOCKS, MAX_CHANNELS, SIDE } from "./limits.ts";

/** One block of a trunk, the list of what stands between the image and FC1. */
export type Block =
  /**
   * Conv2d 3×3 with so many channels and `pad` zeros around the image, BatchNorm2d, ReLU, and where asked MaxPool2d.
   */
  | { type: "conv"; channels: number; pad: 0 | 1; pool: boolean }
  /** Two 3×3 convolutions whose result is added to what the block is given; as many channels as that has. */
  | { type: "residual" }
  /** MaxPool2d 2×2; odd rows and columns are left out. */
  | { type: "maxPool" }
  /** The mean over the image, so that FC1 does not grow with it; only as the last block. */
  | { type: "averagePool" };

/** What a block is given, and what comes out of it. */
interface BlockEntry<B extends Block> {
  /** The block of a list item with every default filled in. @throws UsageError, to stand behind the item's place */
  parse(item: Record<string, unknown>): B;
  /** Fields beside type. */
  fields: readonly string[];
  build(instance: Instance, block: B, inShape: Shape, name: string, kind: ConvolutionKind): Layer;
  /** Of its layer; the number of the block is put behind. */
  name: string;
  /** Rows (or columns) that it must be given for `out` to be left. */
  needs(block: B, out: number): number;
}

/** Every kind of block: the one place that lists them. */
const BLOCKS: { readonly [Type in Block["type"]]: BlockEntry<Extract<Block, { type: Type }>> } = {
  conv: {
    name: "layer",
    fields: ["channels", "pad", "pool"],
    parse({ channels, pad = 1, pool = false }) {
      if (!Number.isInteger(channels) || !isChannels(channels as number)) {
        throw new UsageError(`channels: expected a multiple of 4 up to ${MAX_CHANNELS}, got ${show(channels)}`);
      }
      if (pad !== 0 && pad !== 1) throw new UsageError(`pad: expected 0 or 1, got ${show(pad)}`);
      if (typeof pool !== "boolean") throw new UsageError(`pool: expected true or false, got ${show(pool)}`);
      return { type: "conv", channels: channels as number, pad, pool };
    },
    build: (instance, { channels, pad, pool }, inShape, name, kind) =>
      convBlock(instance, name, inShape, { channels, pad, pool, kind }),
    needs: ({ pad, pool }, out) => (pool ? 2 * out : out) + 2 - 2 * pad,
  },
  residual: {
    name: "layer",
    fields: [],
    parse: () => ({ type: "residual" }),
    build: (instance, _block, inShape, name, kind) => residual(instance, name, inShape, kind),
    needs: (_block, out) => out,
  },
  maxPool: {
    name: "pool",
    fields: [],
    parse: () => ({ type: "maxPool" }),
    build: (instance, _block, inShape, name) => maxPool(instance, name, inShape),
    needs: (_block, out) => 2 * out,
  },
  averagePool: {
    name: "average",
    fields: [],
    parse: () => ({ type: "averagePool" }),
    build: (instance, _block, inShape, name) => averagePool(instance, name, inShape),
    needs: (_block, out) => out,
  },
};

export const BLOCK_TYPES = Object.keys(BLOCKS) as Block["type"][];

/** The thesis's five blocks. */
export const THESIS_TRUNK: readonly Block[] = [
  { type: "conv", channels: 16, pad: 0, pool: false },
  { type: "conv", channels: 16, pad: 0, pool: true },
  { type: "conv", channels: 64, pad: 0, pool: false },
  { type: "conv", channels: 64, pad: 0, pool: false },
  { type: "conv", channels: 64, pad: 1, pool: true },
];

/** Trunks that have a name. */
export const TRUNKS = ["thesis", "residual"] as const;

const STAGES = 3;
/** Channels of the residual trunk's first stage, and residual blocks in all its stages, where nothing else is said. */
export const RESIDUAL_DEFAULTS = { width: 16, depth: 4 } as const;
export const MAX_RESIDUAL_WIDTH = MAX_CHANNELS / 2 ** (STAGES - 1);
export const MAX_RESIDUAL_DEPTH = MAX_BLOCKS - 2 * STAGES;

/**
 * Three stages with `width`, 2 · `width` and 4 · `width` channels, each a convolution block and residual blocks,
 * max-pooling between them, the average over the image at the end.
 * @param depth residual blocks in all; where they cannot be divided evenly, later stages have one more
 */
export function residualTrunk(
  width: number = RESIDUAL_DEFAULTS.width,
  depth: number = RESIDUAL_DEFAULTS.depth,
): Block[] {
  const stages = Array.from({ length: STAGES }, (_, stage): Block[] => [
    ...(stage > 0 ? [{ type: "maxPool" } as const] : []),
    { type: "conv", channels: width * 2 ** stage, pad: 1, pool: false },
    ...Array.from({ length: Math.floor((depth + stage) / STAGES) }, () => ({ type: "residual" }) as const),
  ]);
  return [...stages.flat(), { type: "averagePool" }];
}

function isChannels(value: number): boolean {
  return value >= 4 && value <= MAX_CHANNELS && value % 4 === 0;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function entryOf(block: Block): BlockEntry<Block> {
  return BLOCKS[block.type] as unknown as BlockEntry<Block>;
}

/**
 * A trunk out of JSON: a list of blocks, defaults filled in.
 * @throws UsageError that names the item and what is expected there
 */
export function parseTrunk(value: unknown): Block[] {
  if (!Array.isArray(value) || value.length < 1 || value.length > MAX_BLOCKS) {
    const got = Array.isArray(value) ? `${value.length}` : show(value);
    throw new UsageError(
      `trunk: expected a list of 1 to ${MAX_BLOCKS} blocks such as [{"type": "conv", "channels": 16}], got ${got}`,
    );
  }
  const blocks = value.map((item: unknown, i) => {
    const refuse = (what: string) => new UsageError(`trunk: block ${i + 1}: ${what}`);
    if (!isRecord(item) || typeof item.type !== "string" || !Object.hasOwn(BLOCKS, item.type)) {
      const got = isRecord(item) ? show(item.type) : show(item);
      throw refuse(`expected type ${BLOCK_TYPES.join(", ")}, got ${got}`);
    }
    const entry = BLOCKS[item.type as Block["type"]];
    const unknown = Object.keys(item).find((key) => key !== "type" && !entry.fields.includes(key));
    if (unknown !== undefined) {
      const known = entry.fields.length > 0 ? `it has ${entry.fields.join(", ")}` : "it has no fields";
      throw refuse(`${item.type} has no field ${show(unknown)}; beside type ${known}`);
    }
    try {
      return entry.parse(item);
    } catch (error) {
      throw error instanceof UsageError ? refuse(error.message) : error;
    }
  });
  if (blocks[0].type !== "conv") throw new UsageError(`trunk: block 1: expected type conv, got ${blocks[0].type}`);
  const early = blocks.slice(0, -1).findIndex(({ type }) => type === "averagePool");
  if (early >= 0) throw new UsageError(`trunk: block ${early + 1}: averagePool can only be the last block`);
  return blocks;
}

/**
 * Refuses an image that is too small for a trunk.
 * @throws UsageError with the smallest size that works
 */
export function checkDepth(trunk: readonly Block[], height: number, width: number): void {
  const least = Math.max(
    SIDE[0],
    trunk.reduceRight((out, block) => entryOf(block).needs(block, out), 1),
  );
  if (Math.min(height, width) >= least) return;
  const remedy =
    least > SIDE[1] ? `more than the largest size, ${SIDE[1]}: leave out a pooling` : "or leave out a pooling";
  throw new UsageError(
    `trunk: ${trunk.length} blocks are too deep for images of ${height} × ${width}: the smallest that works is ${least} × ${least}, ${remedy}`,
  );
}

/** The layers of a trunk, from the image to the features that FC1 takes. */
export function buildTrunk(
  instance: Instance,
  trunk: readonly Block[],
  image: Shape,
  convolution: ConvolutionKind,
): Layer[] {
  const layers: Layer[] = [];
  const counts = new Map<string, number>();
  for (const block of trunk) {
    const entry = entryOf(block);
    const number = (counts.get(entry.name) ?? 0) + 1;
    counts.set(entry.name, number);
    const inShape = layers.at(-1)?.outShape ?? image;
    layers.push(entry.build(instance, block, inShape, `${entry.name}${number}`, convolution));
  }
  return layers;
}
