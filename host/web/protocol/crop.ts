import type { Fit, Size } from "../../datasets/fit.ts";
import type { Part } from "../../datasets/formats/image.ts";

/** Sides whose ratio differs from the network's by more are not near it. */
const NEAR = 0.1;
/** A picture with a longer side is a photo, not an image of a data set. */
const PHOTO = 300;
/** Of a smaller one no part need be chosen, whatever its ratio. */
const SMALL = 64;
/** The smallest side of a part, in pixels. */
const LEAST = 8;

const isNear = (image: Size, { height, width }: Size) =>
  Math.abs(Math.log((image.width * height) / (image.height * width))) <= NEAR;

/** Whether it makes sense to choose a part of a picture. */
export function isPhoto(image: Size, network: Size): boolean {
  return Math.max(image.height, image.width) > PHOTO || !isNear(image, network);
}

/** Whether a picture that is classified whole has its shape changed so much that a part of it may be better. */
export function isReshaped(image: Size, network: Size & { fit?: Fit }): boolean {
  const { fit = "squash" } = network;
  return fit === "squash" && !isNear(image, network) && Math.max(image.height, image.width) > SMALL;
}

/** A part moved and resized about its middle, kept in the picture and in the network's ratio. */
export function changedPart(
  part: Part,
  image: Size,
  network: Size,
  by: Partial<Record<"x" | "y" | "grow", number>>,
): Part {
  const ratio = network.width / network.height;
  const most = Math.min(image.height, image.width / ratio);
  const height = Math.max(Math.min(LEAST, most), Math.min(most, part.height + (by.grow ?? 0)));
  const width = height * ratio;
  const place = (start: number, old: number, size: number, whole: number) =>
    Math.round(Math.max(0, Math.min(whole - size, start + (old - size) / 2)));
  const rounded = { height: Math.max(1, Math.floor(height)), width: Math.max(1, Math.floor(width)) };
  return {
    ...rounded,
    top: place(part.top + (by.y ?? 0), part.height, rounded.height, image.height),
    left: place(part.left + (by.x ?? 0), part.width, rounded.width, image.width),
  };
}
