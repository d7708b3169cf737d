// relu: out = max(0, x), tanh: out = tanh x, over n numbers. Backward overwrites dx from dout and the saved out.
// https://pytorch.org/docs/stable/generated/torch.nn.ReLU.html, …/torch.nn.Tanh.html
import { tanh } from "../math";

export function reluForward(out: usize, x: usize, n: i32): void {
  for (let i: usize = 0; i < (<usize>n) << 2; i += 4) store<f32>(out + i, max<f32>(0, load<f32>(x + i)));
}

export function reluBackward(dx: usize, dout: usize, out: usize, n: i32): void {
  const bytes = (<usize>n) << 2;
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) {
    v128.store(dx + i, v128.and(v128.load(dout + i), f32x4.gt(v128.load(out + i), f32x4.splat(0))));
  }
  for (; i < bytes; i += 4) store<f32>(dx + i, load<f32>(out + i) > 0 ? load<f32>(dout + i) : 0);
}

export function tanhForward(out: usize, x: usize, n: i32): void {
  for (let i: usize = 0; i < (<usize>n) << 2; i += 4) store<f32>(out + i, <f32>tanh(<f64>load<f32>(x + i)));
}

export function tanhBackward(dx: usize, dout: usize, out: usize, n: i32): void {
  for (let i: usize = 0; i < (<usize>n) << 2; i += 4) {
    const y = load<f32>(out + i);
    store<f32>(dx + i, load<f32>(dout + i) * (1 - y * y));
  }
}
