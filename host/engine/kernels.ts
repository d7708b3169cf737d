// More than 400 lines: one method for each export of the WebAssembly module, one parameter a line.

/** An address in the engine's memory, in bytes. 0 stands for "none" where a kernel allows it. */
export type Ptr = number & { readonly __brand: "Ptr" };

/**
 * The exports of the WebAssembly module, one method a kernel. Shapes and meanings stand in the first lines of the file
 * in assembly/ that a group names. Order of arguments: what is written, what is read, what was saved, scratch,
 * dimensions, scalars.
 */
export interface Kernels {
  // memory.ts
  reserve(bytes: number): number;
  alloc(bytes: number): Ptr;
  available(): number;
  mark(): number;
  reset(to: number): void;
  // random.ts
  uniform(out: Ptr, n: number, low: number, high: number, seed: number, stream: number, substream: number): void;
  normal(
    out: Ptr,
    scratch: Ptr,
    n: number,
    mean: number,
    deviation: number,
    seed: number,
    stream: number,
    substream: number,
  ): void;
  permutation(out: Ptr, n: number, seed: number, stream: number, substream: number): void;
  // ops/normalize.ts, ops/augment.ts
  normalize(out: Ptr, x: Ptr, n: number): void;
  augmentDraw(
    maps: Ptr,
    ids: Ptr,
    N: number,
    H: number,
    W: number,
    flips: number,
    degrees: number,
    shift: number,
    scale: number,
    brightness: number,
    contrast: number,
    seed: number,
    stream: number,
    epoch: number,
  ): void;
  augment(out: Ptr, x: Ptr, maps: Ptr, N: number, H: number, W: number, C: number, reflect: number): void;
  // core/ceiling.ts
  ceiling(out: Ptr, rounds: number): number;
  // core/gemm.ts
  useWideTiles(on: number): void;
  gemm(
    out: Ptr,
    a: Ptr,
    b: Ptr,
    init: Ptr,
    M: number,
    N: number,
    run: number,
    aRow: number,
    aDepth: number,
    ldb: number,
    ldo: number,
    finish: number,
    runs: number,
    skip: number,
  ): void;
  // core/reduce.ts
  zero(out: Ptr, bytes: number): void;
  scale(x: Ptr, n: number, factor: number): void;
  addGroups(out: Ptr, partial: Ptr, groups: number, stride: number, n: number): void;
  // ops/conv2d.ts
  conv2dScratchBytes(H: number, W: number, C: number, OC: number, pad: number): number;
  conv2dForward(
    out: Ptr,
    x: Ptr,
    w: Ptr,
    b: Ptr,
    scratch: Ptr,
    N: number,
    H: number,
    W: number,
    C: number,
    OC: number,
    pad: number,
    tail: number,
  ): void;
  conv2dBackward(
    dx: Ptr,
    dw: Ptr,
    db: Ptr,
    dout: Ptr,
    x: Ptr,
    w: Ptr,
    scratch: Ptr,
    N: number,
    H: number,
    W: number,
    C: number,
    OC: number,
    pad: number,
    add: number,
  ): void;
  conv2dInputGradient(
    dx: Ptr,
    dout: Ptr,
    w: Ptr,
    N: number,
    H: number,
    W: number,
    C: number,
    OC: number,
    pad: number,
  ): void;
  // ops/conv2dWinograd.ts
  conv2dWinogradFilterBytes(m: number, C: number, OC: number): number;
  conv2dWinogradScratchBytes(m: number, N: number, H: number, W: number, C: number, OC: number, pad: number): number;
  conv2dWinogradFilters(
    u: Ptr,
    ut: Ptr,
    w: Ptr,
    scratch: Ptr,
    m: number,
    C: number,
    OC: number,
    first: number,
    last: number,
  ): void;
  conv2dWinogradForward(
    out: Ptr,
    x: Ptr,
    u: Ptr,
    b: Ptr,
    scratch: Ptr,
    m: number,
    N: number,
    H: number,
    W: number,
    C: number,
    OC: number,
    pad: number,
    tail: number,
  ): void;
  conv2dWinogradBackward(
    dx: Ptr,
    du: Ptr,
    db: Ptr,
    dout: Ptr,
    x: Ptr,
    ut: Ptr,
    scratch: Ptr,
    m: number,
    N: number,
    H: number,
    W: number,
    C: number,
    OC: number,
    pad: number,
    add: number,
  ): void;
  conv2dWinogradFilterGradient(
    dw: Ptr,
    du: Ptr,
    scratch: Ptr,
    groups: number,
    stride: number,
    m: number,
    C: number,
    OC: number,
    first: number,
    last: number,
  ): void;
  // ops/batchNorm2d.ts
  batchNorm2dMoments(moments: Ptr, x: Ptr, N: number, HW: number, C: number, add: number): void;
  batchNorm2dStatistics(
    mean: Ptr,
    rstd: Ptr,
    runningMean: Ptr,
    runningVar: Ptr,
    moments: Ptr,
    N: number,
    size: number,
    HW: number,
    C: number,
    momentum: number,
    epsilon: number,
  ): void;
  batchNorm2dRunning(mean: Ptr, rstd: Ptr, runningMean: Ptr, runningVar: Ptr, C: number, epsilon: number): void;
  batchNorm2dFold(
    foldedW: Ptr,
    foldedB: Ptr,
    w: Ptr,
    b: Ptr,
    normW: Ptr,
    normB: Ptr,
    runningMean: Ptr,
    runningVar: Ptr,
    rows: number,
    C: number,
    epsilon: number,
  ): void;
  batchNorm2dReluForward(out: Ptr, x: Ptr, mean: Ptr, rstd: Ptr, w: Ptr, b: Ptr, rows: number, C: number): void;
  batchNorm2dReluMaxPool2dForward(
    out: Ptr,
    x: Ptr,
    mean: Ptr,
    rstd: Ptr,
    w: Ptr,
    b: Ptr,
    N: number,
    H: number,
    W: number,
    C: number,
  ): void;
  batchNorm2dReluSums(
    sums: Ptr,
    dout: Ptr,
    x: Ptr,
    mean: Ptr,
    rstd: Ptr,
    w: Ptr,
    b: Ptr,
    N: number,
    HW: number,
    C: number,
    add: number,
  ): void;
  batchNorm2dReluMaxPool2dSums(
    sums: Ptr,
    dout: Ptr,
    x: Ptr,
    mean: Ptr,
    rstd: Ptr,
    w: Ptr,
    b: Ptr,
    N: number,
    H: number,
    W: number,
    C: number,
    add: number,
  ): void;
  batchNorm2dGradients(
    slopes: Ptr,
    dw: Ptr,
    db: Ptr,
    sums: Ptr,
    rstd: Ptr,
    groups: number,
    rows: number,
    C: number,
  ): void;
  batchNorm2dReluCentre(
    dx: Ptr,
    dout: Ptr,
    x: Ptr,
    mean: Ptr,
    rstd: Ptr,
    w: Ptr,
    b: Ptr,
    slopes: Ptr,
    rows: number,
    C: number,
  ): void;
  batchNorm2dReluMaxPool2dCentre(
    dx: Ptr,
    dout: Ptr,
    x: Ptr,
    mean: Ptr,
    rstd: Ptr,
    w: Ptr,
    b: Ptr,
    slopes: Ptr,
    N: number,
    H: number,
    W: number,
    C: number,
  ): void;
  // ops/dropout.ts
  dropoutForward(
    out: Ptr,
    mask: Ptr,
    x: Ptr,
    ids: Ptr,
    N: number,
    K: number,
    p: number,
    seed: number,
    stream: number,
    epoch: number,
  ): void;
  dropoutBackward(dx: Ptr, dout: Ptr, mask: Ptr, N: number, K: number): void;
  // ops/maxPool2d.ts, ops/averagePool2d.ts
  maxPool2dForward(out: Ptr, x: Ptr, N: number, H: number, W: number, C: number): void;
  maxPool2dBackward(dx: Ptr, dout: Ptr, x: Ptr, N: number, H: number, W: number, C: number): void;
  averagePool2dForward(out: Ptr, x: Ptr, N: number, HW: number, C: number): void;
  averagePool2dBackward(dx: Ptr, dout: Ptr, N: number, HW: number, C: number): void;
  // ops/residual.ts
  batchNorm2dAddReluForward(
    out: Ptr,
    x: Ptr,
    identity: Ptr,
    mean: Ptr,
    rstd: Ptr,
    w: Ptr,
    b: Ptr,
    rows: number,
    C: number,
  ): void;
  addReluForward(out: Ptr, x: Ptr, identity: Ptr, n: number): void;
  add(out: Ptr, x: Ptr, n: number): void;
  // ops/linear.ts
  linearForward(out: Ptr, x: Ptr, w: Ptr, b: Ptr, N: number, K: number, O: number): void;
  linearBackward(dx: Ptr, dw: Ptr, db: Ptr, dout: Ptr, x: Ptr, w: Ptr, N: number, K: number, O: number): void;
  // ops/activation.ts
  reluForward(out: Ptr, x: Ptr, n: number): void;
  reluBackward(dx: Ptr, dout: Ptr, out: Ptr, n: number): void;
  tanhForward(out: Ptr, x: Ptr, n: number): void;
  tanhBackward(dx: Ptr, dout: Ptr, out: Ptr, n: number): void;
  trigonometricScratchBytes(W: number): number;
  trigonometricForward(out: Ptr, x: Ptr, scratch: Ptr, N: number, W: number): void;
  trigonometricBackward(dx: Ptr, dout: Ptr, x: Ptr, scratch: Ptr, N: number, W: number): void;
  // ops/sigmoidCrossEntropy.ts
  sigmoid(probs: Ptr, logits: Ptr, n: number): void;
  sigmoidCrossEntropy(
    dlogits: Ptr,
    logits: Ptr,
    targets: Ptr,
    weights: Ptr,
    N: number,
    K: number,
    smoothing: number,
  ): number;
  // ops/softmaxCrossEntropy.ts
  softmax(probs: Ptr, logits: Ptr, N: number, K: number): void;
  softmaxCrossEntropy(
    dlogits: Ptr,
    logits: Ptr,
    labels: Ptr,
    weights: Ptr,
    N: number,
    K: number,
    smoothing: number,
  ): number;
  // quantum/adjoint.ts
  quantumScratchBytes(wires: number, numWeights: number, numOps: number, numValues: number): number;
  quantumJacobianScratchBytes(
    wires: number,
    numWeights: number,
    numOps: number,
    numValues: number,
    rows: number,
  ): number;
  quantumKetsBytes(wires: number, N: number): number;
  quantumForward(out: Ptr, kets: Ptr, x: Ptr, weights: Ptr, tape: Ptr, scratch: Ptr, N: number): void;
  quantumBackward(
    dx: Ptr,
    dweights: Ptr,
    dout: Ptr,
    x: Ptr,
    weights: Ptr,
    kets: Ptr,
    tape: Ptr,
    scratch: Ptr,
    N: number,
  ): void;
  quantumRows(dx: Ptr, dweights: Ptr, dout: Ptr, x: Ptr, weights: Ptr, tape: Ptr, scratch: Ptr, N: number): void;
  quantumJacobian(dx: Ptr, dweights: Ptr, dout: Ptr, x: Ptr, weights: Ptr, tape: Ptr, scratch: Ptr, rows: number): void;
  quantumState(
    re: Ptr,
    im: Ptr,
    x: Ptr,
    weights: Ptr,
    tape: Ptr,
    scratch: Ptr,
    N: number,
    first: number,
    last: number,
  ): void;
  quantumForward64(out: Ptr, kets: Ptr, x: Ptr, weights: Ptr, tape: Ptr, scratch: Ptr, N: number): void;
  quantumBackward64(
    dx: Ptr,
    dweights: Ptr,
    dout: Ptr,
    x: Ptr,
    weights: Ptr,
    kets: Ptr,
    tape: Ptr,
    scratch: Ptr,
    N: number,
  ): void;
  quantumRows64(dx: Ptr, dweights: Ptr, dout: Ptr, x: Ptr, weights: Ptr, tape: Ptr, scratch: Ptr, N: number): void;
  quantumJacobian64(
    dx: Ptr,
    dweights: Ptr,
    dout: Ptr,
    x: Ptr,
    weights: Ptr,
    tape: Ptr,
    scratch: Ptr,
    rows: number,
  ): void;
  quantumState64(
    re: Ptr,
    im: Ptr,
    x: Ptr,
    weights: Ptr,
    tape: Ptr,
    scratch: Ptr,
    N: number,
    first: number,
    last: number,
  ): void;
  // quantum/estimate.ts
  quantumEstimateScratchBytes(
    wires: number,
    stateWires: number,
    numInputs: number,
    numWeights: number,
    numOps: number,
    numValues: number,
    numGroups: number,
    channelBytes: number,
  ): number;
  quantumEstimateForward(
    out: Ptr,
    x: Ptr,
    weights: Ptr,
    ids: Ptr,
    tape: Ptr,
    noise: Ptr,
    scratch: Ptr,
    N: number,
    seed: number,
    stream: number,
    use: number,
  ): void;
  quantumEstimateBackward(
    dx: Ptr,
    dweights: Ptr,
    dout: Ptr,
    x: Ptr,
    weights: Ptr,
    ids: Ptr,
    tape: Ptr,
    noise: Ptr,
    scratch: Ptr,
    N: number,
    seed: number,
    stream: number,
    use: number,
  ): void;
  quantumEstimateForward64(
    out: Ptr,
    x: Ptr,
    weights: Ptr,
    ids: Ptr,
    tape: Ptr,
    noise: Ptr,
    scratch: Ptr,
    N: number,
    seed: number,
    stream: number,
    use: number,
  ): void;
  quantumEstimateJacobian64(
    dx: Ptr,
    dweights: Ptr,
    dout: Ptr,
    x: Ptr,
    weights: Ptr,
    ids: Ptr,
    tape: Ptr,
    noise: Ptr,
    scratch: Ptr,
    N: number,
    seed: number,
    stream: number,
    use: number,
  ): void;
  // optim/adam.ts
  adam(
    params: Ptr,
    m: Ptr,
    v: Ptr,
    grads: Ptr,
    n: number,
    step: number,
    lr: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    weightDecay: number,
  ): void;
  clipGradNorm(grads: Ptr, n: number, maxNorm: number): number;
  // optim/ema.ts
  ema(average: Ptr, x: Ptr, n: number, decay: number): void;
}
