import { proxy } from "comlink";
import { useRef, useState } from "preact/hooks";
import type { AblationName } from "../../comparison/ablations.ts";
import type { StudyProgress } from "../../study/study.ts";
import type { TrainOptions } from "../../training/options.ts";
import type { ComparisonReport, Sessions } from "../protocol/messages.ts";

/** Where a comparison stands, also while another view is shown. */
export interface ComparisonRun {
  status: "idle" | "running" | "stopping" | "paused";
  progress: StudyProgress | null;
  report: ComparisonReport | null;
  /** Runs that have ended while it was looked at. */
  ended: ReadonlySet<string>;
  start(options: Partial<TrainOptions>, seeds: number, twins: readonly AblationName[]): Promise<void>;
  stop(): void;
}

export function useComparison(props: { sessions: Sessions; onError: (error: unknown) => void }): ComparisonRun {
  const { sessions, onError } = props;
  const [status, setStatus] = useState<ComparisonRun["status"]>("idle");
  const [progress, setProgress] = useState<StudyProgress | null>(null);
  const [report, setReport] = useState<ComparisonReport | null>(null);
  const [ended, setEnded] = useState<ReadonlySet<string>>(new Set());
  const running = useRef<readonly string[]>([]);
  const onProgress = (next: StudyProgress) => {
    const now = next.running.map(({ id }) => id);
    const gone = running.current.filter((id) => !now.includes(id));
    running.current = now;
    if (gone.length > 0) setEnded((before) => new Set([...before, ...gone]));
    setProgress(next);
  };
  const busy = useRef(false);
  return {
    ...{ status, progress, report, ended },
    async start(options, seeds, twins) {
      if (busy.current) return;
      busy.current = true;
      setStatus("running");
      setProgress(null);
      setReport(null);
      running.current = [];
      try {
        const found = await sessions.training().compare({ options, seeds, twins }, proxy(onProgress));
        if (found) setReport(found);
        setStatus(found ? "idle" : "paused");
      } catch (error) {
        setStatus("paused");
        onError(error);
      } finally {
        busy.current = false;
      }
    },
    stop() {
      setStatus("stopping");
      sessions.training().pause().catch(onError);
    },
  };
}
