import type { ViewProps } from "./parts.ts";

export function ResultsView({ runs }: ViewProps & { onModel: (file: File) => void }) {
  return <pre>{JSON.stringify(runs)}</pre>;
}
