import type { UnderstandProps } from "./parts.ts";

export function UseView({ model }: UnderstandProps) {
  return <p>{model.name}</p>;
}
