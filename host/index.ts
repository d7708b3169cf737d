import "./engine/globals.ts";

export {
  checkFit,
  type EvaluateOptions,
  evaluate,
  explain,
  exportOnnx,
  exportSurrogate,
  type LoadEngineOptions,
  loadEngine,
  loadModel,
  type OpenDatasetOptions,
  openDataset,
  type Prediction,
  type PredictOptions,
  predict,
  saveModel,
  type TrainLoopOptions,
  train,
} from "./api.ts";
export { KernelError } from "./check.ts";
export * from "./circuits.ts";
export { type Decoded, type DecodeOptions, decodeFile } from "./datasets/formats/decode.ts";
export { decodeImage, toInput } from "./datasets/formats/image.ts";
export type { DecodedImage } from "./datasets/formats/pixels.ts";
export { readImages } from "./datasets/images.ts";
export type { Dataset, Protocol, Split, SplitName, StoredImages, Task } from "./datasets/types.ts";
export type { Engine, EngineBuild, EngineName } from "./engine/load.ts";
export { type Attack, type AttackResult, type AttackSettings, evaluateAttack } from "./evaluation/attack.ts";
export { corruptSplit, createDraws } from "./evaluation/corruptions/corrupt.ts";
export { CORRUPTIONS, type CorruptionName, type Severity } from "./evaluation/corruptions/table.ts";
export { type Evaluation, type ReportedMetrics, reportMetrics } from "./evaluation/evaluate.ts";
export type { MeasuredPrediction, PredictionSettings } from "./evaluation/measuredPredictions.ts";
export type { Doubt } from "./evaluation/reliability.ts";
export { type CorruptionSettings, evaluateCorruptions, type Robustness } from "./evaluation/robustness.ts";
export type { Tta } from "./evaluation/tta.ts";
export type { ExplainOptions, Explanation } from "./explain/explain.ts";
export { type FineMap, type FineMapOptions, fineMap } from "./explain/fineMap.ts";
export { type GradCam, gradCam } from "./explain/gradCam.ts";
export { type IntegratedGradients, integratedGradients } from "./explain/integratedGradients.ts";
export { type LayerOutput, layerOutputs } from "./explain/layers.ts";
export { type Occlusion, type OcclusionOptions, occlusion } from "./explain/occlusion.ts";
export { overlayAttribution, overlayEvidence, overlayOcclusion } from "./explain/overlay.ts";
export { inspectWires, quantumOff, type Wires } from "./explain/wires.ts";
export { type Batch, type BatchResults, createBatch, predictFromResults } from "./export/batch.ts";
export type { Surrogate } from "./export/surrogate.ts";
export type { QuantumInit } from "./network/init.ts";
export type { ModelInfo } from "./network/model.ts";
export { type Architecture, createNetwork, type Head, Network, type NetworkOptions } from "./network/network.ts";
export { type Reliability, reliabilityText } from "./network/reliability.ts";
export { type BrowserOptions, type BrowserPlatform, createBrowserPlatform } from "./platform/browser.ts";
export type { Platform } from "./platform/platform.ts";
export {
  type Bootstrap,
  type BootstrapOptions,
  bootstrap,
  type Estimate,
  type PairedBootstrap,
  type PairedDifference,
  pairedBootstrap,
} from "./statistics/bootstrap.ts";
export { classificationReport } from "./statistics/classificationReport.ts";
export { type DelongAuc, type DelongTest, delongAuc, delongTest } from "./statistics/delong.ts";
export { type ClassMetrics, computeMetrics, type Metrics } from "./statistics/metrics.ts";
export {
  cohensDz,
  holm,
  type McNemar,
  mcnemar,
  type Summary,
  smallestWilcoxonP,
  summarize,
  summaryText,
  type Wilcoxon,
  wilcoxon,
} from "./statistics/tests.ts";
export { DivergedError, type EpochRecord, type Progress, startProgress } from "./training/loop.ts";
