import type { Sessions } from "./app.tsx";
import type { ViewProps } from "./parts.ts";

export interface ComparisonRun {
  status: "idle" | "running";
}

export function useComparison(_: { sessions: Sessions; onError: (error: unknown) => void }): ComparisonRun {
  return { status: "idle" };
}

export function CompareView({ comparison }: ViewProps & { comparison: ComparisonRun }) {
  return <p>{comparison.status}</p>;
}
