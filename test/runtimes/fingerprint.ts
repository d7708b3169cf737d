// Trains on one thread and on three and prints the fingerprint in one line of JSON. Run by test/runtimes/run.ts on
// every runtime: equal fingerprints are equal bits. Browsers do the same in test/browser/fingerprint.browser.ts.
import * as hqcnn from "../../host/index.ts";
import { createNodePlatform } from "../../host/platform/node.ts";
import { trainTwentySteps } from "./training.ts";

const [one, three] = [await trainTwentySteps(hqcnn, 1), await trainTwentySteps(hqcnn, 3)];
for (const print of ["fingerprint", "measured"] as const) {
  if (three[print] !== one[print]) throw new Error(`${print}: three threads did not end in the bits of one`);
}
console.log(JSON.stringify({ runtime: createNodePlatform().runtime, ...one }));
