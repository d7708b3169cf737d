import { byte } from "./pixels.ts";

/** White is 1 in `deviation`. @param normals one standard normal number for each value */
export function gaussianNoise(image: Uint8Array, deviation: number, normals: Float32Array): Uint8Array {
  return image.map((value, i) => byte(value + 255 * deviation * normals[i]));
}

/** exp(−photons / 255) as a constant: a host's Math.exp may differ in the last bit, products do not. */
const NO_PHOTON: Record<number, number> = {
  250: 0.37516394688353344,
  100: 0.6755981294711625,
  50: 0.8219477656585986,
  25: 0.9066133495920952,
  12: 0.9540312764529154,
};

/**
 * Every value v becomes a Poisson number of mean v · photons / 255, divided by photons / 255: the smallest whose
 * distribution function lies above the uniform number.
 * @param uniforms one in [0, 1) for each value
 */
export function shotNoise(image: Uint8Array, photons: number, uniforms: Float32Array): Uint8Array {
  return image.map((value, i) => {
    const table = poisson(value, photons);
    let [low, high] = [0, table.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (uniforms[i] < table[middle]) high = middle;
      else low = middle + 1;
    }
    return byte((low * 255) / photons);
  });
}

/** Tables that were made, by 256 · photons + value. */
const tables = new Map<number, Float64Array>();

/** The distribution function of a Poisson number of mean value · photons / 255, up to 1. */
function poisson(value: number, photons: number): Float64Array {
  const known = tables.get(256 * photons + value);
  if (known) return known;
  const mean = (value * photons) / 255;
  let probability = 1;
  for (let i = 0; i < value; i++) probability *= NO_PHOTON[photons];
  const made: number[] = [];
  let sum = 0;
  for (let count = 0; sum < 1 - 2 ** -26 && count < 2 * photons + 50; count++) {
    if (count > 0) probability *= mean / count;
    sum += probability;
    made.push(sum);
  }
  const table = Float64Array.from(made);
  tables.set(256 * photons + value, table);
  return table;
}

/** @param uniforms two in [0, 1) for each value: whether it changes, and to what */
export function impulseNoise(image: Uint8Array, share: number, uniforms: Float32Array): Uint8Array {
  return image.map((value, i) => (uniforms[2 * i] >= share ? value : uniforms[2 * i + 1] < 0.5 ? 0 : 255));
}
