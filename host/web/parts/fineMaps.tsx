import { useEffect, useMemo, useState } from "preact/hooks";
import type { Explanation } from "../../explain/explain.ts";
import type { IntegratedGradients } from "../../explain/integratedGradients.ts";
import { overlayAttribution, overlayEvidence } from "../../explain/overlay.ts";
import { pictureOf } from "../protocol/picture.ts";
import { Canvas, Overlay } from "./canvas.tsx";
import { Figure, number } from "./figures.tsx";
import type { LoadedModel } from "./hooks.ts";
import { place } from "./maps.ts";

interface FineMapsProps {
  loaded: LoadedModel;
  input: Uint8Array;
  explanation: Explanation;
  opacity: number;
  className: string;
  onError: (error: unknown) => void;
}

/** The finer map, and integrated gradients as soon as they are there: they take some hundred passes. */
export function FineMaps({ loaded, input, explanation, opacity, className, onError }: FineMapsProps) {
  const { image, label, fineMap } = explanation;
  const { height, width } = image;
  const [attribution, setAttribution] = useState<IntegratedGradients | null>(null);
  useEffect(() => {
    let current = true;
    setAttribution(null);
    loaded.remote.attribute(input, label).then((answer) => current && setAttribution(answer), onError);
    return () => {
      current = false;
    };
  }, [explanation]);
  const below = useMemo(() => pictureOf(image), [image]);
  const fine = useMemo(() => fineMap && pictureOf(overlayEvidence(image, fineMap)), [image, fineMap]);
  const pixels = useMemo(() => attribution && pictureOf(overlayAttribution(image, attribution)), [image, attribution]);
  return (
    <>
      {fineMap && fine && (
        <Figure
          caption={`LayerCAM at ${fineMap.layer}: the same in ${fineMap.cells.height}×${fineMap.cells.width} cells`}
        >
          <Overlay
            below={below}
            above={fine}
            opacity={opacity}
            label={`LayerCAM map for ${className}; ${place(fineMap.map, height, width)}`}
          />
        </Figure>
      )}
      {attribution && pixels ? (
        <Figure
          caption={`Integrated gradients: the pixels add up to ${number(attribution.sum)}, from the logit of a black image, ${number(attribution.baseline)}, to this one's, ${number(attribution.logit)}`}
        >
          <Overlay
            below={below}
            above={pixels}
            opacity={opacity}
            label={`Integrated gradients for ${className}; ${place(attribution.map, height, width)}`}
          />
        </Figure>
      ) : (
        <Figure caption="Integrated gradients are being computed">
          <Canvas picture={below} />
        </Figure>
      )}
    </>
  );
}
