import type { PlotOptions } from "@observablehq/plot";

export const rowAxis = {
  insetLeft: 8,
  insetRight: 8,
  labelAnchor: "center",
  labelArrow: "none",
  labelOffset: 36,
} as const;

/** One row per name, in the order given. */
export function rowLayout(rows: readonly { name: string }[], height: number): PlotOptions {
  const names = rows.map(({ name }) => name);
  return {
    height: 56 + rows.length * height,
    marginLeft: 20 + 7 * Math.max(...names.map((name) => name.length)),
    marginTop: 8,
    marginBottom: 44,
    y: { type: "band", domain: names, label: null, tickSize: 0, padding: 0.1 },
  };
}
