import { useId, useState } from "preact/hooks";
import type { LayerOutput } from "../explain/layers.ts";
import { Canvas } from "./canvas.tsx";
import { Figure, number, Probabilities, Signed } from "./figures.tsx";
import { type LoadedModel, useAnswer, useLoadedModel, useSeen } from "./hooks.ts";
import { greyMap, magnitude } from "./maps.ts";
import type { LayerSummary } from "./model.ts";
import { type ImageAtHand, testImages, type UnderstandProps } from "./parts.ts";
import { type Picture, pictureOf } from "./picture.ts";

/** Follows the image at hand through the network, layer by layer. */
export function LayersView(props: UnderstandProps) {
  const { model, session, image, onError } = props;
  const loaded = useLoadedModel(session, model, onError);
  if (!loaded) return <p class="status">The model is loading.</p>;
  return (
    <section aria-labelledby="layers-title">
      <h2 id="layers-title">One image through the layers</h2>
      <ImageChoice {...props} />
      {image && <Path key={image} loaded={loaded} image={image} classNames={model.info.classNames} onError={onError} />}
    </section>
  );
}

/** Which image of the list a view is about. */
export function ImageChoice({ model, session, images, image, onImages, onImage, onError }: UnderstandProps) {
  const id = useId();
  const take = (added: readonly ImageAtHand[]) => {
    onImages((before) => [...before, ...added]);
    onImage(added[0] ?? null);
  };
  if (images.length === 0)
    return (
      <div class="row">
        <button type="button" part="button" onClick={() => testImages(session, model).then(take, onError)}>
          Take test images
        </button>
        <span class="muted">or add images of your own under Use.</span>
      </div>
    );
  return (
    <div class="field">
      <label for={id}>Image</label>
      <select
        id={id}
        value={image ? images.indexOf(image) : -1}
        onChange={(event) => onImage(images[Number(event.currentTarget.value)] ?? null)}
      >
        {!image && <option value={-1}>Choose one</option>}
        {images.map(({ name }, i) => (
          <option key={i} value={i}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

interface PathProps {
  loaded: LoadedModel;
  image: ImageAtHand;
  classNames: readonly string[];
  onError: (error: unknown) => void;
}

function Path({ loaded, image, classNames, onError }: PathProps) {
  const seen = useSeen(loaded, image, onError);
  const outputs = useAnswer(seen, ({ input }) => loaded.remote.layers(input), onError);
  if (!seen || !outputs) return <p class="status">The image is on its way.</p>;
  const [height, width, channels] = loaded.about.layers[0].inShape;
  return (
    <ol class="path">
      <li>
        <h3>Input</h3>
        <p class="muted">
          {height}×{width}×{channels}: pixels from 0 to 255, brought to −1 to 1
        </p>
        <div class="tiles">
          <Figure caption="As it came">
            <Canvas picture={seen.preview} label={image.name} />
          </Figure>
          <Figure caption="As the network sees it">
            <Canvas
              picture={pictureOf({ height, width, channels: channels as 1 | 3, pixels: seen.input })}
              label="The image at the network's size"
            />
          </Figure>
        </div>
      </li>
      {outputs.map((output, i) => (
        <li key={output.name}>
          <Step
            output={output}
            about={loaded.about.layers[i]}
            classNames={i === outputs.length - 1 ? classNames : null}
          />
        </li>
      ))}
      <li>
        <h3>Probabilities</h3>
        <p class="muted">softmax of the logits</p>
        <Probabilities probs={seen.probs} classNames={classNames} />
      </li>
    </ol>
  );
}

function Step(props: { output: LayerOutput; about: LayerSummary; classNames: readonly string[] | null }) {
  const { output, about, classNames } = props;
  const { name, kind, shape, values } = output;
  const times = (sizes: readonly number[]) => sizes.join("×");
  return (
    <>
      <h3>{name}</h3>
      <p class="muted">
        {kind}; {times(about.inShape)} → {times(about.outShape)}
        {about.parameters > 0 && `; ${about.parameters.toLocaleString("en")} parameters`}
      </p>
      {shape.length === 3 ? (
        <Maps output={output} />
      ) : (
        <Signed
          label={`Outputs of ${name}`}
          names={classNames ?? Array.from(values, (_, i) => String(i))}
          values={values}
          limit={name === "quantum" ? 1 : magnitude(values)}
        />
      )}
    </>
  );
}

/** All feature maps of a block side by side, one of them large, with its figures. */
function Maps({ output }: { output: LayerOutput }) {
  const id = useId();
  const [channel, setChannel] = useState(0);
  const { name, values } = output;
  const [channels, height, width] = output.shape;
  const [low, high] = range(values);
  const one = values.subarray(channel * height * width, (channel + 1) * height * width);
  const [least, most] = range(one);
  const mean = one.reduce((sum, value) => sum + value, 0) / one.length;
  return (
    <div class="maps">
      <Figure
        caption={`${channels} feature maps of ${height}×${width}, black ${number(low, 2)}, white ${number(high, 2)}`}
      >
        <Canvas picture={sheet(output, low, high)} label={`All feature maps of ${name}`} />
      </Figure>
      <div>
        <div class="field">
          <label for={id}>Feature map</label>
          <input
            id={id}
            type="range"
            min="0"
            max={channels - 1}
            value={channel}
            onInput={(event) => setChannel(Number(event.currentTarget.value))}
          />
        </div>
        <Figure
          caption={
            <output for={id}>
              Map {channel} of {channels}: {number(least, 2)} to {number(most, 2)}, mean {number(mean, 2)}
            </output>
          }
        >
          <Canvas picture={greyMap(one, height, width, low, high)} label={`Feature map ${channel} of ${name}`} />
        </Figure>
      </div>
    </div>
  );
}

/** Feature maps in rows of eight, a dark pixel between them. */
function sheet({ shape, values }: LayerOutput, low: number, high: number): Picture {
  const [channels, height, width] = shape;
  const columns = Math.min(8, channels);
  const rows = Math.ceil(channels / columns);
  const [H, W] = [rows * (height + 1) - 1, columns * (width + 1) - 1];
  const all = new Float32Array(H * W).fill(low);
  for (let c = 0; c < channels; c++) {
    const at = Math.floor(c / columns) * (height + 1) * W + (c % columns) * (width + 1);
    for (let y = 0; y < height; y++) {
      const row = (c * height + y) * width;
      all.set(values.subarray(row, row + width), at + y * W);
    }
  }
  return greyMap(all, H, W, low, high);
}

function range(values: Float32Array): [low: number, high: number] {
  return values.reduce<[number, number]>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
}
