import { useLayoutEffect, useRef } from "preact/hooks";
import type { Picture } from "../protocol/picture.ts";

/** A picture as a canvas, pixel by pixel; `label` is the text alternative, where nothing around it is one. */
export function Canvas({ picture, label }: { picture: Picture; label?: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { height, width, rgba } = picture;
  // Before the page is painted: never an old picture under a new label.
  useLayoutEffect(() => {
    // Kept out of the graphics processor: bringing that up for a thumbnail takes long.
    canvas.current
      ?.getContext("2d", { willReadFrequently: true })
      ?.putImageData(new ImageData(rgba, width, height), 0, 0);
  }, [picture]);
  const alternative = label === undefined ? { "aria-hidden": true } : { role: "img" as const, "aria-label": label };
  return <canvas ref={canvas} width={width} height={height} {...alternative} />;
}

/** A picture below, another one over it with some opacity (0 to 1). */
export function Overlay(props: { below: Picture; above: Picture; opacity: number; label: string }) {
  const { below, above, opacity, label } = props;
  return (
    <div class="overlay" role="img" aria-label={label}>
      <Canvas picture={below} />
      <div style={{ opacity }}>
        <Canvas picture={above} />
      </div>
    </div>
  );
}
