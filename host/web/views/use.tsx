import type { ComponentChildren } from "preact";
import { useEffect, useId, useMemo, useRef, useState } from "preact/hooks";
import { HqcnnError } from "../../check.ts";
import { imageExtensions } from "../../datasets/formats/decode.ts";
import type { Explanation } from "../../explain/explain.ts";
import { overlayEvidence, overlayOcclusion } from "../../explain/overlay.ts";
import { Camera } from "../parts/camera.tsx";
import { Canvas, Overlay } from "../parts/canvas.tsx";
import { DropZone, FileButton } from "../parts/controls.tsx";
import { Figure, Notes, number, Probabilities } from "../parts/figures.tsx";
import { FineMaps } from "../parts/fineMaps.tsx";
import { type LoadedModel, useLoadedModel, useSeen } from "../parts/hooks.ts";
import { place } from "../parts/maps.ts";
import { testImages } from "../protocol/atHand.ts";
import type { ImageAtHand, Seen } from "../protocol/messages.ts";
import { pictureOf } from "../protocol/picture.ts";
import { givenFiles } from "../worker/dropped.ts";
import type { UnderstandProps } from "./props.ts";

const ACCEPT = [...imageExtensions.map((extension) => `.${extension}`), "image/*", "application/dicom"].join();

/** Images taken at once: each becomes a card. */
const MOST_AT_ONCE = 200;

/** Classifies images, and explains one of them. */
export function UseView(props: UnderstandProps) {
  const { model, session, images, image, onImages, onImage, onError } = props;
  const loaded = useLoadedModel(session, model, onError);
  const [camera, setCamera] = useState(false);
  const count = useRef(0);

  // Of what is there then: several may come and go before the next rendering.
  const add = (added: readonly ImageAtHand[]) => {
    onImages((now) => [...now, ...added]);
    if (added.length > 0) onImage((now) => now ?? added[0]);
  };
  const addFiles = async (from: DataTransfer | readonly File[]) => {
    try {
      const given = await givenFiles(from);
      add(given.slice(0, MOST_AT_ONCE).map(({ path, file }) => ({ name: path, source: file })));
      if (given.length > MOST_AT_ONCE) {
        onError(
          new HqcnnError(
            `Expected at most ${MOST_AT_ONCE} images at a time, got ${given.length}: the first ${MOST_AT_ONCE} were taken; hqcnn predict takes folders of any size.`,
          ),
        );
      }
    } catch (error) {
      onError(error);
    }
  };
  const remove = (gone: ImageAtHand) => {
    onImages((now) => now.filter((other) => other !== gone));
    onImage((now) => (now === gone ? null : now));
  };
  useEffect(() => {
    const onPaste = ({ clipboardData }: ClipboardEvent) => {
      if (clipboardData && clipboardData.files.length > 0) void addFiles([...clipboardData.files]);
    };
    addEventListener("paste", onPaste);
    return () => removeEventListener("paste", onPaste);
  }, []);

  const fromTestSplit = () => testImages(session, model).then(add, onError);
  const why = useRef<HTMLElement>(null);
  const choose = (chosen: ImageAtHand) => {
    onImage(chosen);
    // On a phone the explanation stands below all images.
    if ((why.current?.getBoundingClientRect().top ?? 0) > innerHeight) why.current?.scrollIntoView({ block: "start" });
  };

  return (
    <div class="pair">
      <section aria-labelledby="use-images">
        <h2 id="use-images">Images</h2>
        <DropZone onDrop={addFiles}>
          <p>
            Drop or paste images of any size (PNG, JPEG, TIFF, DICOM, WebP and others). They never leave this machine.{" "}
            <strong>Not for clinical use.</strong>
          </p>
          <div class="row">
            <FileButton label="Choose images…" accept={ACCEPT} multiple onFiles={addFiles} />
            <button type="button" part="button" disabled={camera} onClick={() => setCamera(true)}>
              Use the camera
            </button>
            <button type="button" part="button" onClick={fromTestSplit}>
              Take test images
            </button>
          </div>
        </DropZone>
        {camera && (
          <Camera
            onImage={(source) => add([{ name: `camera ${++count.current}`, source }])}
            onClose={() => setCamera(false)}
            onError={onError}
          />
        )}
        <p class="status" role="status">
          {!loaded ? "The model is loading." : images.length === 0 ? "No image yet." : `${images.length} in the list.`}
        </p>
        <ul class="cards">
          {images.map((each) => (
            <Card
              key={each}
              {...props}
              loaded={loaded}
              image={each}
              chosen={each === image}
              onChoose={() => choose(each)}
              onRemove={() => remove(each)}
            />
          ))}
        </ul>
      </section>
      <section aria-labelledby="use-why" class="beside" ref={why}>
        <h2 id="use-why">Why this answer</h2>
        {loaded && image ? (
          <Why key={image} loaded={loaded} image={image} classNames={model.info.classNames} onError={onError} />
        ) : (
          <p class="muted">Choose an image to see which parts of it support its class.</p>
        )}
      </section>
    </div>
  );
}

interface CardProps extends Omit<UnderstandProps, "image"> {
  loaded: LoadedModel | null;
  image: ImageAtHand;
  chosen: boolean;
  onChoose: () => void;
  onRemove: () => void;
}

/** One image and what the network takes it for. An image that cannot be read takes itself off the list. */
function Card({ model, loaded, image, chosen, onChoose, onRemove, onError, onPrediction }: CardProps) {
  const { classNames } = model.info;
  const seen = useSeen(loaded, image, (error) => {
    onError(error);
    onRemove();
  });
  useEffect(() => {
    if (!seen) return;
    const { predicted: label, labels, probs } = seen;
    const said = { label, className: classNames[label], ...(labels && { labels }) };
    onPrediction({ ...said, probs: Array.from(probs), name: image.name });
  }, [seen]);
  const name = (labels: readonly number[]) => labels.map((label) => classNames[label]).join(", ") || "no label";
  const answers = seen?.labels ?? (seen ? [seen.predicted] : []);
  const truth = seen?.labels ? image.labels : image.label === undefined ? undefined : [image.label];
  const right = truth === undefined || !seen ? null : truth.join() === answers.join();
  return (
    <li class={chosen ? "card chosen" : "card"}>
      <div class="picture">{seen && <Canvas picture={seen.preview} label={image.name} />}</div>
      <div class="what">
        <p class="name">{image.name}</p>
        {seen ? (
          <>
            <p class="answer">
              Answer: <strong>{name(answers)}</strong>
              {right !== null && (
                <span class={right ? undefined : "wrong"}>
                  {right ? " ✓ right" : ` ✗ wrong: it is ${name(truth!)}`}
                </span>
              )}
            </p>
            <Probabilities probs={seen.probs} classNames={classNames} most={3} />
            <Notes texts={seen.notes} />
          </>
        ) : (
          <p class="status">…</p>
        )}
        <div class="row">
          <button type="button" part="button" aria-pressed={chosen} onClick={onChoose}>
            Explain<span class="hidden"> {image.name}</span>
          </button>
          <button type="button" class="plain" part="button" onClick={onRemove}>
            Remove<span class="hidden"> {image.name}</span>
          </button>
        </div>
      </div>
    </li>
  );
}

interface WhyProps {
  loaded: LoadedModel;
  image: ImageAtHand;
  classNames: readonly string[];
  onError: (error: unknown) => void;
}

/** Maps over the image, and what passes through the quantum layer. */
function Why({ loaded, image, classNames, onError }: WhyProps) {
  const seen = useSeen(loaded, image, () => {}); // said by its card
  const [label, setLabel] = useState<number | undefined>();
  const [opacity, setOpacity] = useState(1);
  const [explanation, setExplanation] = useState<Explanation | null>(null);
  const id = useId();
  useEffect(() => {
    if (!seen) return;
    let current = true;
    loaded.remote.explain(seen.input, label).then((answer) => current && setExplanation(answer), onError);
    return () => {
      current = false;
    };
  }, [seen, label]);
  if (!seen || !explanation) return <p class="status">Computing the maps.</p>;
  const name = classNames[explanation.label];
  return (
    <>
      <div class="fields">
        <div class="field">
          <label for={`${id}class`}>Explain the class</label>
          <select
            id={`${id}class`}
            value={explanation.label}
            onChange={(event) => setLabel(Number(event.currentTarget.value))}
          >
            {classNames.map((className, i) => (
              <option key={className} value={i}>
                {className}
              </option>
            ))}
          </select>
        </div>
        <div class="field">
          <label for={`${id}opacity`}>Strength of the maps</label>
          <input
            id={`${id}opacity`}
            type="range"
            min="0"
            max="1"
            step="0.05"
            value={opacity}
            onInput={(event) => setOpacity(Number(event.currentTarget.value))}
          />
        </div>
      </div>
      <Maps explanation={explanation} opacity={opacity} className={name}>
        <FineMaps {...{ loaded, input: seen.input, explanation, opacity, className: name, onError }} />
      </Maps>
      {explanation.wires && explanation.quantumOff && (
        <Through seen={seen} explanation={explanation} off={explanation.quantumOff} classNames={classNames} />
      )}
    </>
  );
}

interface MapsProps {
  explanation: Explanation;
  opacity: number;
  className: string;
  /** More figures beside them. */
  children: ComponentChildren;
}

function Maps({ explanation, opacity, className, children }: MapsProps) {
  const { image, gradCam, occlusion } = explanation;
  const { height, width } = image;
  const below = useMemo(() => pictureOf(image), [image]);
  const evidence = useMemo(() => pictureOf(overlayEvidence(image, gradCam)), [image, gradCam]);
  const drops = useMemo(() => occlusion && pictureOf(overlayOcclusion(image, occlusion)), [image, occlusion]);
  return (
    <>
      <div class="tiles">
        <Figure caption="As the network sees it">
          <Canvas picture={below} label="The image at the network's size" />
        </Figure>
        <Figure
          caption={
            gradCam.peak > 0
              ? "Grad-CAM: where the last convolution block finds it"
              : "Grad-CAM: nothing in the last convolution block supports it"
          }
        >
          <Overlay
            below={below}
            above={evidence}
            opacity={opacity}
            label={`Grad-CAM map for ${className}; ${gradCam.peak > 0 ? place(gradCam.map, height, width) : "nothing supports the class"}`}
          />
        </Figure>
        {occlusion && drops && (
          <Figure
            caption={`Occlusion: what a ${occlusion.size}×${occlusion.size} patch costs, at most ${number(100 * Math.max(0, occlusion.largestDrop), 1)} points`}
          >
            <Overlay
              below={below}
              above={drops}
              opacity={opacity}
              label={`Occlusion map for ${className}; ${place(occlusion.map, height, width)}`}
            />
          </Figure>
        )}
        {children}
      </div>
      <p class="legend">
        <span class="scale evidence" aria-hidden="true" /> Grad-CAM, {gradCam.cells.height}×{gradCam.cells.width} cells,
        and LayerCAM: from dark blue, nothing, to yellow, what speaks most for {className}.
      </p>
      {occlusion && (
        <p class="legend">
          <span class="scale signed" aria-hidden="true" /> Occlusion and integrated gradients: orange speaks for{" "}
          {className}, blue against it.
        </p>
      )}
    </>
  );
}

interface ThroughProps {
  seen: Seen;
  explanation: Explanation;
  off: ArrayLike<number>;
  classNames: readonly string[];
}

/** Angles in, ⟨Z⟩ out, and the answer with the layer on and off. */
function Through({ seen, explanation, off, classNames }: ThroughProps) {
  const { angles, expvals } = explanation.wires!;
  return (
    <>
      <h3>Through the quantum layer</h3>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">wire</th>
              <th scope="col">angle in, radians</th>
              <th scope="col">⟨Z⟩ out</th>
            </tr>
          </thead>
          <tbody>
            {expvals.map((expval, wire) => (
              <tr key={wire}>
                <th scope="row">{wire}</th>
                <td>{angles.length === expvals.length ? number(angles[wire]) : "–"}</td>
                <td>{number(expval)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <h3>Quantum layer on and off</h3>
      <div class="halves">
        <div>
          <p class="muted">On: the network's answer</p>
          <Probabilities probs={seen.probs} classNames={classNames} />
        </div>
        <div>
          <p class="muted">Off (every ⟨Z⟩ set to 0): the same for every image</p>
          <Probabilities probs={off} classNames={classNames} />
        </div>
      </div>
    </>
  );
}
