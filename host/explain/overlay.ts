import { convertChannels, toInput } from "../datasets/formats/image.ts";
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
export function overlayEvidence(image: DecodedImage, evidence: Size & { map: ArrayLike<number> }): DecodedImage {
  return overlay(image, evidence.map, evidence, evidenceTint);
}

/**
 * What the class loses over an image in grey: vermilion speaks for the class, blue against it, relative to the largest
 * of the map.
 */
export function overlayOcclusion(image: DecodedImage, occlusion: Pick<Occlusion, "map" | keyof Size>): DecodedImage {
  const scale = occlusion.map.reduce((largest, value) => Math.max(largest, Math.abs(value)), LEAST_SCALE);
  return overlay(image, occlusion.map, occlusion, (value) => signedTint(value / scale));
}

function overlay(
  { width, height, channels, pixels }: DecodedImage,
  map: ArrayLike<number>,
  from: Size,
  tint: (value: number) => Tint,
): DecodedImage {
  const values = bilinear(map, from, { height, width });
  const grey = convertChannels(pixels, channels, 1);
  const out = new Uint8Array(width * height * 3);
  values.forEach((value, i) => {
    const [r, g, b, cover] = tint(value);
    [r, g, b].forEach((color, c) => {
      out[3 * i + c] = Math.round((1 - cover) * grey[i] + cover * color);
    });
  });
  return { width, height, channels: 3, pixels: out };
}

const SMALL = 448;
const LARGE = 1024;

/**
 * An image as a picture to look at: pixels of small ones drawn as squares until the longer side has 448, large ones cut
 * down to 1024.
 */
export async function picture(image: DecodedImage): Promise<DecodedImage> {
  const { width, height, channels, pixels } = image;
  const longer = Math.max(width, height);
  if (longer > LARGE) {
    const size = { width: cut(width, longer), height: cut(height, longer), channels };
    return { ...size, pixels: await toInput(image, size) };
  }
  const times = Math.ceil(SMALL / longer);
  const out = new Uint8Array(pixels.length * times * times);
  for (let y = 0, at = 0; y < height * times; y++) {
    for (let x = 0; x < width * times; x++, at += channels) {
      const from = (Math.floor(y / times) * width + Math.floor(x / times)) * channels;
      for (let c = 0; c < channels; c++) out[at + c] = pixels[from + c];
    }
  }
  return { width: width * times, height: height * times, channels, pixels: out };
}

function cut(side: number, longer: number): number {
  return Math.max(1, Math.round((side * LARGE) / longer));
}

function rgb(hex: number): readonly [number, number, number] {
  return [hex >> 16, (hex >> 8) & 255, hex & 255];
}
