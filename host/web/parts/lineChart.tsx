import { number } from "./figures.tsx";

/** A line of a chart; points in the order of x. */
export interface Line {
  name: string;
  points: readonly { x: number; y: number }[];
  /** faint: many points behind the others; plain and strong: one each, with their name beside the title. */
  look: "faint" | "plain" | "strong";
}

const WIDTH = 300;
const HEIGHT = 168;
const EDGE = { left: 36, right: 8, top: 24, bottom: 22 };

interface LineChartProps {
  title: string;
  lines: readonly Line[];
  /** Epochs that there will be: the end of the x axis. */
  epochs: number;
  /** Epoch to mark. */
  best: number | null;
  /** The least range of y. */
  range: readonly [low: number, high: number];
  /** Said in place of lines while there are none. */
  empty: string;
}

/** Lines over the epochs, light enough to be drawn anew several times a second. */
export function LineChart({ title, lines, epochs, best, range, empty }: LineChartProps) {
  const values = lines.flatMap(({ points }) => points.map(({ y }) => y)).filter(Number.isFinite);
  const low = values.reduce((least, y) => Math.min(least, y), range[0]);
  const high = values.reduce((most, y) => Math.max(most, y), range[1]);
  const x = (epoch: number) => EDGE.left + ((WIDTH - EDGE.left - EDGE.right) * epoch) / Math.max(1, epochs);
  const y = (value: number) =>
    HEIGHT - EDGE.bottom - ((HEIGHT - EDGE.top - EDGE.bottom) * (value - low)) / (high - low);
  const path = (points: Line["points"]) =>
    points.map((point, i) => `${i === 0 ? "M" : "L"}${x(point.x).toFixed(1)} ${y(point.y).toFixed(1)}`).join("");
  const named = lines.filter(({ look, points }) => look !== "faint" && points.length > 0);
  const said = named.map(({ name, points }) => `${name} now ${number(points[points.length - 1].y)}`);
  const label = said.length === 0 ? `${title}: ${empty}` : `${title} over the epochs: ${said.join(", ")}`;
  const ticks = [low, (low + high) / 2, high];
  return (
    <svg class="line-chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      <text class="title" x={4} y={14}>
        {title}
      </text>
      {named.map(({ name, look }, i) => (
        <text key={name} class={`${look} name`} x={WIDTH - EDGE.right} y={14} dx={-(named.length - 1 - i) * 78}>
          {name}
        </text>
      ))}
      {ticks.map((tick, i) => (
        <g key={i}>
          <path class="grid" d={`M${EDGE.left} ${y(tick)}H${WIDTH - EDGE.right}`} />
          <text class="tick" x={EDGE.left - 5} y={y(tick) + 4}>
            {number(tick, 2)}
          </text>
        </g>
      ))}
      <text class="tick" x={EDGE.left + 6} y={HEIGHT - 5}>
        0
      </text>
      <text class="tick" x={WIDTH - EDGE.right} y={HEIGHT - 5}>
        {epochs} {epochs === 1 ? "epoch" : "epochs"}
      </text>
      {best !== null && <path class="best" d={`M${x(best)} ${EDGE.top}V${HEIGHT - EDGE.bottom}`} />}
      {lines.map(({ name, points, look }) => (
        <g key={name} class={look}>
          <path d={path(points)} />
          {look === "strong" &&
            points.length <= 60 &&
            points.map((point) => <circle key={point.x} cx={x(point.x)} cy={y(point.y)} r="2.2" />)}
        </g>
      ))}
      {values.length === 0 && (
        <text class="empty" x={(WIDTH + EDGE.left) / 2} y={HEIGHT / 2}>
          {empty}
        </text>
      )}
    </svg>
  );
}
