/** The parts used here of a package that brings its types for another file alone. */
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
