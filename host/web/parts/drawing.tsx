import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Circuit } from "../../circuit/circuit.ts";
import type { Wires } from "../../explain/wires.ts";
import { color } from "../../report/palette.ts";
import { number } from "./figures.tsx";
import { Markup } from "./markup.tsx";

/**
 * A circuit's drawing, the ⟨Z⟩ of a wire above each gate it has passed. It is drawn once: what changes with the angles
 * are its numbers.
 */
export function Drawing({ circuit, wires }: { circuit: Circuit; wires: Wires }) {
  const place = useRef<HTMLElement>(null);
  const { svg, height, notes } = useMemo(() => {
    const stepOf = new Map(circuit.operations.map((operation, step) => [operation, step]));
    const notes: { step: number; wire: number }[] = [];
    const svg = circuit.drawSvg({
      ...{ ink: color("ink"), paper: color("paper") },
      note(operation, wire) {
        notes.push({ step: stepOf.get(operation)!, wire });
        return "";
      },
    });
    return { svg, height: /height="(\d+)"/.exec(svg)![1], notes };
  }, [circuit]);
  useEffect(() => {
    // After Markup, which fills itself in a turn of its own.
    const timer = setTimeout(() => {
      place.current?.querySelectorAll(".note").forEach((text, i) => {
        const { step, wire } = notes[i];
        text.textContent = number(wires.steps[step].bloch[wire][2], 2);
      });
    });
    return () => clearTimeout(timer);
  }, [notes, wires]);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section class="scroll drawing" tabIndex={0} aria-label="Circuit drawing" ref={place}>
        <div style={{ minHeight: `${height}px` }}>
          <Markup html={svg} />
        </div>
      </section>
      <p class="muted">Above each gate: ⟨Z⟩ of the wire after it, for these angles.</p>
    </>
  );
}
