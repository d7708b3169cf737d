import { HqcnnError } from "../check.ts";

// Errors of the operating system and of the runtime, in words.

export type Verb = "read" | "write" | "create" | "remove" | "rename" | "lock";

/** Runs a file operation; whatever it throws becomes one line that names the path and what to do. */
export async function attempt<T>(verb: Verb, path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof HqcnnError) throw error;
    throw new HqcnnError(`cannot ${verb} ${path}: ${reason(error, verb)}`, { cause: error });
  }
}

/** The code of a system error, such as "ENOENT"; "" for other errors. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** Why an operation on a file failed and what to do about it, in one line. */
export function reason(error: unknown, verb: Verb = "read"): string {
  return systemReason(error, verb) ?? (error instanceof Error ? error.message : String(error)).replaceAll("\n", " ");
}

/** As reason, for errors of the system and refusals of the runtime; undefined for all others. */
export function systemReason(error: unknown, verb: Verb = "read"): string | undefined {
  const needsFolder = verb === "write" || verb === "create";
  const refused = denied(error);
  if (refused !== undefined) return refused;
  switch (codeOf(error)) {
    case "ENOENT":
      return needsFolder
        ? "its folder does not exist; create it or choose another path"
        : "no such file; check the path";
    case "EISDIR":
    case "ERR_FS_EISDIR":
      return "expected a file, got a folder; give the path of a file";
    case "EEXIST":
      return "a file of this name exists; choose another path";
    case "ENOTDIR":
      return "expected a folder, got a file on the way; check the path";
    case "EACCES":
    case "EPERM":
      return "permission denied; change the permissions or choose another path";
    case "ENOSPC":
      return "the disk is full; free space or choose another path";
    case "EDQUOT":
      return "your quota on this disk is used up; free space or choose another path";
    case "EFBIG":
      return "the file would be larger than the disk or a limit allows (ulimit -f); raise it or choose another path";
    case "EROFS":
      return "the disk is read-only; choose another path";
    case "EMFILE":
    case "ENFILE":
      return "too many open files; close some or raise the limit (ulimit -n)";
    case "ENAMETOOLONG":
      return "the name is too long; choose a shorter one";
    case "EXDEV":
      return "the new path is on another disk; choose one on the same disk";
    case "ELOOP":
      return "its symbolic links lead in a circle; check the path";
    case "EIO":
      return "the disk reported an error; check the disk or choose another path";
    case "EBUSY":
    case "ETXTBSY":
      return "another program uses it; close that program and try again";
    case "ENOMEM":
    case "EAGAIN":
      return "the system has no memory or threads left; close other programs or raise the limits (ulimit -a)";
    case "ESTALE":
      return "the network disk lost it; try again";
    case "EINVAL":
    case "ERR_INVALID_ARG_VALUE":
      return "the system does not accept this path; check it";
    case "EPIPE":
    case "EBADF":
      return "it was closed";
    default:
      return undefined;
  }
}

/** What Deno's permissions refuse: its own message ends with the option to give. */
function denied(error: unknown): string | undefined {
  if (!(error instanceof Error) || !["NotCapable", "PermissionDenied"].includes(error.name)) return undefined;
  const option = /--allow-\w+/.exec(error.message)?.[0];
  if (option === undefined) return undefined;
  return `Deno's permissions forbid it; run with ${option} or -A`;
}
