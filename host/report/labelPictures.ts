import type { RunConfig, TestResult } from "../training/record.ts";
import { type Html, html } from "./html.ts";
import { percentText } from "./text.ts";

/** Images of each list: those with a label, missed ones, false alarms. */
const MOST = 8;

interface Shown {
  samples: number[];
  missed: number[];
  alarms: number[];
}

/** Which test images are shown of each label: the first that have it, and the surest mistakes about it. */
export function shownOfLabels({ data: { classNames } }: RunConfig, { predictions }: TestResult): Shown[] {
  const { rows, probs, labels } = predictions;
  const classes = classNames.length;
  const all = [...labels.keys()];
  return classNames.map((_, label) => {
    const of = (values: ArrayLike<number>) => (i: number) => values[i * classes + label];
    const [is, said, share] = [of(rows!.labels), of(rows!.predicted), of(probs)];
    return {
      samples: all.filter((i) => is(i) === 1).slice(0, MOST),
      missed: all
        .filter((i) => is(i) === 1 && said(i) === 0)
        .sort((a, b) => share(a) - share(b))
        .slice(0, MOST),
      alarms: all
        .filter((i) => is(i) === 0 && said(i) === 1)
        .sort((a, b) => share(b) - share(a))
        .slice(0, MOST),
    };
  });
}

/** Of each label the first images that have it, the surest misses and the surest false alarms. */
export function labelPictures(config: RunConfig, result: TestResult, uri: (index: number) => string): Html {
  const { classNames } = config.data;
  const { probs } = result.predictions;
  const list = (what: string, indices: readonly number[], label: number) =>
    indices.length === 0
      ? html`<p class="muted">${what}: none.</p>`
      : html`<p class="muted">${what}, with the label’s probability:</p>
<ul class="thumbs">${indices.map(
          (i) =>
            html`<li><img src="${uri(i)}" alt="Test image ${i}, ${classNames[label]}">#${i} ${percentText(probs[i * classNames.length + label], 0)}</li>`,
        )}</ul>`;
  return html`<p>Of each label the first test images that have it, and the surest mistakes about it. Numbers are positions in the test split, counted from 0, as in predictions.csv.</p>
${shownOfLabels(config, result).map(
  ({ samples, missed, alarms }, label) => html`<h3>${classNames[label]}</h3>
${list("Images with it", samples, label)}
${list("Missed", missed, label)}
${list("False alarms", alarms, label)}
`,
)}`;
}
