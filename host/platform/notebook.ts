import type { EngineSource, Notebook } from "./platform.ts";

/** The notebook of a platform; undefined where it has no cache folder that could hold one. */
export function notebookOf(source: EngineSource): Notebook | undefined {
  const { join, makeFolder, writeFile } = source;
  if (!join || !makeFolder || !writeFile) return undefined;
  const folder = () => join(source.cacheFolder!, "checks");
  return {
    async read(name) {
      try {
        return new TextDecoder().decode(await source.readFile(join(folder(), name)));
      } catch {
        return null;
      }
    },
    async write(name, text) {
      try {
        await makeFolder(folder());
        await writeFile(join(folder(), name), text);
      } catch {} // then the next process checks again
    },
  };
}
