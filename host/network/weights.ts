import type { Template } from "../circuit/templates.ts";
import type { TensorMap } from "./tensors.ts";

/** The weights of a network's circuit, in the order of its weight indices. @param layer in front of tensors' names */
export function circuitWeights(tensors: TensorMap, template: Template, layer = "quantum"): number[] {
  return template.tensors.flatMap(({ name }) => Array.from(tensors.get(`${layer}.${name}`)!.data));
}
