import { UsageError } from "../check.ts";
import { readModelTensors } from "../network/model.ts";
import type { Network } from "../network/network.ts";
import type { TensorMap } from "../network/tensors.ts";
import type { Platform } from "../platform/platform.ts";
import { RUN_FILES } from "./files.ts";
import type { RunConfig } from "./record.ts";

export type Started = NonNullable<RunConfig["start"]>;

/** Tensors named in a message; the others are counted. */
const NAMED = 8;

/**
 * Puts the tensors of a model file that the network has, too, in the place of its own. A head of another kind or size
 * is left as it is; the trunk, the
 * convolution blocks, must fit wholly unless `partial`.
 * @param path a model file or run folder
 * @returns how many of the network's tensors were taken, and why the others were not
 * @throws UsageError when nothing fits, or not the whole trunk
 */
export async function startFrom(
  network: Network,
  platform: Platform,
  path: string,
  partial: boolean,
): Promise<Started> {
  const found = await platform.stat(path);
  const file = found?.kind === "folder" ? platform.join(path, RUN_FILES.model) : path;
  const { tensors } = readModelTensors(await platform.readFile(file), file);
  const own = network.tensors();
  const left = new Map<string, string>();
  for (const [name, { shape }] of own) {
    const other = tensors.get(name);
    if (!other) left.set(name, `${name}: not in the file`);
    else if (other.shape.join() !== shape.join()) {
      left.set(name, `${name}: expected ${shape.join("×")}, the file has ${other.shape.join("×") || "a scalar"}`);
    }
  }
  const taken = own.size - left.size;
  const counts = `${taken} of ${own.size} tensors`;
  if (taken === 0) {
    throw new UsageError(`--start: ${file} has no tensor of this network's names and shapes: choose another model`);
  }
  const trunk = trunkTensors(network).filter((name) => left.has(name));
  if (trunk.length > 0 && !partial) {
    throw new UsageError(
      `--start: ${file} fits ${counts} of this network, but not its convolution blocks: ${listed(trunk.map((name) => left.get(name)!))}\n` +
        "choose a model with the same blocks, or take what fits with --start-partial",
    );
  }
  network.load(
    new Map([...own].map(([name, tensor]) => [name, left.has(name) ? tensor : tensors.get(name)!])) as TensorMap,
  );
  return { file, taken, of: own.size, left: [...left.values()] };
}

/** What was taken of a model, in one line; a reader who expected all of it must see it. */
export function startText({ file, taken, of, left }: Started): string {
  const rest = left.length === 0 ? "" : `; not taken, and freshly initialised: ${listed(left)}`;
  return `start: took ${taken} of ${of} tensors from ${file}${rest}`;
}

/** Names of the trunk's tensors, running statistics among them. */
function trunkTensors({ layers }: Network): string[] {
  return layers.filter(({ part }) => part === "trunk").flatMap(({ tensors }) => tensors.map(({ name }) => name));
}

function listed(texts: readonly string[]): string {
  const more = texts.length > NAMED ? `, and ${texts.length - NAMED} more` : "";
  return texts.slice(0, NAMED).join(", ") + more;
}
