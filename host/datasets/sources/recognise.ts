import { decodeImage } from "../formats/image.ts";
import type { DecodedImage } from "../formats/pixels.ts";

/** An image and what a reader should know about how it was read. */
export interface Recognised {
  image: DecodedImage;
  notes: string[];
}

/** What is read, in words. */
export const formatNames = "PNG, JPEG, TIFF, DICOM";

/** Bytes of a file that tell what it is. */
export const startBytes = 132;

/** Whether the first bytes are those of an image format, read or not. Everything else is no image, whatever its name. */
export function isImageStart(bytes: Uint8Array): boolean {
  const hex = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const isDicom = bytes.subarray(128, 132).join() === "68,73,67,77"; // DICM
  return isDicom || /^(89504e47|ffd8ff|49492a00|4d4d002a)/.test(hex);
}

/** Decodes an image file. @throws HqcnnError that names it */
export async function recognise(bytes: Uint8Array, name: string): Promise<Recognised> {
  return { image: await decodeImage(bytes, name), notes: [] };
}
