/** The parts used here of packages that bring no types for these files. */
declare module "hash-wasm/dist/md5.umd.min.js" {
  const hashWasm: Pick<typeof import("hash-wasm"), "createMD5">;

  // biome-ignore lint/style/noDefaultExport: the package has no other
  export default hashWasm;
}

declare module "hash-wasm/dist/crc32.umd.min.js" {
  const hashWasm: Pick<typeof import("hash-wasm"), "createCRC32">;

  // biome-ignore lint/style/noDefaultExport: the package has no other
  export default hashWasm;
}

declare module "pako/lib/deflate.js" {
  const pako: { deflateRaw(data: Uint8Array, options: { level: number }): Uint8Array };

  // biome-ignore lint/style/noDefaultExport: the package has no other
  export default pako;
}
