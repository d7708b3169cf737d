import type { UnderstandProps } from "./parts.ts";

export function CircuitView({ model }: UnderstandProps) {
  return <p>{model.name}</p>;
}
