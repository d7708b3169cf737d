import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ImageAtHand, Seen } from "../protocol/messages.ts";
import { Canvas } from "./canvas.tsx";
import { percent } from "./figures.tsx";

/** An image and what the network takes it for; null: that is not known yet. */
export interface Row {
  image: ImageAtHand;
  seen: Seen | null;
  /** In words. */
  answer: string;
  /** In words, where it is known; and whether the answer is that. */
  truth: string | null;
  right: boolean | null;
}

const COLUMNS = {
  name: { title: "Image", of: ({ image }) => image.name },
  answer: { title: "Answer", of: ({ answer }) => answer },
  probability: { title: "Probability", of: ({ seen }) => seen?.probs[seen.predicted] ?? 0 },
  undecided: { title: "Undecided", of: ({ seen }) => Number(seen?.undecided ?? false) },
  unlike: { title: "Unlike", of: ({ seen }) => Number(seen?.unlike ?? false) },
} as const satisfies Record<string, { title: string; of: (row: Row) => string | number }>;
type Column = keyof typeof COLUMNS;

interface ImageTableProps {
  rows: readonly Row[];
  chosen: ImageAtHand | null;
  onChoose: (image: ImageAtHand) => void;
  onRemove: (image: ImageAtHand) => void;
}

/** Images and their answers, to sort; however many there are, it stays as short as a few. */
export function ImageTable({ rows, chosen, onChoose, onRemove }: ImageTableProps) {
  const [sort, setSort] = useState<{ by: Column; down: boolean } | null>(null);
  const sorted = useMemo(() => (sort ? inOrder(rows, sort.by, sort.down) : rows), [rows, sort]);
  const body = useRef<HTMLTableSectionElement>(null);
  // The focus goes to the row that takes the place of one that is removed.
  const emptied = useRef<number | null>(null);
  useEffect(() => {
    if (emptied.current === null) return;
    const buttons = body.current?.querySelectorAll<HTMLElement>("button.remove") ?? [];
    buttons[Math.min(emptied.current, buttons.length - 1)]?.focus();
    emptied.current = null;
  }, [rows]);
  // Numbers from the top, names from A.
  const press = (by: Column) =>
    setSort(sort?.by === by ? { by, down: !sort.down } : { by, down: by !== "name" && by !== "answer" });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="scroll images" tabIndex={0} aria-label="Images and answers">
      <table>
        <thead>
          <tr>
            <th scope="col">
              <span class="hidden">Picture</span>
            </th>
            {(Object.keys(COLUMNS) as Column[]).map((by) => (
              <th
                key={by}
                scope="col"
                class={by}
                aria-sort={sort?.by === by ? (sort.down ? "descending" : "ascending") : "none"}
              >
                <button type="button" class="plain" part="button" onClick={() => press(by)}>
                  {COLUMNS[by].title}
                  <span aria-hidden="true">{sort?.by === by ? (sort.down ? " ▾" : " ▴") : ""}</span>
                </button>
              </th>
            ))}
            <th scope="col">
              <span class="hidden">Remove</span>
            </th>
          </tr>
        </thead>
        <tbody ref={body}>
          {sorted.map((row, at) => (
            <ImageRow
              key={row.image}
              row={row}
              isChosen={row.image === chosen}
              onChoose={() => onChoose(row.image)}
              onRemove={() => {
                emptied.current = at;
                onRemove(row.image);
              }}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface ImageRowProps {
  row: Row;
  isChosen: boolean;
  onChoose: () => void;
  onRemove: () => void;
}

function ImageRow({ row: { image, seen, answer, truth, right }, isChosen, onChoose, onRemove }: ImageRowProps) {
  const flag = (value: boolean | null) => (value === null ? "–" : value ? "yes" : "no");
  return (
    <tr class={isChosen ? "chosen" : undefined} onClick={onChoose}>
      <td class="thumb">{seen && <Canvas picture={seen.preview} />}</td>
      <th scope="row">
        <button type="button" class="plain name" part="button" aria-pressed={isChosen} onClick={onChoose}>
          <span class="hidden">Explain </span>
          {image.name}
        </button>
      </th>
      <td>
        {seen ? answer : "…"}
        {right !== null && (
          <span class={right ? undefined : "wrong"}>{right ? " ✓ right" : ` ✗ wrong: it is ${truth}`}</span>
        )}
      </td>
      <td class="number">{seen && percent(seen.probs[seen.predicted])}</td>
      <td class={seen?.undecided ? "wrong" : undefined}>{seen && flag(seen.undecided)}</td>
      <td class={seen?.unlike ? "wrong" : undefined}>{seen && flag(seen.unlike)}</td>
      <td>
        <button
          type="button"
          class="plain remove"
          part="button"
          aria-label={`Remove ${image.name}`}
          title="Remove"
          onClick={(event) => {
            event.stopPropagation();
            onRemove();
          }}
        >
          ×
        </button>
      </td>
    </tr>
  );
}

/** Rows by a column; equal ones stay in the order in which they came. */
export function inOrder(rows: readonly Row[], by: Column, down: boolean): Row[] {
  const { of }: { of: (row: Row) => string | number } = COLUMNS[by];
  const compare = (a: string | number, b: string | number) =>
    typeof a === "string" ? a.localeCompare(String(b), "en", { numeric: true }) : a - Number(b);
  return rows.toSorted((a, b) => (down ? -1 : 1) * compare(of(a), of(b)));
}
