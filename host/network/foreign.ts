/** First bytes of formats that people take for a model file, each with its name in a sentence. */
const MAGIC: readonly [bytes: string, name: string][] = [
  ["\x89HDF\r\n\x1a\n", "an HDF5 file (Keras .h5, or .mat)"],
  ["GGUF", "a GGUF file (of a language model)"],
  ["ggml", "a GGML file (of a language model)"],
  ["\x93NUMPY", "an npy file (a NumPy array)"],
  ["\x1f\x8b", "a gzip archive"],
  ["BZh", "a bzip2 archive"],
  ["\xfd7zXZ\x00", "an xz archive"],
  ["7z\xbc\xaf\x27\x1c", "a 7z archive"],
  ["Rar!", "a RAR archive"],
  ["\x28\xb5\x2f\xfd", "a Zstandard archive"],
  ["\0asm", "a WebAssembly module"],
  ["\x89PNG", "a PNG image"],
  ["\xff\xd8\xff", "a JPEG image"],
  ["GIF8", "a GIF image"],
  ["II*\0", "a TIFF image"],
  ["MM\0*", "a TIFF image"],
  ["%PDF", "a PDF file"],
  ["version https://git-lfs", "a Git LFS pointer in the place of the file (git lfs pull brings it)"],
];

const latin1 = new TextDecoder("latin1");

/** What a file is that is no safetensors file, as in "a PyTorch file": by its content; null if that is not known. */
export function foreignFormat(bytes: Uint8Array): string | null {
  if (bytes.length === 0) return "an empty file";
  const head = latin1.decode(bytes.subarray(0, 1 << 16));
  if (head.startsWith("PK")) return zipKind(head + latin1.decode(bytes.subarray(-(1 << 16))));
  // latin1 is windows-1252 to a TextDecoder: bytes from 0x80 to 0x9f are compared as numbers.
  const starts = (magic: string, at = 0) => [...magic].every((c, i) => bytes[at + i] === c.charCodeAt(0));
  const known = MAGIC.find(([magic]) => starts(magic));
  if (known) return known[1];
  if (starts("TFL3", 4)) return "a TensorFlow Lite file";
  if (starts("DICM", 128)) return "a DICOM file";
  if (starts("ustar", 257)) return "a tar archive";
  // Protocol 2 to 5 of pickle; the older form of torch.save is pickles after one another.
  if (bytes[0] === 0x80 && bytes[1] >= 2 && bytes[1] <= 5) return "a pickle file (of PyTorch's torch.save, or Python)";
  // ModelProto: field 1, the version of the format, then the producer, domain, graph or operator sets.
  if (bytes[0] === 8 && bytes[1] < 64 && [0x12, 0x1a, 0x22, 0x28, 0x3a, 0x42].includes(bytes[2])) return "an ONNX file";
  return textKind(head);
}

function zipKind(names: string): string {
  if (names.includes("data.pkl")) return "a PyTorch file (a zip archive of torch.save)";
  if (names.includes(".weights.h5")) return "a Keras file (a zip archive with .h5 in it)";
  if (names.includes(".npy")) return "an npz file (NumPy arrays)";
  return "a zip archive";
}

function textKind(head: string): string | null {
  const start = head.trimStart().slice(0, 200);
  if (/^<(!doctype|html|\?xml)/i.test(start)) return "a web page (HTML), as of a login or an error";
  if (/^[\t\n\r\x20-\x7e]+$/.test(head.slice(0, 4096))) {
    if (head.includes('"weight_map"')) return "the index of a model in several files (sharded)";
    return /^[[{]/.test(start) ? "a JSON file" : "a text file";
  }
  return null;
}
