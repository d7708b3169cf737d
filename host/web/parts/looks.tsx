import { useMemo, useRef } from "preact/hooks";
import { type Kernel, type Patch, seenBy, type Window } from "../../explain/receptiveField.ts";
import type { Picture } from "../protocol/picture.ts";
import { ARROWS } from "./arrows.ts";
import { Canvas } from "./canvas.tsx";
import { Figure, number } from "./figures.tsx";
import { inSheet, magnitude, signedMap } from "./maps.ts";

/** A pixel of a feature map. */
export interface Place {
  row: number;
  column: number;
}

interface PlaceInProps {
  map: Picture;
  label: string;
  place: Place;
  onPlace: (place: Place) => void;
}

/** A map with a mark on one of its pixels: a pointer moves it, so do the arrow keys. */
export function PlaceIn({ map, label, place, onPlace }: PlaceInProps) {
  const { height, width } = map;
  const clamp = (value: number, size: number) => Math.max(0, Math.min(size - 1, Math.floor(value)));
  const point = ({ currentTarget, clientX, clientY }: PointerEvent & { currentTarget: HTMLElement }) => {
    const { left, top, width: across, height: down } = currentTarget.getBoundingClientRect();
    const [row, column] = [((clientY - top) / down) * height, ((clientX - left) / across) * width];
    onPlace({ row: clamp(row, height), column: clamp(column, width) });
  };
  return (
    <button
      type="button"
      class="sheet place"
      aria-label={`${label}: row ${place.row}, column ${place.column}; arrow keys move`}
      onPointerMove={point}
      onPointerDown={point}
      onKeyDown={(event) => {
        const arrow = ARROWS[event.key];
        if (!arrow) return;
        event.preventDefault();
        const [down, right] = arrow;
        onPlace({ row: clamp(place.row + down, height), column: clamp(place.column + right, width) });
      }}
    >
      <Canvas picture={map} />
      <Mark
        patch={{ top: place.row, left: place.column, bottom: place.row, right: place.column }}
        {...{ height, width }}
      />
    </button>
  );
}

/** A frame around a patch of a picture of that size; what lies outside is cut off. */
function Mark({ patch, height, width }: { patch: Patch; height: number; width: number }) {
  const share = (part: number, whole: number) => `${(100 * part) / whole}%`;
  const { top, left, bottom, right } = within(patch, height, width);
  return (
    <i
      style={{
        left: share(left, width),
        top: share(top, height),
        width: share(right - left + 1, width),
        height: share(bottom - top + 1, height),
      }}
    />
  );
}

/** The part of a patch that lies in a picture. */
function within({ top, left, bottom, right }: Patch, height: number, width: number): Patch {
  return {
    ...{ top: Math.max(0, top), left: Math.max(0, left) },
    ...{ bottom: Math.min(height - 1, bottom), right: Math.min(width - 1, right) },
  };
}

function cut({ rgba, width, height }: Picture, patch: Patch): Picture {
  const { top, left, bottom, right } = within(patch, height, width);
  const [rows, columns] = [bottom - top + 1, right - left + 1];
  const out = new Uint8ClampedArray(4 * rows * columns);
  for (let y = 0; y < rows; y++) {
    const from = 4 * ((top + y) * width + left);
    out.set(rgba.subarray(from, from + 4 * columns), 4 * y * columns);
  }
  return { height: rows, width: columns, rgba: out };
}

interface LooksProps {
  name: string;
  image: Picture;
  windows: readonly Window[];
  place: Place;
  kernel: Kernel | null;
  value: number;
}

/** The kernel of a feature map, and the patch of the image that one of its pixels looks at. */
export function Looks({ name, image, windows, place: { row, column }, kernel, value }: LooksProps) {
  const patch = seenBy(windows, { top: row, left: column, bottom: row, right: column });
  const [rows, columns] = [patch.bottom - patch.top + 1, patch.right - patch.left + 1];
  const { top, left, bottom, right } = patch;
  const patchPicture = useMemo(() => cut(image, patch), [image, top, left, bottom, right]);
  const drawn = useRef<{ kernel: Kernel; picture: Picture; most: number } | null>(null);
  if (kernel && drawn.current?.kernel !== kernel) {
    const { channels, size, weights } = kernel;
    const most = magnitude(weights);
    const placed = inSheet({ shape: [channels, size, size], values: Float32Array.from(weights) }, 0);
    drawn.current = { kernel, most, picture: signedMap(placed.values, placed.height, placed.width, most) };
  }
  const { height, width } = image;
  const isCut = top < 0 || left < 0 || bottom >= height || right >= width;
  return (
    <div class="looks" aria-live="off">
      <Figure caption={`Row ${row}, column ${column}, value ${number(value, 2)}: it looks at this part of the image`}>
        <div class="sheet">
          <Canvas picture={image} label={`Where ${name} looks in the image`} />
          <Mark patch={patch} {...{ height, width }} />
        </div>
      </Figure>
      <Figure caption={`The patch, ${rows}×${columns}${isCut ? ", with what lies beyond the edge left out" : ""}`}>
        <Canvas picture={patchPicture} label={`The patch of the image that ${name} looks at`} />
      </Figure>
      {kernel && drawn.current && (
        <Figure
          caption={`Its kernel: ${kernel.size}×${kernel.size} for each of the ${kernel.channels} channels before it, orange to ${number(drawn.current.most, 2)}, blue to ${number(-drawn.current.most, 2)}`}
        >
          <Canvas picture={drawn.current.picture} label={`Kernel of the feature map of ${name}`} />
        </Figure>
      )}
    </div>
  );
}
