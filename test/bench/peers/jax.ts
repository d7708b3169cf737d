import { CONVS, LINEARS, type Model, type Request, random, requirePrivate } from "./peer.ts";

/** What is used of jax-js. A call uses its arguments up, `ref` keeps one for later. */
interface Tensor {
  readonly ref: Tensor;
  add(other: Tensor | number): Tensor;
  sub(other: Tensor | number): Tensor;
  mul(other: Tensor | number): Tensor;
  div(other: Tensor | number): Tensor;
  sum(axis?: number[]): Tensor;
  mean(axis?: number[], options?: { keepdims: boolean }): Tensor;
  max(axis: number[]): Tensor;
  reshape(shape: number[]): Tensor;
  data(): Promise<Float32Array>;
}

interface Jax {
  init(device: "wasm"): Promise<string[]>;
  defaultDevice(device: "wasm"): void;
  jit<F>(f: F): F;
  valueAndGrad(f: (params: Tensor[]) => Tensor): (params: Tensor[]) => [loss: Tensor, grads: Tensor[]];
  lax: { conv(x: Tensor, filter: Tensor, strides: number[], padding: "VALID" | "SAME"): Tensor };
  nn: { relu(x: Tensor): Tensor; logSoftmax(x: Tensor): Tensor };
  numpy: {
    array(values: Float32Array): Tensor;
    matmul(a: Tensor, b: Tensor): Tensor;
    sqrt(x: Tensor): Tensor;
    square(x: Tensor): Tensor;
    tanh(x: Tensor): Tensor;
  };
}

interface State {
  params: Tensor[];
  m: Tensor[];
  v: Tensor[];
}

const ADAM = { lr: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/**
 * Training in jax-js on its WebAssembly backend; the whole step is one compiled function. It keeps no running
 * statistics.
 */
export async function buildJax({ batch, threads }: Request): Promise<Model> {
  if (threads !== 1) throw new Error(`jax-js has no threads in Node: expected 1, got ${threads}`);
  // jax-js reads it, Node 20 has none.
  if (typeof navigator === "undefined") Object.assign(globalThis, { navigator: { userAgent: "node" } });
  const jax: Jax = requirePrivate("@jax-js/jax");
  const { version } = requirePrivate("./node_modules/@jax-js/jax/package.json") as { version: string };
  const { lax, nn, numpy: np } = jax;
  await jax.init("wasm");
  jax.defaultDevice("wasm");

  const tensor = (shape: number[], limit: number) => {
    const size = shape.reduce((product, length) => product * length, 1);
    return np.array(random(size, limit)).reshape(shape);
  };
  const images = tensor([batch, 3, 28, 28], 1);
  const oneHot = np.array(Float32Array.from({ length: batch * 2 }, (_, i) => ((i >> 1) ^ i) & 1)).reshape([batch, 2]);

  // Filter, bias, scale and shift of each convolution, weight and bias of each linear layer, in order.
  const params = [
    ...CONVS.flatMap(({ from, to }) => [
      tensor([to, from, 3, 3], (9 * from) ** -0.5),
      tensor([1, to, 1, 1], (9 * from) ** -0.5),
      tensor([1, to, 1, 1], 0).add(1),
      tensor([1, to, 1, 1], 0),
    ]),
    ...LINEARS.flatMap(({ from, to }) => [tensor([from, to], from ** -0.5), tensor([to], from ** -0.5)]),
  ];

  const batchNorm = (x: Tensor, scale: Tensor, shift: Tensor) => {
    const centred = x.ref.sub(x.mean([0, 2, 3], { keepdims: true }));
    const variance = np.square(centred.ref).mean([0, 2, 3], { keepdims: true });
    return centred
      .div(np.sqrt(variance.add(1e-5)))
      .mul(scale)
      .add(shift);
  };
  const loss = (all: Tensor[]) => {
    const next = all[Symbol.iterator]();
    const take = () => next.next().value as Tensor;
    let x = images.ref;
    let size = 28;
    for (const { to, padding, pool } of CONVS) {
      x = lax.conv(x, take(), [1, 1], padding === 1 ? "SAME" : "VALID").add(take());
      x = nn.relu(batchNorm(x, take(), take()));
      size += 2 * padding - 2;
      if (!pool) continue;
      size /= 2;
      x = x.reshape([batch, to, size, 2, size, 2]).max([3, 5]);
    }
    x = np.tanh(np.matmul(x.reshape([batch, LINEARS[0].from]), take()).add(take()));
    x = nn.relu(np.matmul(x, take()).add(take()));
    x = np.matmul(x, take()).add(take());
    return nn
      .logSoftmax(x)
      .mul(oneHot.ref)
      .sum()
      .mul(-1 / batch);
  };
  /** `rates` holds 1 − beta1ᵗ and 1 − beta2ᵗ of Adam's bias correction. */
  const update = jax.jit(({ params, m, v }: State, rates: [Tensor, Tensor]): [Tensor, State] => {
    const [value, grads] = jax.valueAndGrad(loss)(params.map((param) => param.ref));
    const after: State = { params: [], m: [], v: [] };
    for (const [i, grad] of grads.entries()) {
      const m1 = m[i].mul(ADAM.beta1).add(grad.ref.mul(1 - ADAM.beta1));
      const v1 = v[i].mul(ADAM.beta2).add(np.square(grad).mul(1 - ADAM.beta2));
      const root = np.sqrt(v1.ref.div(rates[1].ref)).add(ADAM.epsilon);
      after.params.push(params[i].sub(m1.ref.div(rates[0].ref).mul(ADAM.lr).div(root)));
      after.m.push(m1);
      after.v.push(v1);
    }
    return [value, after];
  });

  const zeros = () => params.map((param) => param.ref.mul(0));
  let state: State = { params, m: zeros(), v: zeros() };
  let t = 0;
  const step = async () => {
    t += 1;
    const rates = [1 - ADAM.beta1 ** t, 1 - ADAM.beta2 ** t].map((rate) => np.array(Float32Array.of(rate)));
    const [value, after] = update(state, rates as [Tensor, Tensor]);
    state = after;
    await state.params[0].ref.data();
    return (await value.data())[0];
  };
  return { version: `jax-js ${version}`, step };
}
