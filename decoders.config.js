// Copies the decoders' WebAssembly modules out of their packages to build/decoders, where
// host/datasets/formats/wasm.ts looks for them.
import { copyFileSync, mkdirSync } from "node:fs";
import { basename } from "node:path";

const out = "build/decoders";
const modules = [
  "@cwasm/jpeg-turbo/jpeg-turbo.wasm",
  "@cwasm/webp/webp.wasm",
  "@cwasm/nsgif/nsgif.wasm",
  "@cornerstonejs/codec-openjpeg/dist/openjpegwasm_decode.wasm",
  "@cornerstonejs/codec-charls/dist/charlswasm_decode.wasm",
];

export const decoders = modules.map((path) => `${out}/${basename(path)}`);

mkdirSync(out, { recursive: true });
for (const [i, path] of modules.entries()) copyFileSync(`node_modules/${path}`, decoders[i]);
