import { countParams, type Layer, type Shape } from "../network/layers/layer.ts";
import { describeModules } from "../network/layers/modules.ts";
import { escapeHtml } from "./html.ts";
import { color } from "./palette.ts";

const COLUMN = 104;
const TOP = 12;
/** Room for the drawings above the text. */
const BODY = 132;
const LINE = 14;
/** Most circles drawn one by one for a vector. */
const MOST_CIRCLES = 16;

/** The network as a row of feature maps and vectors: what each layer does, what it gives out, its parameters. */
export function drawArchitecture(layers: readonly Layer[], label: string): string {
  const input = { name: "input", does: ["Image"], outShape: layers[0].inShape, params: null, circuit: false };
  const columns = [
    input,
    ...layers.map((layer) => ({
      ...{
        name: layer.name,
        does: describeModules(layer.modules),
        outShape: layer.outShape,
        params: countParams(layer),
      },
      circuit: layer.modules.some(({ type }) => type === "Circuit" || type === "Parallel"),
    })),
  ];
  const lines = columns.map(({ does }) => does.flatMap(wrap));
  const most = Math.max(...lines.map(({ length }) => length));
  const [width, height] = [columns.length * COLUMN, TOP + BODY + (most + 4) * LINE + 12];
  const scale =
    104 / Math.max(...columns.filter(({ outShape }) => outShape.length === 3).map(({ outShape }) => outShape[0]), 1);
  const parts = columns.map(({ name, outShape, params, circuit }, i) => {
    const x = (i + 0.5) * COLUMN;
    const y = TOP + BODY / 2;
    const texts = [
      text(x, TOP + BODY + LINE, name, "ink", true),
      ...lines[i].map((line, row) => text(x, TOP + BODY + (row + 2) * LINE, line, "muted")),
      text(x, TOP + BODY + (most + 2) * LINE + 6, outShape.join("×"), "ink"),
      params === null
        ? ""
        : text(x, TOP + BODY + (most + 3) * LINE + 6, `${params.toLocaleString("en")} params`, "muted"),
    ];
    const arrow =
      i === 0
        ? ""
        : `<path d="M${x - COLUMN / 2 - 5} ${y}h10m-4 -3.5l4 3.5l-4 3.5" fill="none" stroke="${color("muted")}"/>`;
    return `${drawShape(outShape, x, y, scale, circuit)}${arrow}${texts.join("")}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${escapeHtml(label)}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`,
    ` font-family="system-ui, sans-serif" font-size="11" text-anchor="middle">${parts.join("")}</svg>`,
  ].join("");
}

/** A stack of maps, sides by height and width, as deep as the channels are many; a vector as a column of circles. */
function drawShape(shape: Shape, x: number, y: number, scale: number, accent: boolean): string {
  if (shape.length === 3) {
    const [height, width, channels] = shape;
    const [h, w] = [height * scale, width * scale * 0.5];
    const sheets = Math.min(6, Math.max(1, Math.round(Math.log2(channels))));
    return Array.from({ length: sheets }, (_, i) => {
      const shift = (sheets - 1) / 2 - i;
      const [left, top] = [x - w / 2 + shift * 4, y - h / 2 - shift * 3];
      return `<rect x="${round(left)}" y="${round(top)}" width="${round(w)}" height="${round(h)}" rx="1.5" fill="${color("panel")}" stroke="${color("accent")}"/>`;
    }).join("");
  }
  const count = Math.min(shape[0], MOST_CIRCLES);
  const gap = Math.min(14, (BODY - 14) / count);
  const fill = accent ? color("accent") : color("panel");
  return Array.from(
    { length: count },
    (_, i) =>
      `<circle cx="${x}" cy="${round(y + (i - (count - 1) / 2) * gap)}" r="${round(gap * 0.36)}" fill="${fill}" stroke="${color("accent")}"/>`,
  ).join("");
}

function text(x: number, y: number, content: string, fill: "ink" | "muted", bold = false): string {
  return `<text x="${x}" y="${y}" fill="${color(fill)}"${bold ? ' font-weight="600"' : ""}>${escapeHtml(content)}</text>`;
}

/** Lines of a column's width, broken between words. */
function wrap(content: string): string[] {
  return content.split(" ").reduce<string[]>((lines, word) => {
    const last = lines.at(-1);
    if (last !== undefined && `${last} ${word}`.length <= 17) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
    return lines;
  }, []);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
