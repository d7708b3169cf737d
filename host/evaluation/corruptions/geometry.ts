import { byte, reflected, type Shape, sample } from "./pixels.ts";

/** Cosine and sine of the table's angles: constants, as a host's functions may differ in the last bit. */
const ANGLES: Record<number, readonly [cosine: number, sine: number]> = {
  5: [0.9961946980917455, 0.08715574274765817],
  10: [0.984807753012208, 0.17364817766693033],
  17: [0.9563047559630354, 0.29237170472273677],
  26: [0.898794046299167, 0.4383711467890774],
  40: [0.766044443118978, 0.6427876096865393],
};

/** About the centre, counter-clockwise, or clockwise with `clockwise`. */
export function rotation(image: Uint8Array, shape: Shape, degrees: number, clockwise: boolean): Uint8Array {
  const { height, width, channels } = shape;
  const [cosine, size] = ANGLES[degrees];
  const sine = clockwise ? -size : size;
  const [middleY, middleX] = [(height - 1) / 2, (width - 1) / 2];
  const out = new Uint8Array(image.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [v, u] = [y - middleY, x - middleX];
      sample(image, shape, middleY + cosine * v + sine * u, middleX + cosine * u - sine * v, (c, value) => {
        out[(y * width + x) * channels + c] = byte(value);
      });
    }
  }
  return out;
}

/** By whole pixels. */
export function shift(
  image: Uint8Array,
  { height, width, channels }: Shape,
  [dy, dx]: readonly [y: number, x: number],
): Uint8Array {
  const out = new Uint8Array(image.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (reflected(y - dy, height) * width + reflected(x - dx, width)) * channels;
      for (let c = 0; c < channels; c++) out[(y * width + x) * channels + c] = image[from + c];
    }
  }
  return out;
}

/** A square of middle grey that lies within the image. @param place in [0, 1), of its upper left corner */
export function occlusion(
  image: Uint8Array,
  { height, width, channels }: Shape,
  side: number,
  place: readonly [y: number, x: number],
): Uint8Array {
  const out = image.slice();
  const top = Math.floor(place[0] * (Math.max(0, height - side) + 1));
  const left = Math.floor(place[1] * (Math.max(0, width - side) + 1));
  for (let y = top; y < Math.min(height, top + side); y++)
    out.fill(128, (y * width + left) * channels, (y * width + Math.min(width, left + side)) * channels);
  return out;
}
