import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

/** SHA-256 in hexadecimal: by the runtime, which is fastest, or here where a page has no secure origin. */
export async function checksum(bytes: Uint8Array | string): Promise<string> {
  const data = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
  const { subtle } = globalThis.crypto ?? {};
  if (!subtle) return bytesToHex(sha256(data));
  return bytesToHex(new Uint8Array(await subtle.digest("SHA-256", data as Uint8Array<ArrayBuffer>)));
}
