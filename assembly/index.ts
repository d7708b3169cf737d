// The WebAssembly interface. host/engine/kernels.ts lists the same names.
export { alloc, available, mark, reserve, reset } from "./memory";
export { adam, clipGradNorm } from "./optim/adam";
export { reluBackward, reluForward, tanhBackward, tanhForward } from "./ops/activation";
export { augment } from "./ops/augment";
export {
  batchNorm2dReluBackward,
  batchNorm2dReluForward,
  batchNorm2dReluMaxPool2dBackward,
  batchNorm2dReluMaxPool2dForward,
  batchNorm2dRunning,
  batchNorm2dStatistics,
} from "./ops/batchNorm2d";
export { conv2dBackward, conv2dForward, conv2dScratchBytes } from "./ops/conv2d";
export {
  conv2dWinogradBackward,
  conv2dWinogradFilterBytes,
  conv2dWinogradForward,
  conv2dWinogradScratchBytes,
} from "./ops/conv2dWinograd";
export { linearBackward, linearForward } from "./ops/linear";
export { normalize } from "./ops/normalize";
export { softmax, softmaxCrossEntropy } from "./ops/softmaxCrossEntropy";
export {
  quantumBackward,
  quantumBackward64,
  quantumForward,
  quantumForward64,
  quantumScratchBytes,
  quantumState,
  quantumState64,
} from "./quantum/adjoint";
export { permutation, uniform } from "./random";
