// Decodes every picture of test/fixtures/formats, and those that people brought where ../shared is there, and prints a
// checksum of all pixels, of what the network is shown of them, and of what is said and refused. Run by run.ts.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { HqcnnError } from "../../host/check.ts";
import { fitImage } from "../../host/datasets/fit.ts";
import { decodeFile } from "../../host/datasets/formats/decode.ts";
import { createNodePlatform } from "../../host/platform/node.ts";
import { repository } from "../util/paths.ts";

const hash = createHash("sha256");
let read = 0;
for (const folder of ["test/fixtures/formats", "../shared/cases/images", "../shared/cases/dicom"]) {
  if (!existsSync(repository(folder))) continue;
  for (const name of readdirSync(repository(folder)).sort()) {
    if (/\.(py|json)$/.test(name)) continue;
    const bytes = new Uint8Array(readFileSync(repository(`${folder}/${name}`)));
    try {
      const { frames, steps, notes } = await decodeFile(bytes, name, { frame: "all" });
      hash.update(`${name} ${steps.join()} ${notes.join()}`);
      for (const frame of frames) {
        hash.update(frame.pixels);
        hash.update(await fitImage(frame, { channels: 3, height: 28, width: 28 }));
      }
      read++;
    } catch (error) {
      if (!(error instanceof HqcnnError)) throw error;
      hash.update(error.message);
    }
  }
}
if (read < 130) throw new Error(`expected to read at least 130 pictures, read ${read}`);
console.log(JSON.stringify({ runtime: createNodePlatform().runtime, fingerprint: hash.digest("hex"), read }));
