// The WebAssembly interface. host/engine/kernels.ts lists the same names.
export { alloc, available, mark, reserve, reset } from "./memory";
export { adam, clipGradNorm } from "./optim/adam";
export { ema } from "./optim/ema";
export { reluBackward, reluForward, tanhBackward, tanhForward } from "./ops/activation";
export { augment, augmentDraw } from "./ops/augment";
export { averagePool2dBackward, averagePool2dForward } from "./ops/averagePool2d";
export { ceiling } from "./core/ceiling";
export { gemm, useWideTiles } from "./core/gemm";
export { addGroups, scale, zero } from "./core/reduce";
export {
  batchNorm2dFold,
  batchNorm2dGradients,
  batchNorm2dMoments,
  batchNorm2dReluCentre,
  batchNorm2dReluForward,
  batchNorm2dReluMaxPool2dCentre,
  batchNorm2dReluMaxPool2dForward,
  batchNorm2dReluMaxPool2dSums,
  batchNorm2dReluSums,
  batchNorm2dRunning,
  batchNorm2dStatistics,
} from "./ops/batchNorm2d";
export { conv2dBackward, conv2dForward, conv2dInputGradient, conv2dScratchBytes } from "./ops/conv2d";
export {
  conv2dWinogradBackward,
  conv2dWinogradFilterBytes,
  conv2dWinogradFilterGradient,
  conv2dWinogradFilters,
  conv2dWinogradForward,
  conv2dWinogradScratchBytes,
} from "./ops/conv2dWinograd";
export { dropoutBackward, dropoutForward } from "./ops/dropout";
export { linearBackward, linearForward } from "./ops/linear";
export { maxPool2dBackward, maxPool2dForward } from "./ops/maxPool2d";
export { normalize } from "./ops/normalize";
export { add, addReluForward, batchNorm2dAddReluForward } from "./ops/residual";
export { sigmoid, sigmoidCrossEntropy } from "./ops/sigmoidCrossEntropy";
export { softmax, softmaxCrossEntropy } from "./ops/softmaxCrossEntropy";
export { trigonometricBackward, trigonometricForward, trigonometricScratchBytes } from "./ops/trigonometric";
export {
  quantumBackward,
  quantumBackward64,
  quantumForward,
  quantumForward64,
  quantumJacobian,
  quantumJacobian64,
  quantumJacobianScratchBytes,
  quantumKetsBytes,
  quantumRows,
  quantumRows64,
  quantumScratchBytes,
  quantumState,
  quantumState64,
} from "./quantum/adjoint";
export {
  quantumEstimateBackward,
  quantumEstimateForward,
  quantumEstimateForward64,
  quantumEstimateJacobian64,
  quantumEstimateScratchBytes,
} from "./quantum/estimate";
export { normal, permutation, uniform } from "./random";
