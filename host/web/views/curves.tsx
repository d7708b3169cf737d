import type { ComponentProps } from "preact";
import type { EpochRecord } from "../../training/loop.ts";
import { useAnswer } from "../parts/hooks.ts";
import { type Line, LineChart } from "../parts/lineChart.tsx";
import type { ViewProps } from "./props.ts";
import type { Training } from "./training.ts";

interface CurvesProps extends Pick<ViewProps, "sessions"> {
  training: Training;
  /** Epochs of the next start. */
  planned: number;
  /** The run whose model is shown; null: none. */
  folder: string | null;
}

/** Loss of every batch, and loss, accuracy and AUC of every epoch. */
export function Curves({ training, planned, sessions, folder }: CurvesProps) {
  // Before anything has trained: the curves of the model that is shown.
  const isNew = training.status === "idle" && folder !== null;
  const before = useAnswer(
    isNew ? folder : null,
    (shown) => sessions.answering().history(shown),
    () => {},
  );
  const { history, losses, epochs } =
    isNew && before ? { history: before, losses: [], epochs: before.length } : training;
  const best = history.findLast((record) => record.best)?.epoch ?? null;
  const line = (name: string, look: Line["look"], value: (record: EpochRecord) => number | null): Line => ({
    ...{ name, look },
    points: history.flatMap((record) => {
      const y = value(record);
      return y === null ? [] : [{ x: record.epoch, y }];
    }),
  });
  const shared = { epochs: epochs || planned, best };
  const charts: Omit<ComponentProps<typeof LineChart>, keyof typeof shared>[] = [
    {
      title: "Loss",
      range: [0, 0.7],
      empty: "every batch, as it trains",
      lines: [
        { name: "batch", look: "faint", points: losses },
        { name: "training", look: "plain", points: smooth(losses) },
        line("validation", "strong", ({ val }) => val.loss),
      ],
    },
    {
      title: "Accuracy",
      range: [0.5, 1],
      empty: "after every epoch",
      lines: [
        line("training", "plain", ({ train }) => train.accuracy),
        line("validation", "strong", ({ val }) => val.accuracy),
      ],
    },
    {
      title: "ROC AUC",
      range: [0.5, 1],
      empty: "after every epoch",
      lines: [line("validation", "strong", ({ val }) => val.auc)],
    },
  ];
  return (
    <section class="curves" aria-label="Curves">
      {charts.map((chart) => (
        <LineChart key={chart.title} {...chart} {...shared} />
      ))}
    </section>
  );
}

/** Weight of what was before in the line of the training loss. */
const SMOOTHING = 0.8;

/** The losses without their noise: a mean in which older batches count less and less. */
function smooth(losses: Training["losses"]): Line["points"] {
  let mean = losses[0]?.y ?? 0;
  return losses.map(({ x, y }) => {
    mean = SMOOTHING * mean + (1 - SMOOTHING) * y;
    return { x, y: mean };
  });
}
