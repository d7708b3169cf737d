import { HqcnnError, UsageError } from "../../check.ts";
import { formatNames } from "../formats/decode.ts";
import type { Skipped, SplitName } from "../types.ts";
import { type ImageFile, type ImageFileOptions, type ImageSet, readImageFiles } from "./imageFiles.ts";
import { splitOf } from "./keys.ts";
import { byNumberOrText, mostClasses } from "./labels.ts";
import { type ListedFile, type Listing, listFiles } from "./listing.ts";

export interface FolderOptions extends ImageFileOptions {
  /**
   * Which folders hold one patient's images each, that must stay in one split: the number of their level (1: right in
   * the folder, or in its train, val and test), or "patient" for those right in the folder of a class.
   */
  group?: string;
  /** Fewer than two classes, and classes without images, are no error: for evaluation. */
  anyClasses?: boolean;
}

/** The images of a folder, with their classes. */
export interface FolderImages extends ImageSet {
  classNames: string[];
  /** What was taken for what, in words. */
  steps: string[];
}

/**
 * Reads a folder of own images: one subfolder a class (2 to 64; labels in the order of their names, numbers as
 * numbers), in it image files at any depth; or train, val and test with such subfolders each. Content decides whether a
 * file is an image. Everything that is not used is in `skipped`.
 * @throws HqcnnError on a class without a readable image, or when the folders' meaning does not show
 */
export async function readFolder(path: string, options: FolderOptions): Promise<FolderImages> {
  const { platform, strict = false, group, anyClasses = false } = options;
  const listing = await listFiles(platform, path, options.signal);
  const skipped = [...listing.skipped];
  const layout = splitLayout(listing, path);
  const base = layout ? 1 : 0;
  const [groupLevel, classLevel] = levels(group);
  const files: (ImageFile & { className: string })[] = [];
  let deep = 0;
  for (const { path: file, names } of listing.files) {
    const split = layout ? layout.get(names[0]) : null;
    const folders = names.slice(base, -1);
    const className = folders[classLevel];
    if (split === undefined) skipped.push({ path: file, reason: "in none of train, val and test" });
    else if (className === undefined) skipped.push({ path: file, reason: "in no folder of a class" });
    else {
      const patient = groupLevel === undefined ? undefined : folders[groupLevel];
      if (folders.length > 1) deep++;
      files.push({ path: file, name: names.join("/"), split, label: 0, group: patient, className });
    }
  }
  const empty = layout || classLevel > 0 || anyClasses ? [] : listing.folders;
  const classNames = [...new Set([...files.map(({ className }) => className), ...empty])].sort(byNumberOrText);
  checkClasses(classNames, listing, path, anyClasses);
  for (const file of files) file.label = classNames.indexOf(file.className);
  // Class after class, as folders of classes alone are listed: the checksum is over the files in this order.
  const listed = [...classNames].sort();
  files.sort((a, b) => listed.indexOf(a.className) - listed.indexOf(b.className));
  const read = await readImageFiles(files, options);
  skipped.push(...read.skipped);
  if (strict && skipped.some(({ reason }) => reason.startsWith("in no"))) {
    const { path: file, reason } = skipped.find(({ reason }) => reason.startsWith("in no"))!;
    throw new HqcnnError(`${file}: ${reason}; --strict skips nothing`);
  }
  checkFilled(read, classNames, skipped, path, anyClasses);
  const groups = new Set(files.flatMap(({ group }) => group ?? [])).size;
  if (group !== undefined && groups === 0) {
    throw new UsageError(`--group ${group}: ${path} has no folders on that level`);
  }
  const steps = [
    ...(layout
      ? [
          `splits from folders: ${[...layout].map(([name, split]) => (name === split ? name : `${name} as ${split}`)).join(", ")}`,
        ]
      : []),
    ...(group !== undefined ? [groupText(groups, files)] : []),
    ...(deep > 0 && group === undefined
      ? [
          `${deep} images lie deeper than their class's folder (images of one patient each? --group patient keeps them together)`,
        ]
      : []),
  ];
  return { ...read, skipped, classNames, steps };
}

function groupText(groups: number, files: readonly ImageFile[]): string {
  const alone = files.filter(({ group }) => group === undefined).length;
  return `${groups} groups from folders stay whole${alone > 0 ? `; ${alone} images in none are each one of their own` : ""}`;
}

/** Levels of the groups' and the classes' folders, from 0. */
function levels(group?: string): [group: number | undefined, classes: number] {
  if (group === undefined) return [undefined, 0];
  if (!/^\d+$/.test(group)) return [1, 0];
  const level = Number(group);
  if (level < 1 || level > 16) throw new UsageError(`--group: expected a level from 1 to 16 or patient, got ${group}`);
  return [level - 1, level === 1 ? 1 : 0];
}

/** Name of folder → split, where the folders right below are splits; null where they are classes. */
function splitLayout({ files, folders }: Listing, path: string): Map<string, SplitName> | null {
  const splits = folders.flatMap((name) => {
    const split = splitOf(name);
    return split ? [[name, split] as const] : [];
  });
  const isNested = ({ names }: ListedFile) => names.length > 2 && splits.some(([name]) => name === names[0]);
  const enough = splits.length === folders.length ? splits.length > 0 : splits.length > 1;
  if (!enough || !files.some(isNested)) return null;
  for (const [i, [name, split]] of splits.entries()) {
    const [first] = splits.find(([, other]) => other === split)!;
    if (splits.findIndex(([, other]) => other === split) < i) {
      throw new HqcnnError(`${path}: ${first} and ${name} would both be ${split}: keep one`);
    }
  }
  return new Map(splits);
}

function checkClasses(classNames: readonly string[], { files, folders }: Listing, path: string, any: boolean): void {
  if (classNames.length >= (any ? 1 : 2) && classNames.length <= mostClasses) return;
  const loose = files.filter(({ names }) => names.length === 1).length;
  const hint =
    classNames.length > mostClasses
      ? ""
      : loose > 0
        ? `; ${loose} files lie right in it: sort them into one folder a class, or name their labels in a CSV (image,label)`
        : folders.length === 0
          ? "; it is empty"
          : "";
  throw new HqcnnError(
    `${path}: expected ${any ? 1 : 2} to ${mostClasses} subfolders, one a class, got ${classNames.length}${hint}`,
  );
}

function checkFilled(
  { parts }: ImageSet,
  classNames: readonly string[],
  skipped: readonly Skipped[],
  path: string,
  any: boolean,
): void {
  for (const [label, name] of classNames.entries()) {
    if (parts.some(({ labels }) => labels.includes(label))) continue;
    if (any && parts.length > 0) continue;
    const [first] = skipped.filter((entry) => entry.path.includes(name) && !/^(hidden|left by)/.test(entry.reason));
    throw new HqcnnError(
      `${path}: class ${name}: expected images (${formatNames}), got none that can be read` +
        (first ? `; ${first.reason.startsWith(first.path) ? first.reason : `${first.path}: ${first.reason}`}` : ""),
    );
  }
}
