import { useMemo } from "preact/hooks";
import { Canvas } from "../parts/canvas.tsx";
import { number, Probabilities, Signed } from "../parts/figures.tsx";
import { greyMap, magnitude, range } from "../parts/maps.ts";
import { Wiring } from "../parts/wiring.tsx";
import type { BlockMaps, Sample } from "../protocol/messages.ts";
import type { Watched } from "./watch.ts";

/** Values of a layer that are shown as bars; of more only the first. */
const MOST_VALUES = 8;

/** A network at work: images, some feature maps of its blocks, its circuit, its answer. */
export function NetworkView({ watched, onCell }: { watched: Watched; onCell: (at: number) => void }) {
  const { cells, classNames, glance, at } = watched;
  const { answers, blocks, probs } = glance;
  const right = cells.filter(({ label }, i) => answers[i] === label).length;
  const isOneOf = answers[0] !== null;
  return (
    <div class="network">
      <div class="cells">
        <h3>Test images</h3>
        <ul>
          {cells.map((cell, i) => (
            <li key={cell.index}>
              <Cell {...{ cell, classNames }} answer={answers[i]} chosen={i === at} onChoose={() => onCell(i)} />
            </li>
          ))}
        </ul>
        {isOneOf && (
          <p class="muted small">
            {right} of {cells.length} right
          </p>
        )}
      </div>
      <div class="blocks">
        {blocks.map((block) => (
          <Block key={block.name} block={block} />
        ))}
      </div>
      <div class="through">
        <Inside watched={watched} />
        <h3>Answer{isOneOf && `: ${classNames[answers[at]!]}`}</h3>
        <Probabilities probs={probs} classNames={classNames} most={4} />
      </div>
    </div>
  );
}

interface CellProps {
  cell: Sample;
  classNames: readonly string[];
  answer: number | null;
  chosen: boolean;
  onChoose: () => void;
}

function Cell({ cell, classNames, answer, chosen, onChoose }: CellProps) {
  const isWrong = answer !== null && answer !== cell.label;
  const name = `${classNames[cell.label]}, test image ${cell.index}${isWrong ? `: answered ${classNames[answer]}` : ""}`;
  return (
    <button
      type="button"
      class={isWrong ? "cell mistaken" : "cell"}
      aria-pressed={chosen}
      title={name}
      onClick={onChoose}
    >
      <Canvas picture={cell} />
      <span class="hidden">{name}</span>
      {isWrong && <span aria-hidden="true">✗</span>}
    </button>
  );
}

function Block({ block: { name, shape, channels, maps } }: { block: BlockMaps }) {
  const [count, height, width] = shape;
  return (
    <div class="block">
      <h3>{name}</h3>
      {channels.map((channel, i) => (
        <FeatureMap
          key={channel}
          values={maps.subarray(i * height * width, (i + 1) * height * width)}
          {...{ height, width }}
          label={`Feature map ${channel} of ${name}`}
        />
      ))}
      <p class="muted small">
        {channels.length} of {count}
        <br />
        {height}×{width}
      </p>
    </div>
  );
}

function FeatureMap(props: { values: Float32Array; height: number; width: number; label: string }) {
  const { values, height, width, label } = props;
  const picture = useMemo(() => greyMap(values, height, width, ...range(values)), [values]);
  return <Canvas picture={picture} label={label} />;
}

/** What stands between the blocks and the answer. */
function Inside({ watched: { circuit, glance } }: { watched: Watched }) {
  const { features, head } = glance;
  if (circuit && head && head.values.length === circuit.numWires) {
    const angles = features.length >= circuit.numWires ? features.slice(0, circuit.numWires) : null;
    return (
      <>
        <h3>Circuit</h3>
        <Wiring {...circuit} angles={angles} expvals={head.values} />
        <p class="muted small keys">
          <span>{angles ? "angles from the blocks, radians" : "features from the blocks"}</span>{" "}
          <span>⟨Z⟩ of each wire</span>
        </p>
      </>
    );
  }
  const { name, values } = head ?? { name: "fc1", values: features };
  if (values.length === 0) return null;
  const shown = values.slice(0, MOST_VALUES);
  return (
    <>
      <h3>{head ? `${name} in place of one circuit` : "Without a circuit: fc1"}</h3>
      <Signed
        label={`Outputs of ${name}`}
        names={shown.map((_, i) => String(i))}
        values={shown}
        limit={magnitude(values)}
      />
      {values.length > MOST_VALUES && (
        <p class="muted small">
          the first {MOST_VALUES} of {values.length}; largest magnitude {number(magnitude(values), 2)}
        </p>
      )}
    </>
  );
}
