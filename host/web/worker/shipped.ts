import { unzipSync } from "fflate";
import { HqcnnError } from "../../check.ts";
import { decodeImage } from "../../datasets/formats/image.ts";
import type { BrowserPlatform } from "../../platform/browser.ts";
import type { Sample } from "../protocol/messages.ts";
import { pictureOf } from "../protocol/picture.ts";
import { SHIPPED } from "../protocol/state.ts";

/** Test images of each class that ship with it. */
export const SHIPPED_PER_CLASS = 6;

type Files = ReadonlyMap<string, Uint8Array>;

/** A platform on which the shipped run is a folder. Its archive is fetched when first asked for. */
export interface ShippedPlatform extends BrowserPlatform {
  /** The first test images of each class; null: there are no more than SHIPPED_PER_CLASS. */
  shippedImages(perClass: number): Promise<Sample[] | null>;
}

export function withShipped(platform: BrowserPlatform): ShippedPlatform {
  let fetched: Promise<Files> | null = null;
  const files = () => {
    fetched ??= unpack(platform);
    // A page that was offline may be online the next time.
    fetched.catch(() => {
      fetched = null;
    });
    return fetched;
  };
  const nameOf = (path: string) => (path.startsWith(`${SHIPPED}/`) ? path.slice(SHIPPED.length + 1) : null);
  return {
    ...platform,
    async readFile(path) {
      const name = nameOf(path);
      if (name === null) return platform.readFile(path);
      const bytes = (await files()).get(name);
      if (!bytes) throw new HqcnnError(`${path}: there is no such file in the run that ships with the page`);
      return bytes.slice(); // whoever asked may transfer it
    },
    async stat(path) {
      const name = nameOf(path);
      if (name === null) return platform.stat(path);
      const bytes = (await files()).get(name);
      return bytes ? { kind: "file", size: bytes.length } : null;
    },
    async shippedImages(perClass) {
      if (perClass > SHIPPED_PER_CLASS) return null;
      const found: Sample[] = [];
      const count = new Map<number, number>();
      for (const [name, bytes] of await files()) {
        const [, index, label] = (/^test\/(\d+)-(\d+)\.png$/.exec(name) ?? []).map(Number);
        const before = count.get(label) ?? 0;
        if (label === undefined || before === perClass) continue;
        count.set(label, before + 1);
        found.push({ index, label, ...pictureOf(await decodeImage(bytes, name)) });
      }
      return found;
    },
  };
}

async function unpack(platform: BrowserPlatform): Promise<Files> {
  const address = platform.packageFile("host/examples/sample-run.zip");
  const bytes = await platform.readFile(address);
  try {
    return new Map(Object.entries(unzipSync(bytes)));
  } catch (error) {
    throw new HqcnnError(`${address}: expected the run that ships with the page, got something else`, { cause: error });
  }
}
