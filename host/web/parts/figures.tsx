// Small displays that the views share.
import type { ComponentChildren } from "preact";
import { inWords } from "../../training/fields.ts";

/** A number as tables show it, with a true minus. */
export function number(value: number, digits = 3): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** The most probable class; the first of several that are equal. */
export function mostProbable(probs: ArrayLike<number>): number {
  return Array.from(probs).reduce((most, share, label) => (share > probs[most] ? label : most), 0);
}

/**
 * Probabilities as bars, the most probable class in bold; with `most`, only so many of the most probable where there
 * are more.
 */
export function Probabilities(props: { probs: ArrayLike<number>; classNames: readonly string[]; most?: number }) {
  const { probs, classNames, most = classNames.length } = props;
  const shares = classNames.map((name, label) => ({ name, share: probs[label] }));
  const ranked = shares.toSorted((a, b) => b.share - a.share);
  const shown = most < shares.length ? ranked.slice(0, most) : shares;
  return (
    <Bars
      label="Probabilities"
      stacked
      rows={shown.map(({ name, share }) => ({ name, share, text: percent(share), most: name === ranked[0].name }))}
    />
  );
}

/** Values around zero as bars, their numbers beside. `limit` is where a bar ends. */
export function Signed(props: { names: readonly string[]; values: ArrayLike<number>; limit: number; label: string }) {
  const { names, values, limit, label } = props;
  const rows = names.map((name, i) => ({ name, share: values[i] / limit, text: number(values[i]) }));
  return <Bars label={label} rows={rows} signed />;
}

interface BarRow {
  name: string;
  /** How long the bar is, 0 to 1, or −1 to 1 if signed. */
  share: number;
  text: string;
  most?: boolean;
}

/** Named bars with their numbers; signed ones start in the middle, stacked ones have their name above. */
export function Bars(props: { label: string; rows: readonly BarRow[]; signed?: boolean; stacked?: boolean }) {
  const { label, rows, signed = false, stacked = false } = props;
  const bar = (share: number) =>
    signed
      ? { left: `${50 + 50 * Math.min(0, share)}%`, width: `${50 * Math.abs(share)}%` }
      : { width: `${100 * share}%` };
  return (
    <ul class={stacked ? "bars stacked" : "bars"} aria-label={label}>
      {rows.map(({ name, share, text, most }) => (
        <li key={name}>
          <span class={most ? "most" : undefined}>{name}</span>
          <span class={signed ? "bar signed" : "bar"}>
            <i style={bar(Math.max(-1, Math.min(1, share)))} />
          </span>
          <span class="number">{text}</span>
        </li>
      ))}
    </ul>
  );
}

/** What should be known about what is shown: skipped, guessed, dropped; one sentence each, nothing if there is none. */
export function Notes({ texts }: { texts: readonly string[] }) {
  if (texts.length === 0) return null;
  return (
    <div class="notice" role="note">
      {[...new Set(texts)].map((text) => (
        <p key={text}>{inWords(text)}</p>
      ))}
    </div>
  );
}

/** A picture with words below it. */
export function Figure({ caption, children }: { caption: ComponentChildren; children: ComponentChildren }) {
  return (
    <figure class="tile">
      {children}
      <figcaption>{caption}</figcaption>
    </figure>
  );
}
