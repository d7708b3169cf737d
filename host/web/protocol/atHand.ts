// What the page says to people and to the outside, and the test images that it offers.
import { inWords } from "../../training/fields.ts";
import type { LabEvents } from "./events.ts";
import type { ImageAtHand, ModelAtHand, SessionProxy } from "./messages.ts";
import { imageOf } from "./picture.ts";

/** Tells the outside: an event of the element. */
export type Emit = <Name extends keyof LabEvents>(name: Name, detail: LabEvents[Name]) => void;

/** An error as a sentence. Those of our own have one already, with the command line's names of options. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return /^(Hqcnn|Usage|Diverged|Kernel)Error$/.test(error.name)
    ? inWords(error.message)
    : `Unexpected: ${error.message}`;
}

/** Images of the test split that are taken of each class. */
const OF_EACH_CLASS = 2;

/** Images of the test split that the model was not trained on, with their classes. */
export async function testImages(session: SessionProxy, { info, folder }: ModelAtHand): Promise<ImageAtHand[]> {
  const samples = await session.testSamples(info, folder, OF_EACH_CLASS);
  return samples.map(({ index, label, labels, height, width, rgba }) => ({
    name: `${info.data.name}, test image ${index}`,
    source: imageOf({ height, width, rgba }),
    label,
    ...(labels && { labels }),
  }));
}
