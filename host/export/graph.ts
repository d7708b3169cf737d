import type { OnnxNode, OnnxTensor } from "./protobuf.ts";

/** ONNX nodes in the order in which they run, and the constants they read. */
export interface Graph {
  nodes: OnnxNode[];
  constants: OnnxTensor[];
}

/** Adds a node with one output. Returns the output's name, which is `name`, or one made of the operator's type. */
export function addNode(
  { nodes }: Graph,
  type: string,
  inputs: readonly string[],
  attributes: OnnxNode["attributes"] = {},
  name = `${type}_${nodes.length}`,
): string {
  nodes.push({ type, name, inputs, outputs: [name], attributes });
  return name;
}

/** Adds a constant of f32, or of i64 for what says where something stands. Returns its name. */
export function addConstant(
  { constants }: Graph,
  shape: readonly number[],
  values: ArrayLike<number>,
  { type = "float", name = `constant_${constants.length}` }: { type?: "float" | "int64"; name?: string } = {},
): string {
  const data = type === "float" ? Float32Array.from(values) : BigInt64Array.from(Array.from(values, BigInt));
  constants.push({ name, shape, data });
  return name;
}
