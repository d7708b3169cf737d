import type { ComponentChildren } from "preact";
import { useEffect, useId, useMemo, useRef, useState } from "preact/hooks";
import { HqcnnError } from "../../check.ts";
import type { Size } from "../../datasets/fit.ts";
import { imageExtensions } from "../../datasets/formats/decode.ts";
import type { Part } from "../../datasets/formats/image.ts";
import type { Explanation } from "../../explain/explain.ts";
import { overlayEvidence, overlayOcclusion } from "../../explain/overlay.ts";
import { reliabilityText } from "../../network/reliability.ts";
import { predictionLines } from "../../work/predictionsCsv.ts";
import { Camera } from "../parts/camera.tsx";
import { Canvas, Overlay } from "../parts/canvas.tsx";
import { DropZone, download, FileButton } from "../parts/controls.tsx";
import { CropBox } from "../parts/cropBox.tsx";
import { Figure, Notes, number, Probabilities } from "../parts/figures.tsx";
import { FineMaps } from "../parts/fineMaps.tsx";
import { type LoadedModel, useAllSeen, useLoadedModel, useSeen } from "../parts/hooks.ts";
import { ImageTable, type Row } from "../parts/imageTable.tsx";
import { place } from "../parts/maps.ts";
import { Through } from "../parts/through.tsx";
import { sentenceOf, testImages } from "../protocol/atHand.ts";
import { isPhoto } from "../protocol/crop.ts";
import type { ImageAtHand, Seen } from "../protocol/messages.ts";
import { imageOf, pictureOf } from "../protocol/picture.ts";
import { givenFiles } from "../worker/dropped.ts";
import type { UnderstandProps } from "./props.ts";

const ACCEPT = [...imageExtensions.map((extension) => `.${extension}`), "image/*", "application/dicom"].join();

/** Images taken at once: each becomes a card. */
const MOST_AT_ONCE = 200;

/** Classifies images, and explains one of them. */
export function UseView(props: UnderstandProps) {
  const { model, session, images, image, onImages, onImage, onError, onPrediction } = props;
  const { classNames, architecture } = model.info;
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
  const remove = (gone: readonly ImageAtHand[]) => {
    onImages((now) => now.filter((other) => !gone.includes(other)));
    onImage((now) => (now && gone.includes(now) ? null : now));
  };
  const crop = (old: ImageAtHand, part: Part | null) => {
    const next = { ...old, crop: part };
    onImages((now) => now.map((other) => (other === old ? next : other)));
    onImage(next);
  };
  useEffect(() => {
    const onPaste = ({ clipboardData }: ClipboardEvent) => {
      if (clipboardData && clipboardData.files.length > 0) void addFiles([...clipboardData.files]);
    };
    addEventListener("paste", onPaste);
    return () => removeEventListener("paste", onPaste);
  }, []);

  const seen = useAllSeen(
    loaded,
    images,
    ({ name }, { predicted: label, labels, probs }) => {
      const said = { label, className: classNames[label], ...(labels && { labels }) };
      onPrediction({ ...said, probs: Array.from(probs), name });
    },
    (failed) => {
      const messages = failed.map(({ error }) => sentenceOf(error));
      const head = failed.length > 1 ? [`${failed.length} files cannot be read:`] : [];
      onError(failed.length === 1 ? failed[0].error : new HqcnnError([...head, ...messages].join("\n")));
      remove(failed.map((each) => each.image));
    },
  );
  const rows = useMemo(() => images.map((each) => rowOf(each, seen.get(each) ?? null, classNames)), [images, seen]);
  const fromTestSplit = () => testImages(session, model).then(add, onError);
  const saveCsv = () => {
    const results = rows.flatMap(({ image: { name }, seen: one }) =>
      one ? [{ ...one, path: name, label: one.predicted }] : [],
    );
    const lines = predictionLines(results, classNames, architecture.output === "sigmoid");
    download("predictions.csv", `${lines.join("\n")}\n`, "text/csv");
  };
  const why = useRef<HTMLElement>(null);
  const choose = (chosen: ImageAtHand) => {
    onImage(chosen);
    // On a phone the explanation stands below all images.
    if ((why.current?.getBoundingClientRect().top ?? 0) > innerHeight) why.current?.scrollIntoView({ block: "start" });
  };
  const doubtful = rows.filter(({ seen: one }) => one?.unlike || one?.undecided).length;
  const status = useRef<HTMLParagraphElement>(null);

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
        <div class="row between">
          <p class="status" role="status" tabIndex={-1} ref={status}>
            {!loaded
              ? "The model is loading."
              : images.length === 0
                ? "No image yet."
                : `${images.length} in the list.`}
            {images.length > seen.size && loaded && ` ${seen.size} classified.`}
            {doubtful > 0 && ` ${doubtful} to doubt.`}
          </p>
          {images.length > 0 && (
            <span class="row">
              <button type="button" part="button" aria-disabled={seen.size === 0} onClick={saveCsv}>
                Download CSV
              </button>
              <button
                type="button"
                part="button"
                onClick={() => {
                  remove(images);
                  status.current?.focus();
                }}
              >
                Remove all
              </button>
            </span>
          )}
        </div>
        {images.length > 0 && (
          <ImageTable rows={rows} chosen={image} onChoose={choose} onRemove={(gone) => remove([gone])} />
        )}
        {model.info.reliability && <p class="muted small">{reliabilityText(model.info.reliability)}</p>}
      </section>
      <section aria-labelledby="use-why" class="beside" ref={why}>
        <h2 id="use-why">Why this answer</h2>
        {loaded && image && (
          <Answer
            {...{ image, classNames }}
            seen={seen.get(image) ?? null}
            network={architecture}
            onCrop={(part) => crop(image, part)}
          />
        )}
        {loaded && image ? (
          <Why key={image} loaded={loaded} image={image} classNames={classNames} onError={onError} />
        ) : (
          <p class="muted">Choose an image to see which parts of it support its class.</p>
        )}
      </section>
    </div>
  );
}

function rowOf(image: ImageAtHand, seen: Seen | null, classNames: readonly string[]): Row {
  const name = (labels: readonly number[]) => labels.map((label) => classNames[label]).join(", ") || "no label";
  const answers = seen?.labels ?? (seen ? [seen.predicted] : []);
  const truth = seen?.labels ? image.labels : image.label === undefined ? undefined : [image.label];
  return {
    ...{ image, seen, answer: name(answers), truth: truth === undefined ? null : name(truth) },
    right: truth === undefined || !seen ? null : truth.join() === answers.join(),
  };
}

interface AnswerProps {
  image: ImageAtHand;
  seen: Seen | null;
  classNames: readonly string[];
  network: Size;
  onCrop: (part: Part | null) => void;
}

/** The chosen image, all of its probabilities and what to know about it; of a photo the part that is classified. */
function Answer({ image, seen, classNames, network, onCrop }: AnswerProps) {
  // While another part of the photo is classified, the frame around it stays, and with it the focus.
  const before = useRef<{ source: ImageAtHand["source"]; seen: Seen } | null>(null);
  if (seen) before.current = { source: image.source, seen };
  const known = before.current?.source === image.source ? before.current.seen : null;
  if (!known) return null;
  return (
    <>
      <p class="name">{image.name}</p>
      {(isPhoto(known.size, network) || known.crop) && (
        <CropBox name={image.name} {...{ network, onCrop }} seen={known} />
      )}
      {seen && <Probabilities probs={seen.probs} classNames={classNames} most={4} />}
      {seen && <Notes texts={seen.notes} />}
    </>
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
      <Maps {...{ seen, explanation, opacity }} className={name}>
        <FineMaps {...{ loaded, seen, explanation, opacity, className: name, onError }} />
      </Maps>
      {explanation.wires && explanation.quantumOff && (
        <Through seen={seen} explanation={explanation} off={explanation.quantumOff} classNames={classNames} />
      )}
    </>
  );
}

interface MapsProps {
  seen: Seen;
  explanation: Explanation;
  opacity: number;
  className: string;
  /** More figures beside them. */
  children: ComponentChildren;
}

/** Maps over the image as it came. */
function Maps({ seen: { preview, region }, explanation, opacity, className, children }: MapsProps) {
  const { image, gradCam, occlusion } = explanation;
  const { height, width } = image;
  const shown = useMemo(() => pictureOf(image), [image]);
  const original = useMemo(() => imageOf(preview), [preview]);
  const evidence = useMemo(() => pictureOf(overlayEvidence(original, gradCam, region)), [original, gradCam]);
  const drops = useMemo(
    () => occlusion && pictureOf(overlayOcclusion(original, occlusion, region)),
    [original, occlusion],
  );
  return (
    <>
      <div class="tiles">
        <Figure caption="As the network sees it">
          <Canvas picture={shown} label="The image at the network's size" />
        </Figure>
        <Figure
          caption={
            gradCam.peak > 0
              ? "Grad-CAM: where the last convolution block finds it"
              : "Grad-CAM: nothing in the last convolution block supports it"
          }
        >
          <Overlay
            below={preview}
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
              below={preview}
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
