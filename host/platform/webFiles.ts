// The files of build/web by addresses written out in full: Vite, webpack and Next.js then copy them and put the copy's
// address here. For entry points of build/web alone, where these files lie beside the program.
import { webPackage } from "./webPackage.ts";

webPackage.files = {
  "strict.wasm": () => new URL("./strict.wasm", import.meta.url),
  "strict-threads.wasm": () => new URL("./strict-threads.wasm", import.meta.url),
  "fast.wasm": () => new URL("./fast.wasm", import.meta.url),
  "fast-threads.wasm": () => new URL("./fast-threads.wasm", import.meta.url),
  "jpeg-turbo.wasm": () => new URL("./jpeg-turbo.wasm", import.meta.url),
  "webp.wasm": () => new URL("./webp.wasm", import.meta.url),
  "nsgif.wasm": () => new URL("./nsgif.wasm", import.meta.url),
  "openjpegwasm_decode.wasm": () => new URL("./openjpegwasm_decode.wasm", import.meta.url),
  "charlswasm_decode.wasm": () => new URL("./charlswasm_decode.wasm", import.meta.url),
  "bloodmnist-sample.jls": () => new URL("./bloodmnist-sample.jls", import.meta.url),
  "sample-run.zip": () => new URL("./sample-run.zip", import.meta.url),
};
