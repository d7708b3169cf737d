import { useEffect, useRef, useState } from "preact/hooks";
import { middle, type Size } from "../../datasets/fit.ts";
import type { Part } from "../../datasets/formats/image.ts";
import { changedPart } from "../protocol/crop.ts";
import type { Seen } from "../protocol/messages.ts";
import { Canvas } from "./canvas.tsx";

interface CropBoxProps {
  seen: Seen;
  /** Size of the network's images. */
  network: Size;
  name: string;
  onCrop: (crop: Part | null) => void;
}

const KEYS: Readonly<Record<string, readonly [kind: "x" | "y" | "grow", sign: number]>> = {
  ...{ ArrowLeft: ["x", -1], ArrowRight: ["x", 1], ArrowUp: ["y", -1], ArrowDown: ["y", 1] },
  ...{ "+": ["grow", 1], "=": ["grow", 1], "-": ["grow", -1] },
};
/** After a key the part is classified when no other follows within so many milliseconds. */
const PAUSE = 250;

/** A frame on a photo around the part that the network is shown: moved and resized by pointer and keyboard. */
export function CropBox({ seen, network, name, onCrop }: CropBoxProps) {
  const { size, preview } = seen;
  const whole = { top: 0, left: 0, ...size };
  const [part, setPart] = useState<Part>(seen.crop ?? whole);
  const frame = useRef<HTMLDivElement>(null);
  const drag = useRef<{ x: number; y: number; part: Part; resizes: boolean } | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    // What is being moved is where the person has it, not where the last answer was.
    if (!drag.current && timer.current === undefined) setPart(seen.crop ?? whole);
  }, [seen]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const share = (pixels: number, of: number) => `${(100 * pixels) / of}%`;
  const step = Math.max(1, Math.round(Math.max(size.height, size.width) / 50));

  const down = (event: PointerEvent, resizes: boolean) => {
    event.preventDefault();
    event.stopPropagation();
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    (event.currentTarget as HTMLElement).focus();
    drag.current = { x: event.clientX, y: event.clientY, part, resizes };
  };
  const move = (event: PointerEvent) => {
    if (!drag.current) return;
    event.stopPropagation();
    const { x, y, part: from, resizes } = drag.current;
    const scale = size.width / frame.current!.getBoundingClientRect().width;
    const [across, along] = [(event.clientX - x) * scale, (event.clientY - y) * scale];
    // The corner stays under the pointer: what grows about the middle moves by half.
    const grow = Math.max(across * (network.height / network.width), along);
    setPart(
      resizes
        ? changedPart(from, size, network, { grow, x: (grow * network.width) / network.height / 2, y: grow / 2 })
        : changedPart(from, size, network, { x: across, y: along }),
    );
  };
  const crop = (part: Part | null) => {
    clearTimeout(timer.current);
    timer.current = undefined;
    onCrop(part);
  };
  const up = () => {
    if (!drag.current) return;
    drag.current = null;
    crop(part);
  };
  const key = (event: KeyboardEvent) => {
    const found = KEYS[event.key];
    if (!found) return;
    event.preventDefault();
    const [kind, sign] = found;
    const next = changedPart(part, size, network, { [kind]: sign * step });
    setPart(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => crop(next), PAUSE);
  };
  const pointer = { onPointerMove: move, onPointerUp: up, onPointerCancel: up };
  const { top, left, height, width } = part;
  return (
    <div class="photo">
      <div class="frame" ref={frame}>
        <Canvas picture={preview} label={name} />
        <button
          type="button"
          class="crop"
          aria-label={`Part of the photo that is classified: ${width}×${height} pixels from ${left}, ${top}; arrow keys move it, + and − resize it`}
          style={{
            ...{ top: share(top, size.height), left: share(left, size.width) },
            ...{ height: share(height, size.height), width: share(width, size.width) },
          }}
          onKeyDown={key}
          onPointerDown={(event) => down(event, false)}
          {...pointer}
        >
          <i class="corner" onPointerDown={(event) => down(event, true)} {...pointer} />
        </button>
      </div>
      <div class="row">
        <button type="button" part="button" onClick={() => crop(middle(size, network.height, network.width))}>
          The middle
        </button>
        <button type="button" part="button" aria-pressed={seen.crop === null} onClick={() => crop(null)}>
          The whole photo
        </button>
        <span class="muted small">
          {seen.crop
            ? `${width}×${height} of ${size.width}×${size.height} pixels`
            : `All ${size.width}×${size.height} pixels`}
        </span>
      </div>
    </div>
  );
}
