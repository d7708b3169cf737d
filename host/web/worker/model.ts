import { predict } from "../../api.ts";
import { HqcnnError } from "../../check.ts";
import { circuitData } from "../../circuit/data.ts";
import { cut, fitImage, shownRegion } from "../../datasets/fit.ts";
import { type DecodeOptions, decodeFile } from "../../datasets/formats/decode.ts";
import { toInput } from "../../datasets/formats/image.ts";
import type { DecodedImage } from "../../datasets/formats/pixels.ts";
import type { Doubt } from "../../evaluation/reliability.ts";
import { type Explanation, explainInput } from "../../explain/explain.ts";
import { type IntegratedGradients, integratedGradients } from "../../explain/integratedGradients.ts";
import { type LayerOutput, layerOutputs } from "../../explain/layers.ts";
import { type Kernel, kernelOf, windowsOf } from "../../explain/receptiveField.ts";
import { featuresOf, inspectWires, quantumOff, quantumSizes } from "../../explain/wires.ts";
import { countParams } from "../../network/layers/layer.ts";
import { describeModules } from "../../network/layers/modules.ts";
import type { DecodedModel, ModelInfo } from "../../network/model.ts";
import type { Network } from "../../network/network.ts";
import { probabilitiesOf } from "../../network/outputs.ts";
import { circuitWeights } from "../../network/weights.ts";
import { decodingFor } from "../../work/inputs.ts";
import { isReshaped } from "../protocol/crop.ts";
import type { CircuitAnswer, ImageAtHand, LayerSummary, ModelApi, ModelSummary, Seen } from "../protocol/messages.ts";
import { type Picture, toRgba } from "../protocol/picture.ts";

/** Images that a file may hold at most; larger ones are refused before they are read. */
const MOST_BYTES = 256 << 20;
/** Longer side of a preview. */
const PREVIEW = 256;

/** One loaded model in a session worker: answers questions about images. */
export class ModelSession implements ModelApi {
  readonly info: ModelInfo;
  /** Features around the circuit, of the image whose angles were asked for last. */
  #around: readonly number[] = [];
  readonly #network: Network;

  constructor({ network, info }: DecodedModel) {
    this.#network = network;
    this.info = info;
  }

  /** The layers, and the circuit's drawing data if there is a circuit. */
  describe(): ModelSummary {
    const { layers, template } = this.#network;
    return {
      layers: layers.map((layer): LayerSummary => {
        const { name, modules, inShape, outShape } = layer;
        const kind = describeModules(modules).join(", ");
        return { name, kind, inShape, outShape, parameters: countParams(layer), windows: windowsOf(modules) };
      }),
      circuit: template && {
        data: circuitData(template),
        weights: circuitWeights(this.#network.tensors(), template),
      },
      off: template && quantumSizes(this.#network).bypass === 0 ? quantumOff(this.#network) : null,
    };
  }

  /**
   * Decodes and classifies one image.
   * @throws HqcnnError that names the image when it cannot be read
   */
  async see({ name, source, crop = null }: ImageAtHand): Promise<Seen> {
    const { image, notes } = await decoded(source, name, decodingFor(this.info));
    const { channels, height, width, fit } = this.#network.architecture;
    const size = { channels: channels as 1 | 3, height, width };
    const part = crop ? cut(image, crop) : image;
    const input = await fitImage(part, { ...size, fit });
    if (crop === null && isReshaped(image, { ...size, fit })) {
      notes.push(
        `All ${image.width}×${image.height} pixels are classified, squashed to the network's shape as hqcnn predict does; the frame chooses a part.`,
      );
    }
    const { reliability } = this.info;
    const [seen] = await predict(this.#network, [{ ...size, pixels: input }], { reliability });
    const { label: predicted, probs, labels } = seen;
    const shown = await preview(image);
    const scale = shown.width / image.width;
    const inPart = shownRegion(part, { ...size, fit });
    return {
      preview: shown,
      size: { height: image.height, width: image.width },
      crop,
      region: {
        top: scale * (inPart.top + (crop?.top ?? 0)),
        left: scale * (inPart.left + (crop?.left ?? 0)),
        ...{ height: scale * inPart.height, width: scale * inPart.width },
      },
      ...{ undecided: seen.undecided ?? null, unlike: seen.unlike ?? null },
      input,
      predicted,
      probs,
      notes: [...notes, ...doubtsOf(seen)],
      ...(labels && { labels }),
    };
  }

  /** All maps but integrated gradients, and the wires; for the predicted class unless `label` is given. */
  explain(input: Uint8Array, label?: number): Explanation {
    return explainInput(this.#network, input, { label, integratedGradients: false });
  }

  /** Integrated gradients, which take longer than all other maps together. */
  attribute(input: Uint8Array, label: number): IntegratedGradients {
    return integratedGradients(this.#network, input, label);
  }

  /** What every layer makes of one image. */
  layers(input: Uint8Array): LayerOutput[] {
    return layerOutputs(this.#network, input);
  }

  /** The kernel of a layer's feature map; null where it has none, or several. */
  kernel(layer: string, channel: number): Kernel | null {
    return kernelOf(this.#network, layer, channel);
  }

  /** The circuit's angles for one image. */
  angles(input: Uint8Array): number[] {
    const { inputs } = quantumSizes(this.#network);
    const features = Array.from(featuresOf(this.#network, input));
    this.#around = features.slice(inputs);
    return features.slice(0, inputs);
  }

  /** The circuit at angles and weights of one's own, and the network's answer to what it gives. */
  circuit(angles: readonly number[], weights?: readonly number[]): CircuitAnswer {
    const wires = inspectWires(this.#network, angles, weights);
    const network = this.#network;
    const { bypass } = quantumSizes(network);
    // What goes around the circuit is that of the image whose angles were asked for last; zeros before.
    const around = this.#around.length === bypass ? this.#around : new Array<number>(bypass).fill(0);
    const logits = network.predictFrom("quantum", Float32Array.from([...wires.outputs, ...around]));
    return { wires, probs: probabilitiesOf(network, logits) };
  }

  close(): void {
    this.#network.close();
  }
}

/** Why not to trust an answer, in sentences. */
function doubtsOf({ unlike, undecided }: Partial<Doubt>): string[] {
  return [
    ...(unlike ? ["This image is unlike the training images: the answer may mean nothing."] : []),
    ...(undecided ? ["Undecided: no class, or more than one, is possible at 95 %."] : []),
  ];
}

async function decoded(
  source: Blob | DecodedImage,
  name: string,
  options: DecodeOptions,
): Promise<{ image: DecodedImage; notes: string[] }> {
  if (!(source instanceof Blob)) return { image: source, notes: [] };
  if (source.size > MOST_BYTES) {
    throw new HqcnnError(
      `${name}: expected an image file of at most ${MOST_BYTES >> 20} MB, got ${Math.round(source.size / 2 ** 20)} MB: make it smaller`,
    );
  }
  let bytes: ArrayBuffer;
  try {
    bytes = await source.arrayBuffer();
  } catch (error) {
    throw new HqcnnError(`${name}: cannot be read (${(error as Error).message}): choose it again`, { cause: error });
  }
  const { frames, notes } = await decodeFile(new Uint8Array(bytes), name, options);
  // Options that the page does not have.
  return { image: frames[0], notes: notes.map((text) => text.replace("--", "hqcnn predict --")) };
}

async function preview(image: DecodedImage): Promise<Picture> {
  const shrink = Math.min(1, PREVIEW / Math.max(image.height, image.width));
  const height = Math.max(1, Math.round(image.height * shrink));
  const width = Math.max(1, Math.round(image.width * shrink));
  const pixels = await toInput(image, { channels: image.channels, height, width });
  return { height, width, rgba: toRgba(pixels, image.channels) };
}
