import type { UnderstandProps } from "./parts.ts";

export function LayersView({ model }: UnderstandProps) {
  return <p>{model.name}</p>;
}
