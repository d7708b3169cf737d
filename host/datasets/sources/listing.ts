import { HqcnnError } from "../../check.ts";
import type { Platform } from "../../platform/platform.ts";
import type { Skipped } from "../types.ts";

/** A file below a folder. */
export interface ListedFile {
  path: string;
  /** Names from the folder down to the file. */
  names: string[];
}

export interface Listing {
  /** In the order of their names, folder by folder. */
  files: ListedFile[];
  /** Folders right below, hidden and system ones left out. */
  folders: string[];
  skipped: Skipped[];
}

/** Files and folders that systems and editors leave among images. */
const systemNames = ["__macosx", "thumbs.db", "desktop.ini", "ehthumbs.db", "@eadir", "$recycle.bin", "icon\r"];
/** Folders below folders: more are a link that leads back, most likely. */
const deepest = 16;

/** Why a file or folder of this name is never data; undefined if it may be. */
export function systemReason(name: string): string | undefined {
  if (name.startsWith(".")) return "hidden";
  return systemNames.includes(name.toLowerCase()) ? "left by the system" : undefined;
}

/**
 * All files of a folder and its subfolders. @throws HqcnnError when the folder cannot be read; folders below it are
 * skipped then
 */
export async function listFiles(platform: Platform, root: string, signal?: AbortSignal): Promise<Listing> {
  const files: ListedFile[] = [];
  const skipped: Skipped[] = [];
  const folders: string[] = [];
  const visit = async (folder: string, names: string[]) => {
    signal?.throwIfAborted();
    for (const { name, kind } of await platform.list(folder)) {
      const path = platform.join(folder, name);
      const reason = systemReason(name);
      if (reason) skipped.push({ path, reason: kind === "folder" ? `${reason}, with all that it holds` : reason });
      else if (kind === "file") files.push({ path, names: [...names, name] });
      else if (names.length === deepest) skipped.push({ path, reason: `more than ${deepest} folders deep` });
      else {
        if (names.length === 0) folders.push(name);
        await visit(path, [...names, name]).catch((error: unknown) => {
          if (!(error instanceof HqcnnError)) throw error;
          skipped.push({ path, reason: error.message });
        });
      }
    }
  };
  await visit(root, []);
  return { files, folders, skipped };
}

/** "skipped 7 of 15 files: 4 hidden; a.txt: no image …": counts of what systems leave, the first others by name. */
export function skippedText(skipped: readonly Skipped[], mostNamed = 5): string {
  const counts = new Map<string, number>();
  const named: string[] = [];
  for (const { path, reason } of skipped) {
    if (/^(hidden|left by the system)/.test(reason)) {
      const kind = reason.replace(/,.*/, "");
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    } else named.push(reason.startsWith(path) ? reason : `${path}: ${reason}`);
  }
  const more = named.length > mostNamed ? [`and ${named.length - mostNamed} more`] : [];
  return [...[...counts].map(([kind, count]) => `${count} ${kind}`), ...named.slice(0, mostNamed), ...more].join("; ");
}
