/**
 * An image as 8-bit pixels, (height, width, channels) row by row. Greyscale if every pixel is grey, however the file
 * stores it.
 */
export interface DecodedImage {
  width: number;
  height: number;
  channels: 1 | 3;
  pixels: Uint8Array;
}

/** Larger images are refused before they are decoded. */
export const megapixels = 100;

export function checkDimensions(width: number, height: number): void {
  if (width >= 1 && height >= 1 && width * height <= megapixels * 1e6) return;
  throw new Error(`expected 1 to ${megapixels} million pixels, got ${width} × ${height}`);
}
