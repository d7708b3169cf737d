import { useEffect, useId, useMemo, useState } from "preact/hooks";
import { templateOfData } from "../../circuit/data.ts";
import type { LayerOutput } from "../../explain/layers.ts";
import type { Kernel, Window } from "../../explain/receptiveField.ts";
import { Canvas } from "../parts/canvas.tsx";
import { Drawing } from "../parts/drawing.tsx";
import { Figure, number, Probabilities, Signed } from "../parts/figures.tsx";
import { type LoadedModel, useAnswer, useLoadedModel, useSeen } from "../parts/hooks.ts";
import { Looks, type Place, PlaceIn } from "../parts/looks.tsx";
import { channelAt, greyMap, magnitude, placeInSheet, range, sheet } from "../parts/maps.ts";
import { testImages } from "../protocol/atHand.ts";
import type { CircuitAnswer, ImageAtHand, LayerSummary } from "../protocol/messages.ts";
import { type Picture, pictureOf } from "../protocol/picture.ts";
import type { UnderstandProps } from "./props.ts";

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
  const { circuit } = loaded.about;
  const drawn = useMemo(() => circuit && templateOfData(circuit.data, () => "circuit").circuit, [circuit]);
  const inside = useAnswer(
    drawn && seen,
    async ({ input }): Promise<CircuitAnswer> => loaded.remote.circuit(await loaded.remote.angles(input)),
    onError,
  );
  // One step a turn, so that no turn takes long.
  const [count, setCount] = useState(1);
  useEffect(() => {
    if (!outputs || count > outputs.length) return;
    const timer = setTimeout(() => setCount(count + 1));
    return () => clearTimeout(timer);
  }, [count, outputs]);
  const [height, width, channels] = loaded.about.layers[0].inShape;
  /** From the image to the maps of a layer; null where every value sees all of it. */
  const before = (layer: number) => {
    const all = loaded.about.layers.slice(0, layer + 1).map(({ windows }) => windows);
    return all.includes(null) ? null : all.flatMap((windows) => windows ?? []);
  };
  const normalised = useMemo(
    () => seen && pictureOf({ height, width, channels: channels as 1 | 3, pixels: seen.input }),
    [seen],
  );
  if (!seen || !normalised || !outputs) return <p class="status">The image is being processed.</p>;
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
            <Canvas picture={normalised} label="The image at the network's size" />
          </Figure>
        </div>
      </li>
      {outputs.slice(0, count).map((output, i) => (
        <li key={output.name}>
          <Step
            output={output}
            about={loaded.about.layers[i]}
            classNames={i === outputs.length - 1 ? classNames : null}
            looks={(channel) => loaded.remote.kernel(output.name, channel)}
            windows={before(i)}
            image={normalised}
            onError={onError}
          />
          {output.name === "quantum" && drawn && inside && <Drawing circuit={drawn} wires={inside.wires} />}
        </li>
      ))}
      {count > outputs.length && (
        <li>
          <h3>Probabilities</h3>
          <p class="muted">softmax of the logits</p>
          <Probabilities probs={seen.probs} classNames={classNames} />
        </li>
      )}
    </ol>
  );
}

interface StepProps extends Omit<MapsProps, "windows"> {
  about: LayerSummary;
  classNames: readonly string[] | null;
  windows: MapsProps["windows"] | null;
}

function Step({ about, classNames, windows, ...maps }: StepProps) {
  const { output } = maps;
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
        <Maps {...maps} windows={windows ?? []} />
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

interface MapsProps {
  output: LayerOutput;
  /** The image as the network sees it. */
  image: Picture;
  /** From the image to these maps. */
  windows: readonly Window[];
  looks: (channel: number) => Promise<Kernel | null>;
  onError: (error: unknown) => void;
}

/** All feature maps of a block side by side, one of them large: its figures, its kernel and what it looks at. */
function Maps({ output, image, windows, looks, onError }: MapsProps) {
  const id = useId();
  const [channel, setChannel] = useState(0);
  const { name, values } = output;
  const [channels, height, width] = output.shape;
  const [low, high] = useMemo(() => range(values), [values]);
  const all = useMemo(() => sheet(output, low, high), [output]);
  const tile = placeInSheet(output.shape, channel);
  const share = (part: number) => `${100 * part}%`;
  const pick = ({ currentTarget, clientX, clientY }: PointerEvent & { currentTarget: HTMLElement }) => {
    const { left, top, width: across, height: down } = currentTarget.getBoundingClientRect();
    setChannel((now) => channelAt(channels, (clientX - left) / across, (clientY - top) / down) ?? now);
  };
  const one = values.subarray(channel * height * width, (channel + 1) * height * width);
  const strongest = useMemo(() => {
    const at = one.indexOf(range(one)[1]);
    return { row: Math.floor(at / width), column: at % width };
  }, [values, channel]);
  // That somebody points at, until another map is chosen.
  const [pointed, setPointed] = useState<{ channel: number; place: Place } | null>(null);
  const place = pointed?.channel === channel ? pointed.place : strongest;
  const setPlace = (next: Place) => setPointed({ channel, place: next });
  const kernel = useAnswer(channel, looks, onError);
  const large = useMemo(() => greyMap(one, height, width, low, high), [values, channel]);
  const [least, most] = range(one);
  const mean = one.reduce((sum, value) => sum + value, 0) / one.length;
  return (
    <div class="maps">
      <Figure
        caption={`${channels} feature maps of ${height}×${width}, black ${number(low, 2)}, white ${number(high, 2)}`}
      >
        <div class="sheet" onPointerMove={pick} onPointerDown={pick}>
          <Canvas picture={all} label={`All feature maps of ${name}`} />
          <i
            style={{
              left: share(tile.left),
              top: share(tile.top),
              width: share(tile.width),
              height: share(tile.height),
            }}
          />
        </div>
      </Figure>
      <div>
        <div class="field">
          <label for={id}>
            Feature map<span class="hidden"> of {name}</span>
          </label>
          <input
            id={id}
            type="range"
            min="0"
            max={channels - 1}
            value={channel}
            aria-describedby={`${id}figures`}
            onInput={(event) => setChannel(Number(event.currentTarget.value))}
          />
        </div>
        <Figure
          caption={
            <output for={id} id={`${id}figures`}>
              Map {channel} (0 to {channels - 1}): {number(least, 2)} to {number(most, 2)}, mean {number(mean, 2)}
            </output>
          }
        >
          <PlaceIn map={large} label={`Feature map ${channel} of ${name}`} place={place} onPlace={setPlace} />
        </Figure>
      </div>
      <Looks {...{ name, image, windows, place, kernel }} value={one[place.row * width + place.column]} />
    </div>
  );
}
