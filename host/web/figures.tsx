// Small displays that the views share.
import type { ComponentChildren } from "preact";

/** A number as tables show it, with a true minus. */
export function number(value: number, digits = 3): string {
  return value.toFixed(digits).replace("-", "−");
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Probabilities of all classes as bars, the most probable one marked in words too. */
export function Probabilities({ probs, classNames }: { probs: ArrayLike<number>; classNames: readonly string[] }) {
  const most = Array.from(probs).indexOf(Math.max(...Array.from(probs)));
  return (
    <div class="bars" role="table" aria-label="Probabilities">
      {classNames.map((name, label) => (
        <div key={name} class="bars-row" role="row">
          <span role="rowheader" class={label === most ? "most" : undefined}>
            {name}
          </span>
          <span class="bar" role="presentation">
            <i style={{ width: `${100 * probs[label]}%` }} />
          </span>
          <span class="number" role="cell">
            {percent(probs[label])}
          </span>
        </div>
      ))}
    </div>
  );
}

/** Values around zero as bars, their numbers beside. `limit` is where a bar ends. */
export function Signed(props: { names: readonly string[]; values: ArrayLike<number>; limit: number; label: string }) {
  const { names, values, limit, label } = props;
  return (
    <div class="bars" role="table" aria-label={label}>
      {names.map((name, i) => {
        const share = Math.max(-1, Math.min(1, values[i] / limit));
        return (
          <div key={name} class="bars-row" role="row">
            <span role="rowheader">{name}</span>
            <span class="bar signed" role="presentation">
              <i style={{ left: `${50 + 50 * Math.min(0, share)}%`, width: `${50 * Math.abs(share)}%` }} />
            </span>
            <span class="number" role="cell">
              {number(values[i])}
            </span>
          </div>
        );
      })}
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
