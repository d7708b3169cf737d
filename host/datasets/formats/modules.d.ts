/** The parts used here of packages that bring no types. */
declare module "jpeg-lossless-decoder-js" {
  export class Decoder {
    /** The row that would be decoded next. */
    yLoc: number;
    decode(buffer: ArrayBuffer, offset: number, length: number): Uint8Array | Uint16Array | null;
  }
}

declare module "@cornerstonejs/codec-openjpeg/decodewasmjs" {
  const create: import("./emscripten.ts").CreateCodec<"J2KDecoder">;

  // biome-ignore lint/style/noDefaultExport: the package has no other
  export default create;
}

declare module "@cornerstonejs/codec-charls/decodewasmjs" {
  const create: import("./emscripten.ts").CreateCodec<"JpegLSDecoder">;

  // biome-ignore lint/style/noDefaultExport: the package has no other
  export default create;
}
