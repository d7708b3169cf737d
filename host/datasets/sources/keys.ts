import { HqcnnError, UsageError } from "../../check.ts";
import { type SplitName, splitNames } from "../types.ts";

/** The arrays of one part of a data set: of a split, or of a pool that is not split yet. */
export interface PartKeys {
  split: SplitName | null;
  images: string;
  labels?: string;
  groups?: string;
}

/** What the arrays of an npz stand for. */
export interface ArrayKeys {
  parts: PartKeys[];
  /** Names of the classes, in the order of the labels. */
  classNames?: string;
  /** Arrays that stand for nothing. */
  unused: string[];
  /** Whether the arrays are MedMNIST's own. */
  isUsual: boolean;
}

const roles = {
  images: ["images", "image", "imgs", "img", "x", "xs", "data", "inputs", "features", "pixels", "pictures"],
  labels: ["labels", "label", "y", "ys", "targets", "target"],
  groups: ["groups", "group", "patients", "patient", "subjects", "subject", "patientids", "patientid", "subjectids"],
} as const;
type Role = keyof typeof roles;
const roleNames = Object.keys(roles) as Role[];
const classKeys = ["classnames", "classes", "labelnames", "targetnames", "class"];

/** Words for the splits, in file names, folders and manifests. */
const splitWords: Record<SplitName, readonly string[]> = {
  train: ["train", "training", "tr"],
  val: ["val", "valid", "validation", "dev"],
  test: ["test", "testing", "te"],
};

/** The split that a word stands for, whatever its case; undefined if none. */
export function splitOf(word: string): SplitName | undefined {
  return splitNames.find((name) => splitWords[name].includes(word.trim().toLowerCase()));
}

/** What --keys takes. */
const keysForm =
  "images=NAME,labels=NAME for one pool, or train_images=NAME,train_labels=NAME,val_images=… test_labels=NAME for splits";

/** Parses the option --keys: "images=x,labels=y". @throws UsageError */
export function parseKeys(text: string): Record<string, string> {
  const keys: Record<string, string> = {};
  for (const pair of text.split(",")) {
    const [, role, name] = /^\s*(\w+)\s*=\s*(.+?)\s*$/.exec(pair) ?? [];
    const known = role !== undefined && (role === "class_names" || placeOf(role) !== undefined);
    if (!known || name === undefined)
      throw new UsageError(`--keys: expected ${keysForm}, got ${pair.trim() || "nothing"}`);
    if (Object.hasOwn(keys, role)) throw new UsageError(`--keys: expected each part once, got ${role} twice`);
    keys[role] = name;
  }
  return keys;
}

/**
 * Finds out what the arrays of an npz stand for: by `given`, the option --keys, else by their names: MedMNIST's,
 * x_train and y_train, images and labels, and the like.
 * @throws HqcnnError that names the option when they do not tell, UsageError when `given` names an array that is not
 * there
 */
export function assignKeys(names: readonly string[], path: string, given?: string): ArrayKeys {
  if (given !== undefined) return namedKeys(names, path, parseKeys(given));
  const found = new Map<string, string>();
  const twice: string[] = [];
  let classNames: string | undefined;
  for (const name of names) {
    const place = placeOf(name);
    if (!place) {
      if (
        classKeys.includes(
          lastPart(name)
            .toLowerCase()
            .replace(/[^a-z]/g, ""),
        )
      )
        classNames ??= name;
      continue;
    }
    const key = keyOf(place);
    if (found.has(key)) twice.push(`${found.get(key)} and ${name}`);
    else found.set(key, name);
  }
  if (twice.length > 0) {
    throw new HqcnnError(
      `${path}: ${twice.join(", ")} could be the same part of the data: say which with --keys ${keysForm}`,
    );
  }
  const parts = partsOf(found);
  if (parts.length === 0) throw new HqcnnError(`${path}: ${unknownText(names)}`);
  const used = [...parts.flatMap(({ images, labels, groups }) => [images, labels, groups]), classNames];
  const usual = parts.every(
    ({ split, images, labels, groups }) =>
      images === `${split}_images` && labels === `${split}_labels` && groups === undefined,
  );
  return { parts, classNames, unused: names.filter((name) => !used.includes(name)), isUsual: usual };
}

function namedKeys(names: readonly string[], path: string, keys: Record<string, string>): ArrayKeys {
  for (const [role, name] of Object.entries(keys)) {
    if (names.includes(name)) continue;
    throw new UsageError(`--keys ${role}=${name}: ${path} has no such array; there are ${names.join(", ") || "none"}`);
  }
  const { class_names: classNames, ...others } = keys;
  const found = new Map(Object.entries(others).map(([role, name]) => [keyOf(placeOf(role)!), name]));
  const parts = partsOf(found);
  if (parts.length === 0) throw new UsageError(`--keys: expected images among ${keysForm}`);
  const used = Object.values(keys);
  return { parts, classNames, unused: names.filter((name) => !used.includes(name)), isUsual: false };
}

interface Place {
  split: SplitName | null;
  role: Role;
}

/** What a name such as "x_train", "data/train_images" or "yval" stands for. */
function placeOf(name: string): Place | undefined {
  const words = lastPart(name)
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== "");
  const roleOf = (word: string) => roleNames.find((role) => (roles[role] as readonly string[]).includes(word));
  if (words.length === 1) {
    const [word] = words;
    const role = roleOf(word);
    if (role) return { role, split: null };
    // Xtrain, trainX
    for (const split of splitNames) {
      const rest = [/^(x|y)(.+)$/.exec(word), /^(.+)(x|y)$/.exec(word)];
      if (rest[0] && splitOf(rest[0][2]) === split) return { role: roleOf(rest[0][1])!, split };
      if (rest[1] && splitOf(rest[1][1]) === split) return { role: roleOf(rest[1][2])!, split };
    }
    return undefined;
  }
  const [split] = words.flatMap((word) => splitOf(word) ?? []);
  const rest = words.filter((word) => splitOf(word) === undefined).join("");
  const role = roleOf(rest);
  return role && words.length - (split ? 1 : 0) >= 1 ? { role, split: split ?? null } : undefined;
}

function keyOf({ split, role }: Place): string {
  return split === null ? role : `${split}_${role}`;
}

/** Splits where there are any, else the pool. Parts without images are none. */
function partsOf(found: ReadonlyMap<string, string>): PartKeys[] {
  const part = (split: SplitName | null): PartKeys[] => {
    const get = (role: Role) => found.get(keyOf({ split, role }));
    const images = get("images");
    return images === undefined ? [] : [{ split, images, labels: get("labels"), groups: get("groups") }];
  };
  const splits = splitNames.flatMap(part);
  return splits.length > 0 ? splits : part(null);
}

function unknownText(names: readonly string[]): string {
  const found = names.length > 0 ? names.join(", ") : "none";
  const arrays = names.filter((name) => /^arr_\d+$/.test(name));
  const example = arrays.length >= 2 ? `--keys images=${arrays[0]},labels=${arrays[1]}` : `--keys ${keysForm}`;
  return `expected arrays such as train_images and train_labels, x_train and y_train, or images and labels, got ${found}; say which is which with ${example}`;
}

function lastPart(name: string): string {
  return name.slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1);
}
