/**
 * A failure the user can act on: one or two lines with what was expected, what came, and what to do. The command line
 * exits 1.
 */
export class HqcnnError extends Error {
  override name = "HqcnnError";
}

/** A request that cannot be meant (unknown option, impossible value). The command line exits 2. */
export class UsageError extends HqcnnError {
  override name = "UsageError";
}

/** A broken precondition inside a kernel (debug build), or a thread that failed. */
export class KernelError extends HqcnnError {
  override name = "KernelError";
}

/** Whether a value out of JSON is an object, not a list and not null. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The error to throw when reading `file` failed: a HqcnnError as it is, and anything else (a library's text, a failed
 * allocation) as one that names the file and what was expected in it. Every parser of foreign bytes ends in this.
 * @param expected as in "a PNG, JPEG, TIFF or DICOM image"
 */
export function damaged(file: string, expected: string, error: unknown): HqcnnError {
  if (error instanceof HqcnnError) return error;
  if (isNotLoaded(error)) return new HqcnnError(NOT_LOADED, { cause: error });
  const what = isOutOfMemory(error)
    ? "there is not enough memory to read it: close other programs, or take a smaller file"
    : `expected ${expected}; its content is damaged or of a form that hqcnn does not read`;
  return new HqcnnError(`${file}: ${what}`, { cause: error });
}

/**
 * Whether an import found no file or no connection: parsers are loaded when a file needs them, and that file is not at
 * fault.
 */
export function isNotLoaded(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // What Node, Chromium and Firefox, and WebKit say.
  const isMissing = "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
  return isMissing || /dynamically imported module|importing a module script/i.test(error.message);
}

export const NOT_LOADED =
  "a part of the program cannot be loaded: raise the limit of open files (ulimit -n), or install hqcnn again; " +
  "in a page, check the connection and reload";

/** Whether it is what V8 and JavaScriptCore throw when an array or a WebAssembly memory cannot be had. */
export function isOutOfMemory(error: unknown): boolean {
  return error instanceof RangeError && /allocat|out of memory|array (buffer )?length|array size/i.test(error.message);
}

/** Levels of brackets that a file may have: recursive readers overflow the stack at some thousands. */
const MOST_LEVELS = 100;

/** Refuses JSON or YAML that is nested deeper than any file of ours; brackets in strings count. @throws SyntaxError */
export function refuseDeep(text: string): void {
  let level = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x5b || code === 0x7b) level++;
    else if (code === 0x5d || code === 0x7d) level = Math.max(0, level - 1);
    if (level > MOST_LEVELS) throw new SyntaxError(`more than ${MOST_LEVELS} levels of brackets`);
  }
}

/** JSON.parse for text that others may have written. @throws SyntaxError */
export function parseJson(text: string): unknown {
  refuseDeep(text);
  return JSON.parse(text);
}

/** A value out of a file as errors show it: short, whatever its size and depth. Texts without quotes. */
export function shown(value: unknown): string {
  const cut = (text: string) => (text.length > 60 ? `${text.slice(0, 60)}…` : text);
  if (typeof value === "string") return cut(value);
  if (Array.isArray(value)) {
    const flat = value.length <= 8 && value.every((entry) => typeof entry !== "object");
    return flat ? `[${value.map(shown)}]` : `a list of ${value.length}`;
  }
  return value !== null && typeof value === "object" ? "an object" : cut(String(value));
}
