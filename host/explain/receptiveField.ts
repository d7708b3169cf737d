import type { Module } from "../network/layers/modules.ts";
import type { Network } from "../network/network.ts";

/** A square that slides over an image: of a convolution or a pooling. */
export interface Window {
  kernel: number;
  stride: number;
  pad: number;
}

/** Rows top … bottom and columns left … right, all counted; they may reach into padding. */
export interface Patch {
  top: number;
  left: number;
  bottom: number;
  right: number;
}

/** The windows of a layer in order; null where one value sees the whole image. */
export function windowsOf(modules: readonly Module[]): Window[] | null {
  const windows: Window[] = [];
  for (const module of modules) {
    if (module.type === "Conv2d") windows.push({ kernel: module.kernel, stride: 1, pad: module.pad });
    else if (module.type === "MaxPool2d") windows.push({ kernel: module.kernel, stride: module.kernel, pad: 0 });
    else if (module.type === "AdaptiveAvgPool2d" || module.type === "Flatten" || module.type === "Linear") return null;
  }
  return windows;
}

/**
 * What of the input a patch of the output is computed from. Araujo, Norris and Sim, Computing Receptive Fields of
 * Convolutional Neural Networks, Distill 2019, https://doi.org/10.23915/distill.00021
 */
export function seenBy(windows: readonly Window[], patch: Patch): Patch {
  return windows.reduceRight(
    ({ top, left, bottom, right }, { kernel, stride, pad }) => ({
      top: top * stride - pad,
      left: left * stride - pad,
      bottom: bottom * stride - pad + kernel - 1,
      right: right * stride - pad + kernel - 1,
    }),
    patch,
  );
}

/** The kernel that makes one feature map. */
export interface Kernel {
  /** Maps that it reads. */
  channels: number;
  size: number;
  /** (channels, size, size), in PyTorch's order. */
  weights: Float32Array;
}

/** The kernel of a feature map; null where a layer has no convolution, or several. */
export function kernelOf(network: Network, layer: string, channel: number): Kernel | null {
  const modules = network.layers.find(({ name }) => name === layer)?.modules ?? [];
  const [convolution, ...others] = modules.filter((module) => module.type === "Conv2d");
  if (!convolution || others.length > 0) return null;
  const { name, in: channels, kernel: size, out } = convolution;
  if (!(channel >= 0 && channel < out)) return null;
  const { data } = network.tensors().get(`${name}.weight`)!;
  const count = channels * size * size;
  return { channels, size, weights: Float32Array.from(data.subarray(channel * count, (channel + 1) * count)) };
}
