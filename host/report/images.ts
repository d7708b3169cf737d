import type { Dataset, Split } from "../datasets/types.ts";

/** Makes the PNG data URI of an image of a split. */
export type Thumbnails = (split: Split, index: number) => string;

/** Loads the PNG encoder. Pixels are as in the data set; the page scales them up without smoothing. */
export async function loadThumbnails({ width, height, channels }: Dataset): Promise<Thumbnails> {
  const { encode } = await import("fast-png");
  const size = width * height * channels;
  return ({ images }, index) => {
    const data = images.subarray(index * size, (index + 1) * size);
    const png = encode({ width, height, data, channels, depth: 8 });
    return `data:image/png;base64,${btoa(String.fromCharCode(...png))}`;
  };
}
