// What `hqcnn/circuit` exports: building, running, drawing and exporting circuits.
import "./engine/globals.ts";

export { HqcnnError, UsageError } from "./check.ts";
export {
  AmplitudeEmbedding,
  Angle,
  type BuildCircuit,
  type Built,
  CCZ,
  CNOT,
  ControlledPhaseShift,
  CRot,
  CRX,
  CRY,
  CRZ,
  CSWAP,
  CY,
  CZ,
  expval,
  Hadamard,
  Identity,
  ISWAP,
  IsingXX,
  IsingYY,
  IsingZZ,
  MultiRZ,
  PauliSum,
  PauliX,
  PauliY,
  PauliZ,
  PhaseShift,
  probs,
  Rot,
  RX,
  RY,
  RZ,
  S,
  type Sources,
  SWAP,
  SX,
  T,
  Toffoli,
  U1,
  U2,
  U3,
  variance,
  X,
  Y,
  Z,
} from "./circuit/builder.ts";
export { Circuit, type CircuitOptions, type GivenOperation, type Resources } from "./circuit/circuit.ts";
export type { CircuitData } from "./circuit/data.ts";
export { adjoint, control, GATES, type Gate, type Operation } from "./circuit/gates.ts";
export { parseCircuit } from "./circuit/json.ts";
export { CHANNELS, type Channel, type ChannelName } from "./circuit/noise/channels.ts";
export { parseNoiseFile } from "./circuit/noise/file.ts";
export { type NoiseModel, type NoisePlace, type NoiseRule, noiseText, parseNoiseSpec } from "./circuit/noise/model.ts";
export type { GradientMethod, GradientSettings, MeasureOptions } from "./circuit/noise/tape.ts";
export { type Observable, type Output, outputLabels, type Term } from "./circuit/observables.ts";
export type { Factor, Param } from "./circuit/params.ts";
export type { WeightTensor } from "./circuit/part.ts";
export { exportQasm, type QasmValues, type QasmVersion } from "./circuit/qasm/export.ts";
export { importQasm } from "./circuit/qasm/import.ts";
export {
  ANSATZE,
  type Ansatz,
  createTemplate,
  EMBEDDINGS,
  type Embedding,
  type Template,
} from "./circuit/templates.ts";
export { CircuitLayer, circuit, type LayerGradient, type LayerValues } from "./simulator/layer.ts";
