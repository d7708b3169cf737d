import type { ViewProps } from "./parts.ts";

export function TrainView({ training }: ViewProps) {
  return (
    <button type="button" class="main" onClick={() => training.start({ epochs: 2 }, 2, "run")}>
      Start {training.status} {training.step?.done}
    </button>
  );
}
