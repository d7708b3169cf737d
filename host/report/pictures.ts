import { readImages } from "../datasets/images.ts";
import type { Dataset, Split } from "../datasets/types.ts";
import type { RunConfig, TestResult } from "../training/record.ts";
import type { ReportedRun } from "../training/reported.ts";
import { type Html, html } from "./html.ts";
import { shownOfLabels } from "./labelPictures.ts";
import { percentText, shortName } from "./text.ts";

/** An image of the test split as a PNG data URI. */
export type Images = (index: number) => string;

/** The test images that the predictions are about, or a sentence that says why there are none. */
export async function imagesOf({ result, config }: ReportedRun, data: Dataset | string): Promise<Images | string> {
  if (typeof data === "string") return `The images are not shown: ${data}`;
  const split = await data.split("test");
  const { labels, rows } = result!.predictions;
  const isSame = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((value, i) => value === b[i]);
  const fits = rows ? isSame(rows.labels, split.matrix ?? new Uint8Array(0)) : isSame(labels, split.labels);
  if (data.source.md5 !== config.data.md5 || !fits) {
    return `The images are not shown: ${data.source.path} is not the data set of this run; give its path with --data`;
  }
  const lists = rows ? shownOfLabels(config, result!).flatMap(Object.values) : Object.values(shown(config, result!));
  return loadEncoder(data, split, [...new Set((lists as number[][][]).flat(2) as number[])]);
}

/** Images of each class in the samples, and in the two lists of hard ones. */
const SAMPLES = 9;
const HARD = 16;

/** Which test images are shown: the first of each class, the surest mistakes and the least sure answers. */
function shown({ data: { classNames } }: RunConfig, { predictions }: TestResult) {
  const { labels, predicted, probs } = predictions;
  const all = Array.from(labels, (_, i) => i);
  const confidence = (i: number) => probs[i * classNames.length + predicted[i]];
  return {
    samples: classNames.map((_, c) => all.filter((i) => labels[i] === c).slice(0, SAMPLES)),
    surest: all
      .filter((i) => predicted[i] !== labels[i])
      .sort((a, b) => confidence(b) - confidence(a))
      .slice(0, HARD),
    unsure: [...all].sort((a, b) => confidence(a) - confidence(b)).slice(0, HARD),
  };
}

/** Samples of each class, the surest mistakes and the least sure answers. */
export function pictures(config: RunConfig, result: TestResult, uri: Images): Html {
  const { classNames } = config.data;
  const { labels, predicted, probs } = result.predictions;
  const { samples, surest, unsure } = shown(config, result);
  const confidence = (i: number) => probs[i * classNames.length + predicted[i]];
  const image = (i: number, alt: string) => html`<img src="${uri(i)}" alt="${alt}">`;
  const judged = (indices: number[]) =>
    html`<ul class="thumbs captioned">${indices.map(
      (i) =>
        html`<li>${image(i, `Test image ${i}`)}<b>#${i}</b> ${shortName(classNames[labels[i]], 40)}<br>${
          predicted[i] === labels[i]
            ? html`predicted right`
            : html`<span class="wrong">predicted as ${shortName(classNames[predicted[i]], 40)}</span>`
        }, ${percentText(confidence(i))}</li>`,
    )}</ul>`;
  const firstOf = (name: string, c: number) => {
    const first = samples[c];
    if (first.length === 0) return html`<p class="muted">None in the test split.</p>`;
    return html`<ul class="thumbs">${first.map((i) => html`<li>${image(i, `Test image ${i}, ${name}`)}#${i}</li>`)}</ul>`;
  };
  return html`<p>The first test images of each class. Numbers are positions in the test split, counted from 0, as in predictions.csv.</p>
${classNames.map(
  (name, c) => html`<h3>${name}</h3>
${firstOf(name, c)}
`,
)}
<h3>The surest mistakes</h3>
${surest.length === 0 ? html`<p class="muted">There are no mistakes.</p>` : html`<p class="muted">The label, the predicted class and its probability.</p>${judged(surest)}`}
<h3>The least sure</h3>
<p class="muted">The images whose predicted class has the smallest probability.</p>
${judged(unsure)}`;
}

/** Pixels stay as in the data set; the page scales them up without smoothing. */
async function loadEncoder(
  { width, height, channels }: Dataset,
  split: Split,
  indices: readonly number[],
): Promise<Images> {
  const { encode } = await import("fast-png");
  const size = width * height * channels;
  const images = await readImages(split, indices);
  const places = new Map(indices.map((index, i) => [index, i]));
  return (index) => {
    const data = images.subarray(places.get(index)! * size, (places.get(index)! + 1) * size);
    const png = encode({ width, height, data, channels, depth: 8 });
    return `data:image/png;base64,${btoa(String.fromCharCode(...png))}`;
  };
}
