// Corruptions of images in float64, the slow way: each value from its definition, with the host's own functions.
import { CORRUPTION_NAMES, CORRUPTIONS, type CorruptionName } from "../../host/evaluation/corruptions/table.ts";
import { uniform01 } from "./random.ts";

interface Picture {
  height: number;
  width: number;
  channels: number;
  pixels: Uint8Array;
}

const mirror = (i: number, n: number): number => {
  let place = i;
  while (place < 0 || place >= n) place = place < 0 ? -place : 2 * (n - 1) - place;
  return place;
};

/** Value of a pixel, mirrored beyond the borders. */
const at = ({ height, width, channels, pixels }: Picture, y: number, x: number, c: number) =>
  pixels[(mirror(y, height) * width + mirror(x, width)) * channels + c];

const between = (picture: Picture, y: number, x: number, c: number) => {
  let sum = 0;
  for (const [row, down] of [0, 1].map((i) => [Math.floor(y) + i, i ? y - Math.floor(y) : 1 - (y - Math.floor(y))]))
    for (const [column, right] of [0, 1].map((i) => [
      Math.floor(x) + i,
      i ? x - Math.floor(x) : 1 - (x - Math.floor(x)),
    ]))
      sum += down * right * at(picture, row, column, c);
  return sum;
};

const luma = (picture: Picture, y: number, x: number) =>
  picture.channels === 1
    ? at(picture, y, x, 0)
    : 0.299 * at(picture, y, x, 0) + 0.587 * at(picture, y, x, 1) + 0.114 * at(picture, y, x, 2);

/** The tables of T.81, K.1 and K.2, as in the standard. */
const LUMA =
  "16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 14 17 22 29 51 87 80 62 18 22 37 56 68 109 103 77 24 35 55 64 81 104 113 92 49 64 78 87 103 121 120 101 72 92 95 98 112 100 103 99";
const CHROMA = `17 18 24 47 99 99 99 99 18 21 26 66 99 99 99 99 24 26 56 99 99 99 99 99 47 66 ${"99 ".repeat(38)}`;

function jpegPlane(plane: (y: number, x: number) => number, picture: Picture, table: string, quality: number) {
  const { height, width } = picture;
  const scale = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  const steps = table
    .trim()
    .split(" ")
    .map((step) => Math.min(255, Math.max(1, Math.floor((Number(step) * scale + 50) / 100))));
  const norm = (u: number) => (u === 0 ? Math.SQRT1_2 : 1) / 2;
  const waves = Array.from(
    { length: 64 },
    (_, i) => norm(i >> 3) * Math.cos(((2 * (i & 7) + 1) * (i >> 3) * Math.PI) / 16),
  );
  const wave = (u: number, x: number) => waves[8 * u + x];
  const blocks = new Map<string, number[]>();
  const coefficients = (top: number, left: number): number[] => {
    const found: number[] = [];
    for (let v = 0; v < 8; v++) {
      for (let u = 0; u < 8; u++) {
        let sum = 0;
        for (let j = 0; j < 8; j++) {
          for (let i = 0; i < 8; i++) {
            const value = plane(Math.min(height - 1, top + j), Math.min(width - 1, left + i));
            sum += wave(v, j) * wave(u, i) * value;
          }
        }
        const step = steps[8 * v + u];
        found.push(step * Math.floor(sum / step + 0.5 + 1e-9));
      }
    }
    return found;
  };
  return (y: number, x: number): number => {
    const [top, left] = [8 * Math.floor(y / 8), 8 * Math.floor(x / 8)];
    const block = blocks.get(`${top} ${left}`) ?? coefficients(top, left);
    blocks.set(`${top} ${left}`, block);
    return block.reduce((sum, value, i) => sum + value * wave(i >> 3, y - top) * wave(i & 7, x - left), 0);
  };
}

/** Values before rounding to 8 bits, (height, width, channels). */
export function corrupted(
  picture: Picture,
  name: CorruptionName,
  severity: number,
  seed: number,
  id: number,
): number[] {
  const { height, width, channels } = picture;
  const strength = CORRUPTIONS[name].strength[severity - 1];
  const length = (strength * Math.min(height, width)) / 28;
  const uniform = (i: number) => uniform01(seed, 64 + CORRUPTION_NAMES.indexOf(name), id, i);
  const normal = (i: number) =>
    Math.sqrt(-2 * Math.log(1 - uniform(2 * i))) * Math.cos(2 * Math.PI * uniform(2 * i + 1));
  const direction = (): [number, number] => {
    for (let i = 0; ; i += 2) {
      const [y, x] = [2 * uniform(i) - 1, 2 * uniform(i + 1) - 1];
      if (y ** 2 + x ** 2 <= 1 && y ** 2 + x ** 2 > 0.01) return [y / Math.hypot(y, x), x / Math.hypot(y, x)];
    }
  };
  const isUp = uniform(0) < 0.5;
  const map = (value: (y: number, x: number, c: number, i: number) => number): number[] =>
    Array.from({ length: height * width * channels }, (_, i) =>
      value(Math.floor(i / channels / width), Math.floor(i / channels) % width, i % channels, i),
    );
  const own = (y: number, x: number, c: number) => at(picture, y, x, c);
  switch (name) {
    case "gaussian-noise":
      return map((y, x, c, i) => own(y, x, c) + 255 * strength * normal(i));
    case "shot-noise":
      return map((y, x, c, i) => {
        const mean = (own(y, x, c) * strength) / 255;
        let [count, probability] = [0, Math.exp(-mean)];
        for (let sum = probability; uniform(i) >= sum && count < 1000; sum += probability)
          probability *= mean / ++count;
        return (255 * count) / strength;
      });
    case "impulse-noise":
      return map((y, x, c, i) => (uniform(2 * i) >= strength ? own(y, x, c) : uniform(2 * i + 1) < 0.5 ? 0 : 255));
    case "defocus-blur":
      return map((y, x, c) => {
        // over all points of a grid eight times as fine
        let [sum, count] = [0, 0];
        const reach = 8 * Math.ceil(length + 1);
        for (let j = -reach; j < reach; j++) {
          for (let i = -reach; i < reach; i++) {
            const [v, u] = [(j + 0.5) / 8, (i + 0.5) / 8];
            if (v ** 2 + u ** 2 > length ** 2) continue;
            sum += own(Math.floor(y + v + 0.5), Math.floor(x + u + 0.5), c);
            count++;
          }
        }
        return sum / count;
      });
    case "motion-blur": {
      const [dy, dx] = direction();
      const last = Math.ceil(4 * length);
      return map((y, x, c) => {
        let sum = 0;
        for (let i = 0; i <= last; i++) {
          const along = length * (i / last - 0.5);
          sum += between(picture, y + along * dy, x + along * dx, c);
        }
        return sum / (last + 1);
      });
    }
    case "pixelation": {
      const side = Math.max(2, Math.round(length));
      return map((y, x, c) => {
        let [sum, count] = [0, 0];
        for (let j = y - (y % side); j < Math.min(height, y - (y % side) + side); j++)
          for (let i = x - (x % side); i < Math.min(width, x - (x % side) + side); i++, count++) sum += own(j, i, c);
        return sum / count;
      });
    }
    case "jpeg": {
      const grey = jpegPlane((y, x) => luma(picture, y, x) - 128, picture, LUMA, strength);
      if (channels === 1) return map((y, x) => grey(y, x) + 128);
      const chroma = (r: number, g: number, b: number) =>
        jpegPlane((y, x) => r * own(y, x, 0) + g * own(y, x, 1) + b * own(y, x, 2), picture, CHROMA, strength);
      const [blue, red] = [chroma(-0.168736, -0.331264, 0.5), chroma(0.5, -0.418688, -0.081312)];
      return map((y, x, c) => {
        const colour = [1.402 * red(y, x), -0.344136 * blue(y, x) - 0.714136 * red(y, x), 1.772 * blue(y, x)];
        return grey(y, x) + 128 + colour[c];
      });
    }
    case "brightness":
      return map((y, x, c) => own(y, x, c) + 255 * (isUp ? strength : -strength));
    case "contrast": {
      let mean = 0;
      for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) mean += luma(picture, y, x) / (height * width);
      return map((y, x, c) => mean + strength * (own(y, x, c) - mean));
    }
    case "gamma": {
      const power = (isUp ? strength : Math.round(256 / strength)) / 16;
      return map((y, x, c) => 255 * (own(y, x, c) / 255) ** power);
    }
    case "saturation": {
      const factor = isUp ? strength : 1 / strength;
      return map((y, x, c) => luma(picture, y, x) + factor * (own(y, x, c) - luma(picture, y, x)));
    }
    case "rotation": {
      const angle = ((isUp ? -1 : 1) * strength * Math.PI) / 180;
      const [middleY, middleX] = [(height - 1) / 2, (width - 1) / 2];
      return map((y, x, c) => {
        const [v, u] = [y - middleY, x - middleX];
        const from = [Math.cos(angle) * v + Math.sin(angle) * u, Math.cos(angle) * u - Math.sin(angle) * v];
        return between(picture, middleY + from[0], middleX + from[1], c);
      });
    }
    case "shift": {
      const [dy, dx] = direction().map((part) => Math.round(length * part));
      return map((y, x, c) => own(y - dy, x - dx, c));
    }
    case "occlusion": {
      const side = Math.max(1, Math.round(length));
      const [top, left] = [height, width].map((n, i) => Math.floor(uniform(i) * (n - side + 1)));
      return map((y, x, c) => (y >= top && y < top + side && x >= left && x < left + side ? 128 : own(y, x, c)));
    }
  }
}
