import { convertChannels } from "../datasets/formats/image.ts";
import type { DecodedImage } from "../datasets/formats/pixels.ts";
import type { Occlusion } from "./occlusion.ts";
import { bilinear, type Size } from "./resample.ts";

/** Red, green and blue from 0 to 255, and how much of the picture they cover, from 0 to 1. */
export type Tint = readonly [r: number, g: number, b: number, cover: number];

/**
 * Cividis, dark blue to yellow in even steps of lightness, which looks the same with any form of colour blindness.
 * Nuñez et al. 2018, https://doi.org/10.1371/journal.pone.0199239
 */
const CIVIDIS = [
  ...[0x00204d, 0x00336f, 0x39486b, 0x575c6d, 0x707173],
  ...[0x8a8779, 0xa69d75, 0xc4b56c, 0xe4cf5b, 0xffea46],
].map(rgb);
const FOR = rgb(0xd55e00);
const AGAINST = rgb(0x0072b2);
/** A map that stays below a hundredth of probability shows no more than that. */
const LEAST_SCALE = 0.01;

/**
 * What of a picture a map is about, in its pixels; it may reach beyond. Where none is given, the whole picture. See
 * shownRegion in datasets/fit.ts.
 */
export interface Region extends Size {
  top: number;
  left: number;
}

/** The colour of evidence from 0 to 1. */
export function evidenceTint(value: number): Tint {
  const at = Math.min(1, Math.max(0, value)) * (CIVIDIS.length - 1);
  const first = Math.min(CIVIDIS.length - 2, Math.floor(at));
  const [r, g, b] = [0, 1, 2].map(
    (c) => CIVIDIS[first][c] + (at - first) * (CIVIDIS[first + 1][c] - CIVIDIS[first][c]),
  );
  return [r, g, b, 0.35 + 0.25 * value];
}

/** The colour of what speaks for (to 1, vermilion) or against (to −1, blue) a class; 0 covers nothing. */
export function signedTint(value: number): Tint {
  const [r, g, b] = value > 0 ? FOR : AGAINST;
  return [r, g, b, 0.75 * Math.min(1, Math.abs(value))];
}

/**
 * Evidence over an image in grey: dark blue is none, yellow the most.
 * @param image RGB or grey, at most as large as the picture is to be
 * @param evidence from 0 to 1, as gradCam gives it, of any size
 */
export function overlayEvidence(
  image: DecodedImage,
  evidence: Size & { map: ArrayLike<number> },
  region?: Region,
): DecodedImage {
  return overlay(image, evidence.map, evidence, evidenceTint, region);
}

/**
 * What the class loses over an image in grey: vermilion speaks for the class, blue against it, relative to the largest
 * of the map.
 */
export function overlayOcclusion(
  image: DecodedImage,
  occlusion: Pick<Occlusion, "map" | keyof Size>,
  region?: Region,
): DecodedImage {
  const scale = occlusion.map.reduce((largest, value) => Math.max(largest, Math.abs(value)), LEAST_SCALE);
  return overlay(image, occlusion.map, occlusion, (value) => signedTint(value / scale), region);
}

/**
 * What speaks for a class (vermilion) and against it (blue) over an image in grey, relative to the 99th percentile of
 * the map: single pixels may stand out.
 */
export function overlayAttribution(
  image: DecodedImage,
  { map, ...size }: Size & { map: Float32Array },
  region?: Region,
): DecodedImage {
  const sorted = map.map(Math.abs).sort();
  const scale = sorted[Math.floor(0.99 * (sorted.length - 1))] || sorted[sorted.length - 1] || 1;
  return overlay(image, map, size, (value) => signedTint(Math.max(-1, Math.min(1, value / scale))), region);
}

function overlay(
  { width, height, channels, pixels }: DecodedImage,
  map: ArrayLike<number>,
  from: Size,
  tint: (value: number) => Tint,
  region: Region = { top: 0, left: 0, height, width },
): DecodedImage {
  const [rows, columns] = [Math.round(region.height), Math.round(region.width)];
  const [top, left] = [Math.round(region.top), Math.round(region.left)];
  const values = bilinear(map, from, { height: rows, width: columns });
  const grey = convertChannels(pixels, channels, 1);
  const out = new Uint8Array(width * height * 3);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const [row, column] = [y - top, x - left];
      const inside = row >= 0 && row < rows && column >= 0 && column < columns;
      const [r, g, b, cover] = inside ? tint(values[row * columns + column]) : [0, 0, 0, 0];
      out[3 * i] = Math.round((1 - cover) * grey[i] + cover * r);
      out[3 * i + 1] = Math.round((1 - cover) * grey[i] + cover * g);
      out[3 * i + 2] = Math.round((1 - cover) * grey[i] + cover * b);
    }
  }
  return { width, height, channels: 3, pixels: out };
}

const SMALL = 448;

/**
 * An image as a picture to look at, at its full size: pixels of small ones are drawn as squares until the longer side
 * has 448.
 */
export function picture(image: DecodedImage): DecodedImage {
  const { width, height, channels, pixels } = image;
  const times = Math.ceil(SMALL / Math.max(width, height));
  const out = new Uint8Array(pixels.length * times * times);
  for (let y = 0, at = 0; y < height * times; y++) {
    for (let x = 0; x < width * times; x++, at += channels) {
      const from = (Math.floor(y / times) * width + Math.floor(x / times)) * channels;
      for (let c = 0; c < channels; c++) out[at + c] = pixels[from + c];
    }
  }
  return { width: width * times, height: height * times, channels, pixels: out };
}

function rgb(hex: number): readonly [number, number, number] {
  return [hex >> 16, (hex >> 8) & 255, hex & 255];
}
