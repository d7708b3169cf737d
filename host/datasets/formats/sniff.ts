import type { Platform } from "../../platform/platform.ts";
import { formatOf, imageExtensions } from "./decode.ts";

/** Bytes that tell every format of the table. */
const head = 144;

/**
 * Whether a file is to be read as an image: by its content, whatever its name, or by its name alone, so that an image
 * that is damaged is named and not passed over.
 */
export async function isImageFile(platform: Platform, path: string): Promise<boolean> {
  const name = platform.basename(path);
  if (imageExtensions.includes(name.slice(name.lastIndexOf(".") + 1).toLowerCase())) return true;
  const file = await platform.openFile(path);
  try {
    return formatOf(await file.read(0, Math.min(head, file.size)))?.isRead ?? false;
  } finally {
    await file.close();
  }
}
