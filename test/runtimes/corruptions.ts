// Corrupts made images in every way and prints a checksum of all pixels in one line of JSON. Run by run.ts.
import { createHash } from "node:crypto";
import { loadEngine } from "../../host/api.ts";
import { corruptImage, createDraws } from "../../host/evaluation/corruptions/corrupt.ts";
import { CORRUPTION_NAMES, SEVERITIES } from "../../host/evaluation/corruptions/table.ts";
import { createNodePlatform } from "../../host/platform/node.ts";
import { integers } from "../util/numbers.ts";

const hash = createHash("sha256");
const shape = { height: 28, width: 30, channels: 3 };
const pixels = integers(28 * 30 * 3, 11, 256);
const draws = createDraws(await loadEngine({ threads: 1 }), 5);
for (const name of CORRUPTION_NAMES) {
  for (const severity of SEVERITIES) {
    for (const id of [0, 9]) hash.update(corruptImage(pixels, shape, name, severity, draws(name, id)));
  }
}
console.log(JSON.stringify({ runtime: createNodePlatform().runtime, fingerprint: hash.digest("hex") }));
