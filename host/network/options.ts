import { UsageError } from "../check.ts";
import type { Ansatz, Embedding } from "../circuit/templates.ts";
import { type Architecture, FREEZES, type Freeze, type LayerOptions } from "./build.ts";
import type { TensorMap } from "./hybrid.ts";
import type { ConvolutionKind } from "./layers.ts";

/** The most wires of head "series": 3^8 = 6,561 terms a wire. */
export const MAX_SERIES_WIRES = 8;

/** What stands between FC1 and FC2. */
export type Head =
  | {
      kind: "quantum";
      wires: number;
      layers: number;
      ansatz?: Ansatz;
      embedding?: Embedding;
      /** Default true; false leaves out the gates on two wires. */
      entangling?: boolean;
    }
  /**
   * A classical twin: tanh of the same number of features; with a width of 1 to 1024 linear to so many, tanh, linear
   * back, tanh.
   */
  | { kind: "dense"; wires: number; width?: number }
  /**
   * Another: the trigonometric series that a circuit with one angle a wire is, its 3^wires coefficients a wire trained
   * freely; 1 to 8 wires.
   */
  | { kind: "series"; wires: number }
  /** Nothing: FC2 takes what FC1 gives. */
  | { kind: "none"; wires: number }
  /** Neither FC1 nor FC2: one linear layer from the features to the logits. */
  | { kind: "logistic" };

export interface NetworkOptions {
  /** 1 (grey) or 3 (colour). */
  channels: number;
  /** 2 to 64. */
  classes: number;
  head: Head;
  /** Features between FC2 and FC3; default 16. */
  hidden?: number;
  /** Image size in pixels, 16 to 256; default 28. */
  height?: number;
  width?: number;
  /** What happens to the ratio of images that are resized to it: see datasets/fit.ts; default "squash". */
  fit?: "squash" | "crop" | "pad";
  /** Start of the random numbers, u32; default 0. */
  seed?: number;
  /** Images the memory has room for at once; default 64. It grows by itself when training asks for more. */
  batchSize?: number;
  /**
   * How 3×3 convolutions are computed: "winograd" (default), or "direct" sums, several times slower, to compare with.
   */
  convolution?: ConvolutionKind;
  /**
   * Tensors that training leaves as they are: none (default), the quantum layer's, or those of the features, whose
   * batch norms then work as in inference.
   */
  freeze?: Freeze;
  /**
   * Probability, below 1, with which training drops each feature in front of FC1 (see GradientOptions.dropout); default
   * 0. No model file tells.
   */
  dropout?: number;
  /** Start from these instead of random numbers: PyTorch's names and layouts, as Network.load takes them. */
  tensors?: TensorMap;
}

/** The architecture of the options, every default filled in. @throws UsageError listing what is allowed */
export function resolve(options: NetworkOptions): Architecture {
  const { channels, classes, hidden = 16, height = 28, width = 28, head, batchSize = 64 } = options;
  const whole = (name: string, value: number, low: number, high: number) => {
    if (!Number.isInteger(value) || value < low || value > high) {
      throw new UsageError(`${name}: expected a whole number from ${low} to ${high}, got ${value}`);
    }
    return value;
  };
  if (channels !== 1 && channels !== 3) throw new UsageError(`channels: expected 1 or 3, got ${channels}`);
  whole("batchSize", batchSize, 1, 65536);
  return {
    channels,
    classes: whole("classes", classes, 2, 64),
    height: whole("height", height, 16, 256),
    width: whole("width", width, 16, 256),
    ...(options.fit === "crop" || options.fit === "pad" ? { fit: options.fit } : {}),
    hidden: whole("hidden", hidden, 1, 1024),
    head: resolveHead(head, whole),
  };
}

/** How it is computed and trained. @throws UsageError listing what is allowed */
export function layerOptions({ convolution = "winograd", freeze = "none", dropout = 0 }: NetworkOptions): LayerOptions {
  if (!FREEZES.includes(freeze)) throw new UsageError(`freeze: expected ${FREEZES.join(", ")}, got ${freeze}`);
  if (!(dropout >= 0 && dropout < 1)) {
    throw new UsageError(`dropout: expected a number of at least 0 and below 1, got ${dropout}`);
  }
  return { convolution, freeze, dropout };
}

function resolveHead(
  head: Head,
  whole: (name: string, value: number, low: number, high: number) => number,
): Architecture["head"] {
  switch (head.kind) {
    case "quantum": // createTemplate checks its numbers
      return { ansatz: "thesis", embedding: "angle-x", entangling: true, ...head };
    case "dense":
      whole("wires", head.wires, 1, 12);
      return { ...head, width: whole("width", head.width ?? 0, 0, 1024) };
    case "series":
      whole("wires", head.wires, 1, MAX_SERIES_WIRES);
      return head;
    case "none":
      whole("wires", head.wires, 1, 12);
      return head;
    case "logistic":
      return head;
    default:
      throw new UsageError(
        `head: expected quantum, dense, series, none or logistic, got ${(head as { kind: unknown }).kind}`,
      );
  }
}
