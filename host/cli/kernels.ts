import { pCell } from "../comparison/text.ts";
import { trainSubset } from "../datasets/subset.ts";
import type { Dataset } from "../datasets/types.ts";
import { createPermutation, STREAMS } from "../engine/random.ts";
import { kernelAblation } from "../evaluation/quantumKernel.ts";
import type { Network } from "../network/network.ts";
import { notesOn } from "../work/notes.ts";
import { print, printJson, table } from "./terminal.ts";

const percent = (share: number) => (100 * share).toFixed(2);

/** hqcnn evaluate --kernels. `fraction`: of the training images that the network saw. */
export async function showKernels(
  network: Network,
  data: Dataset,
  about: { model: string; seed: number; fraction: number; warnings: readonly string[] },
  json = false,
): Promise<void> {
  const { model, seed, fraction, warnings } = about;
  const permutation = createPermutation(network.engine, seed, STREAMS.split);
  const seen = await trainSubset(data, fraction, permutation);
  const found = await kernelAblation(network, seen, permutation);
  const note = notesOn(data.protocol).join("\n");
  if (json) {
    printJson({ model, data: data.name, protocol: data.protocol, ...found, note, warnings });
    return;
  }
  const { images, of, features, rows } = found;
  print(
    `${data.name}, protocol ${data.protocol}: support vector machines on ${features} features of ${images} of ${of} training images, ${found.test} test images\n`,
  );
  print(
    table([
      ["kernel", "C", "gamma", "val accuracy %", "test accuracy %", "95 % interval", "McNemar p to fidelity"],
      ...rows.map(({ kernel, cost, gamma, val, accuracy, interval, mcnemar }) => [
        ...[kernel, String(cost), gamma === null ? "–" : gamma.toFixed(4), percent(val), percent(accuracy)],
        interval.map(percent).join(" to "),
        mcnemar === null ? "–" : pCell(mcnemar),
      ]),
      ["the network", "–", "–", "–", percent(found.network), "", ""],
    ]),
  );
  print(`\nC and gamma: those with the best accuracy on val\n${note}`);
}
