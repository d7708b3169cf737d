/**
 * Colours of page and pictures by name, light and dark. Blue and vermilion stay apart in every form of colour blindness
 * (after Okabe and Ito).
 */
const PALETTE = {
  paper: ["#ffffff", "#12161b"],
  panel: ["#f5f7f9", "#1b2129"],
  ink: ["#1b1f24", "#e6edf3"],
  muted: ["#57606a", "#9da7b3"],
  faint: ["#d5dbe1", "#353d47"],
  accent: ["#00518c", "#6cb6ff"],
  "on-accent": ["#ffffff", "#06121d"],
  wrong: ["#b34700", "#ff9b5e"],
} as const;

export type Color = keyof typeof PALETTE;

/** A colour as pictures name it; the page decides what it is. */
export function color(name: Color): string {
  return `var(--${name})`;
}

/** Declarations of all colours for one theme. */
export function themeCss(theme: "light" | "dark"): string {
  const place = theme === "light" ? 0 : 1;
  return Object.entries(PALETTE)
    .map(([name, values]) => `--${name}:${values[place]}`)
    .join(";");
}

/** A picture of the page as a file of its own: light colours filled in, on white. */
export function standalone(svg: string): string {
  const filled = svg
    .replaceAll(/var\(--([\w-]+)\)/g, (whole, name: string) => (name in PALETTE ? PALETTE[name as Color][0] : whole))
    .replaceAll("currentColor", PALETTE.ink[0]);
  const end = filled.indexOf(">") + 1;
  return `${filled.slice(0, end)}<rect width="100%" height="100%" style="fill:${PALETTE.paper[0]};stroke:none"/>${filled.slice(end)}`;
}
