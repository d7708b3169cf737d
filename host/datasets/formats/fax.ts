import { Refusal } from "./pixels.ts";
import type { Page } from "./tiffPage.ts";

export function decodeFax(_input: Uint8Array, _page: Page, _length: number): Uint8Array {
  throw new Refusal("TIFF with CCITT fax compression is not read; save it again with LZW or deflate");
}
