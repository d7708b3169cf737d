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

/** Adds a constant of f32. Returns its name. */
export function addConstant(
  { constants }: Graph,
  shape: readonly number[],
  values: ArrayLike<number>,
  name = `constant_${constants.length}`,
): string {
  constants.push({ name, shape, data: Float32Array.from(values) });
  return name;
}

/** Adds a list of positions, of i64 as ONNX wants them. Returns its name. */
export function addIndices({ constants }: Graph, values: ArrayLike<number>): string {
  const name = `indices_${constants.length}`;
  constants.push({ name, shape: [values.length], data: BigInt64Array.from(Array.from(values, BigInt)) });
  return name;
}
