import type { Frame, Samples } from "./pixels.ts";
import { fullRange, Refusal } from "./pixels.ts";

/** A codec of Cornerstone's builds: one stream in, one picture out. */
export interface Codec {
  getEncodedBuffer(length: number): Uint8Array;
  getDecodedBuffer(): Uint8Array;
  decode(): void;
  getFrameInfo(): { width: number; height: number; bitsPerSample: number; componentCount: number; isSigned: boolean };
  /** JPEG-LS: 0 plane by plane, 1 by lines, 2 by samples. */
  getInterleaveMode?(): number;
  delete(): void;
}

export type CreateCodec<Name extends string> = (options: {
  wasmBinary: Uint8Array;
  print(text: string): void;
  printErr(text: string): void;
}) => Promise<Record<Name, new () => Codec>>;

/** Samples above which a codec's memory, which only grows, is dropped afterwards. */
const mostKept = 2 ** 23;

const silent = () => {};
const modules = new Map<string, Promise<Record<string, new () => Codec>>>();

/** Decodes a stream whose size was checked before. The library's own messages are dropped. */
export async function decodeWith<Name extends string>(
  create: CreateCodec<Name>,
  name: Name,
  wasm: () => Promise<Uint8Array>,
  stream: Uint8Array,
  expected: { width: number; height: number },
  ask?: (codec: Codec) => void,
): Promise<Frame & { bits: number; components: number; isSigned: boolean }> {
  let module = modules.get(name);
  if (module === undefined) {
    module = wasm().then((wasmBinary) => create({ wasmBinary, print: silent, printErr: silent }));
    modules.set(name, module);
    module.catch(() => modules.delete(name));
  }
  const Decoder = (await module)[name];
  let codec: Codec | undefined;
  try {
    codec = new Decoder();
    codec.getEncodedBuffer(stream.length).set(stream);
    codec.decode();
    const { width, height, bitsPerSample: bits, componentCount: components, isSigned } = codec.getFrameInfo();
    if (width !== expected.width || height !== expected.height)
      throw new Refusal("the compressed image data are cut short or damaged");
    const bytes = codec.getDecodedBuffer();
    const size = bits > 8 ? 2 : 1;
    if (bytes.length < width * height * components * size)
      throw new Refusal("the compressed image data are cut short or damaged");
    const buffer = new Uint8Array(bytes).buffer;
    const length = width * height * components;
    const samples: Samples =
      size === 2
        ? new (isSigned ? Int16Array : Uint16Array)(buffer, 0, length)
        : new (isSigned ? Int8Array : Uint8Array)(buffer, 0, length);
    ask?.(codec);
    if (length > mostKept) modules.delete(name);
    const channels = components === 3 ? 3 : 1;
    return { width, height, channels, samples, mapping: fullRange(bits, isSigned), bits, components, isSigned };
  } catch (error) {
    if (!(error instanceof Refusal)) modules.delete(name); // its memory may be in any state
    throw error;
  } finally {
    if (modules.has(name)) codec?.delete();
  }
}
