import { PbfWriter } from "pbf";

// The part of ONNX's file format that a network needs, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto: numbers
// of fields are those of that file.

/** Element types by their numbers in TensorProto.DataType. */
export const ELEMENTS = { float: 1, uint8: 2, int64: 7 } as const;
export type ElementType = keyof typeof ELEMENTS;

/** A constant; row-major. */
export interface OnnxTensor {
  name: string;
  shape: readonly number[];
  data: Float32Array | BigInt64Array;
}

export interface OnnxNode {
  /** Of the operator, e.g. "Conv". */
  type: string;
  name: string;
  inputs: readonly string[];
  outputs: readonly string[];
  /** Whole numbers, or lists of them. */
  attributes: Readonly<Record<string, number | readonly number[]>>;
}

/** An input or output; a text in its shape names a size that may be any. */
export interface OnnxValue {
  name: string;
  type: ElementType;
  shape: readonly (number | string)[];
}

export interface OnnxModel {
  name: string;
  description: string;
  producer: string;
  opset: number;
  inputs: readonly OnnxValue[];
  outputs: readonly OnnxValue[];
  nodes: readonly OnnxNode[];
  constants: readonly OnnxTensor[];
  metadata: Readonly<Record<string, string>>;
}

/** The version of the format that came with opset 17, ONNX 1.12. */
const IR_VERSION = 8;
const ATTRIBUTE = { int: 2, ints: 7 } as const;

/** The bytes of an .onnx file. */
export function encodeOnnx(model: OnnxModel): Uint8Array<ArrayBuffer> {
  const file = new PbfWriter();
  file.writeVarintField(1, IR_VERSION);
  file.writeStringField(2, model.producer);
  file.writeStringField(6, model.description);
  file.writeMessage(7, writeGraph, model);
  file.writeMessage(8, (opset, pbf) => pbf.writeVarintField(2, opset), model.opset);
  for (const entry of Object.entries(model.metadata)) file.writeMessage(14, writeEntry, entry);
  return new Uint8Array(file.finish());
}

function writeGraph({ name, nodes, constants, inputs, outputs }: OnnxModel, pbf: PbfWriter): void {
  for (const node of nodes) pbf.writeMessage(1, writeNode, node);
  pbf.writeStringField(2, name);
  for (const constant of constants) pbf.writeMessage(5, writeTensor, constant);
  for (const input of inputs) pbf.writeMessage(11, writeValue, input);
  for (const output of outputs) pbf.writeMessage(12, writeValue, output);
}

function writeNode({ type, name, inputs, outputs, attributes }: OnnxNode, pbf: PbfWriter): void {
  for (const input of inputs) pbf.writeStringField(1, input);
  for (const output of outputs) pbf.writeStringField(2, output);
  pbf.writeStringField(3, name);
  pbf.writeStringField(4, type);
  for (const entry of Object.entries(attributes)) pbf.writeMessage(5, writeAttribute, entry);
}

function writeAttribute([name, value]: [string, number | readonly number[]], pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  if (typeof value === "number") pbf.writeVarintField(3, value);
  else for (const item of value) pbf.writeVarintField(8, item);
  pbf.writeVarintField(20, typeof value === "number" ? ATTRIBUTE.int : ATTRIBUTE.ints);
}

function writeTensor({ name, shape, data }: OnnxTensor, pbf: PbfWriter): void {
  for (const length of shape) pbf.writeVarintField(1, length);
  pbf.writeVarintField(2, data instanceof Float32Array ? ELEMENTS.float : ELEMENTS.int64);
  pbf.writeStringField(8, name);
  // Little endian, as every WebAssembly host is.
  pbf.writeBytesField(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function writeValue({ name, type, shape }: OnnxValue, pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  pbf.writeMessage(2, writeType, { type, shape });
}

function writeType(value: Pick<OnnxValue, "type" | "shape">, pbf: PbfWriter): void {
  pbf.writeMessage(1, writeTensorType, value);
}

function writeTensorType({ type, shape }: Pick<OnnxValue, "type" | "shape">, pbf: PbfWriter): void {
  pbf.writeVarintField(1, ELEMENTS[type]);
  pbf.writeMessage(2, writeShape, shape);
}

function writeShape(shape: OnnxValue["shape"], pbf: PbfWriter): void {
  for (const length of shape) pbf.writeMessage(1, writeDimension, length);
}

function writeDimension(length: number | string, pbf: PbfWriter): void {
  if (typeof length === "number") pbf.writeVarintField(1, length);
  else pbf.writeStringField(2, length);
}

function writeEntry([key, value]: [string, string], pbf: PbfWriter): void {
  pbf.writeStringField(1, key);
  pbf.writeStringField(2, value);
}
