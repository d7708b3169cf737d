// What dropped.browser.ts runs in a page.
import { openDataset } from "../../host/api.ts";
import { fetchDataset } from "../../host/datasets/sources/download.ts";
import { medmnist } from "../../host/datasets/sources/medmnist.ts";
import { createBrowserPlatform } from "../../host/platform/browser.ts";
import { givenFiles, keepDropped } from "../../host/web/worker/dropped.ts";

export const platform = createBrowserPlatform({ base: "/build/web/" });

type Told = { ended: unknown } | { refused: string };

/** Keeps what was given, opens it if it is data, and says what came of it. */
async function keep(from: DataTransfer | FileList | readonly File[]): Promise<Told> {
  const progress: number[] = [];
  try {
    const dropped = await keepDropped(await givenFiles(from), { platform, onProgress: (done) => progress.push(done) });
    if (dropped.kind !== "data") return { ended: { kind: dropped.kind } };
    const { name, counts, channels, classNames } = await openDataset(dropped.path, { platform, task: "multiclass" });
    return { ended: { ...dropped, data: { name, counts, channels, classNames }, progress: progress.at(-1) } };
  } catch (error) {
    return { refused: `${(error as Error).name}: ${(error as Error).message}` };
  }
}

export const keepFiles = (files: readonly { name: string; bytes: number[]; type?: string }[]): Promise<Told> =>
  keep(files.map(({ name, bytes, type }) => new File([new Uint8Array(bytes)], name, { type })));

/** What a person did last, with an input or by dropping: see the page in dropped.browser.ts. */
let last: Promise<Told> = Promise.resolve({ refused: "nothing yet" });
export const outcome = () => last;
export function watch(): void {
  for (const input of document.querySelectorAll("input")) {
    input.addEventListener("change", () => {
      last = keep(input.files!);
    });
  }
  addEventListener("dragover", (event) => event.preventDefault());
  for (const type of ["drop", "paste"] as const) {
    addEventListener(type, (event) => {
      event.preventDefault();
      const transfer = "dataTransfer" in event ? event.dataTransfer : event.clipboardData;
      last = keep(transfer!);
    });
  }
}

/** Fetches a set whose official MD5 is `md5`; says how far it came. */
export async function fetchSet(name: string, baseUrl: string, md5: string): Promise<Told & { progress: number[] }> {
  medmnist[name].md5 = md5;
  const progress: number[] = [];
  const onProgress = (done: number) => progress.push(done);
  return fetchDataset(name, { platform, baseUrl, onProgress }).then(
    (path) => ({ ended: path, progress }),
    (error: Error) => ({ refused: `${error.name}: ${error.message}`, progress }),
  );
}
