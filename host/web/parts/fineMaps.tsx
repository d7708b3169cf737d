import { useEffect, useMemo, useState } from "preact/hooks";
import type { Explanation } from "../../explain/explain.ts";
import type { IntegratedGradients } from "../../explain/integratedGradients.ts";
import { overlayAttribution, overlayEvidence } from "../../explain/overlay.ts";
import type { Seen } from "../protocol/messages.ts";
import { imageOf, pictureOf } from "../protocol/picture.ts";
import { Canvas, Overlay } from "./canvas.tsx";
import { Figure, number } from "./figures.tsx";
import type { LoadedModel } from "./hooks.ts";
import { place } from "./maps.ts";

interface FineMapsProps {
  loaded: LoadedModel;
  seen: Seen;
  explanation: Explanation;
  opacity: number;
  className: string;
  onError: (error: unknown) => void;
}

/** The finer map, and integrated gradients as soon as they are there: they take some hundred passes. */
export function FineMaps({ loaded, seen, explanation, opacity, className, onError }: FineMapsProps) {
  const { input, preview, region } = seen;
  const { image, label, fineMap } = explanation;
  const { height, width } = image;
  const [found, setFound] = useState<{ of: Explanation; attribution: IntegratedGradients } | null>(null);
  // Never another class's.
  const attribution = found?.of === explanation ? found.attribution : null;
  useEffect(() => {
    let current = true;
    loaded.remote
      .attribute(input, label)
      .then((answer) => current && setFound({ of: explanation, attribution: answer }), onError);
    return () => {
      current = false;
    };
  }, [explanation]);
  const original = useMemo(() => imageOf(preview), [preview]);
  const fine = useMemo(() => fineMap && pictureOf(overlayEvidence(original, fineMap, region)), [original, fineMap]);
  const pixels = useMemo(
    () => attribution && pictureOf(overlayAttribution(original, attribution, region)),
    [original, attribution],
  );
  return (
    <>
      {fineMap && fine && (
        <Figure
          caption={`LayerCAM at ${fineMap.layer}: the same in ${fineMap.cells.height}×${fineMap.cells.width} cells`}
        >
          <Overlay
            below={preview}
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
            below={preview}
            above={pixels}
            opacity={opacity}
            label={`Integrated gradients for ${className}; ${place(attribution.map, height, width)}`}
          />
        </Figure>
      ) : (
        <Figure caption="Integrated gradients are being computed">
          <Canvas picture={preview} />
        </Figure>
      )}
    </>
  );
}
