import { dsvFormat } from "d3-dsv";
import { HqcnnError, UsageError } from "../../check.ts";
import type { Platform } from "../../platform/platform.ts";
import type { Skipped } from "../types.ts";
import { type ImageFile, type ImageFileOptions, type ImageSet, readImageFiles } from "./imageFiles.ts";
import { splitOf } from "./keys.ts";
import { byNumberOrText, mostClasses } from "./labels.ts";

export interface ManifestOptions extends ImageFileOptions {
  /**
   * Column whose images of one value, a patient's, stay in one split. Default: a column named group, patient or the
   * like.
   */
  group?: string;
  /** Fewer than two classes are no error: for evaluation. */
  anyClasses?: boolean;
}

/** The images of a manifest, with their classes or several labels each. */
export interface ManifestImages extends ImageSet {
  classNames: string[];
  isMultilabel: boolean;
  steps: string[];
}

const columnNames = {
  image: ["image", "path", "file", "filename", "file_name", "filepath", "image_path", "image_name", "image_id", "img"],
  label: ["label", "labels", "class", "target", "diagnosis", "dx", "category", "finding", "findings", "finding_labels"],
  split: ["split", "set", "subset", "partition"],
  group: [
    "group",
    "patient",
    "patient_id",
    "patientid",
    "subject",
    "subject_id",
    "subjectid",
    "case",
    "case_id",
    "lesion_id",
  ],
} as const;
type Column = keyof typeof columnNames;

/** Whether a file is taken for a manifest, by its name. */
export function isManifest(path: string): boolean {
  return /\.(csv|tsv)$/i.test(path);
}

/** Bytes that a manifest may have: a line of a hundred for each of a million images. */
const MOST_BYTES = 100 << 20;

/**
 * Reads a CSV or TSV beside images: `image,label[,split][,group]` with a header line, paths from the manifest's folder.
 * Labels with "|" between them, or one column of 0 and 1 for each label in place of `label`, are several labels an
 * image. Rows that cannot be used are in `skipped`.
 * @throws HqcnnError that names file and line, expected and got
 */
export async function readManifest(path: string, options: ManifestOptions): Promise<ManifestImages> {
  const { platform, strict = false } = options;
  const size = (await platform.stat(path))?.size ?? 0;
  if (size > MOST_BYTES)
    throw new HqcnnError(`${path}: expected a CSV of at most 100 MB, got ${Math.round(size / 1e6)} MB`);
  const table = parse(new TextDecoder().decode(await platform.readFile(path)), path);
  const columns = findColumns(table.header, path, options.group);
  const folder = path.slice(0, path.length - platform.basename(path).length);
  const skipped: Skipped[] = [];
  const skip = (line: number, reason: string) => {
    if (strict) throw new HqcnnError(`${path}: line ${line}: ${reason}; --strict skips nothing`);
    skipped.push({ path: `${path}: line ${line}`, reason });
  };
  const rows: Row[] = [];
  const seen = new Map<string, Row>();
  for (const { line, cells } of table.rows) {
    const row = readRow(cells, line, columns, path);
    if (typeof row === "string") {
      skip(line, row);
      continue;
    }
    const file = await findFile(platform, folder, row.image);
    if (file === null) {
      skip(line, `${row.image}: no such file`);
      continue;
    }
    const first = seen.get(file);
    if (
      first &&
      (first.labels.join() !== row.labels.join() || first.split !== row.split || first.group !== row.group)
    ) {
      throw new HqcnnError(`${path}: ${row.image} has two rows that differ, lines ${first.line} and ${line}: keep one`);
    }
    if (first) skip(line, `${row.image}: is the same as line ${first.line}`);
    else seen.set(file, rows[rows.push({ ...row, file }) - 1]);
  }
  if (rows.length === 0) {
    const why = skipped.length > 0 ? `; ${skipped[0].path}: ${skipped[0].reason}` : "";
    throw new HqcnnError(`${path}: expected rows with images, got none that can be used${why}`);
  }
  const splits = new Set(rows.map(({ split }) => split));
  if (splits.has(null) && splits.size > 1) {
    const { line } = rows.find(({ split }) => split === null)!;
    throw new HqcnnError(`${path}: line ${line}: expected a split (train, val, test) in every row, got none`);
  }
  const isMultilabel = columns.labels.length > 0 || rows.some(({ labels }) => labels.length !== 1);
  const classNames =
    columns.labels.length > 0
      ? columns.labels.map(({ name }) => name)
      : [...new Set(rows.flatMap(({ labels }) => labels))].sort(byNumberOrText);
  const fewest = options.anyClasses ? 1 : 2;
  if (classNames.length < fewest || classNames.length > mostClasses) {
    throw new HqcnnError(`${path}: expected ${fewest} to ${mostClasses} different labels, got ${classNames.length}`);
  }
  const files = rows.map((row): ImageFile => {
    const own = row.labels.map((label) => classNames.indexOf(label));
    return {
      path: row.file,
      name: `${row.image} ${row.labels.join("|")} ${row.split ?? ""}`,
      split: row.split,
      label: isMultilabel ? 0 : own[0],
      row: isMultilabel ? Uint8Array.from(classNames, (_, label) => Number(own.includes(label))) : undefined,
      group: row.group,
    };
  });
  const read = await readImageFiles(files, options);
  const steps = [
    `columns: ${columns.text}`,
    ...(isMultilabel ? [`several labels an image: ${classNames.join(", ")}`] : []),
  ];
  return { ...read, skipped: [...skipped, ...read.skipped], classNames, isMultilabel, steps };
}

interface Table {
  header: string[];
  rows: { line: number; cells: string[] }[];
}

/** Rows of a text with commas, semicolons or tabs between; whichever its first line has most of. */
function parse(text: string, path: string): Table {
  const content = text.replace(/^\ufeff/, "");
  if (content.includes("\0")) throw new HqcnnError(`${path}: expected a CSV text, got a file of another kind`);
  const [firstLine = ""] = content.split(/\r?\n|\r/, 1);
  const [delimiter] = [",", ";", "\t"].sort((a, b) => firstLine.split(b).length - firstLine.split(a).length);
  const lines = dsvFormat(delimiter).parseRows(content);
  const [header, ...rest] = lines;
  if (!header || header.length < 2) {
    throw new HqcnnError(
      `${path}: expected a header line such as image,label,split,group, got ${firstLine.slice(0, 80) || "nothing"}`,
    );
  }
  // Quoted cells may hold lines.
  const linesIn = (cells: readonly string[]) => cells.reduce((sum, cell) => sum + cell.split(/\r?\n|\r/).length - 1, 1);
  let next = 1 + linesIn(header);
  const rows = rest.map((cells) => {
    const line = next;
    next += linesIn(cells);
    return { line, cells: cells.map((cell) => cell.trim()) };
  });
  return {
    header: header.map((name) => name.trim()),
    rows: rows.filter(({ cells }) => cells.some((cell) => cell !== "")),
  };
}

interface Columns {
  width: number;
  image: number;
  label: number | undefined;
  split: number | undefined;
  group: number | undefined;
  /** Columns of 0 and 1, where there is no column of labels. */
  labels: { name: string; at: number }[];
  text: string;
}

function findColumns(header: readonly string[], path: string, group?: string): Columns {
  const key = (name: string) => name.toLowerCase().replace(/[\s-]+/g, "_");
  const find = (column: Column) => {
    const names = columnNames[column] as readonly string[];
    const at = names.map((name) => header.findIndex((own) => key(own) === name)).find((i) => i >= 0);
    return at;
  };
  const image = find("image");
  if (image === undefined) {
    throw new HqcnnError(
      `${path}: expected a header line with the columns image and label, got ${header.join(", ").slice(0, 120)}`,
    );
  }
  const label = find("label");
  const split = find("split");
  const named = group === undefined ? find("group") : header.indexOf(group);
  const groupColumn = named === -1 && group === "patient" ? find("group") : named;
  if (groupColumn === -1 || (group !== undefined && groupColumn === undefined)) {
    throw new UsageError(`--group ${group}: ${path} has no such column; there are ${header.join(", ")}`);
  }
  const used = [image, label, split, groupColumn];
  const others = header.flatMap((name, at) => (used.includes(at) ? [] : [{ name, at }]));
  if (label === undefined && others.length === 0) {
    throw new HqcnnError(`${path}: expected a column label, got ${header.join(", ")}`);
  }
  const labels = label === undefined ? others : [];
  if (labels.length === 1) {
    throw new HqcnnError(
      `${path}: expected a column label, or one of 0 and 1 for each of several labels, got ${labels[0].name}`,
    );
  }
  const unused = label === undefined ? [] : others.map(({ name }) => name);
  const text = [
    `image ${header[image]}`,
    ...(label === undefined ? [`labels ${labels.map(({ name }) => name).join(", ")}`] : [`label ${header[label]}`]),
    ...(split === undefined ? [] : [`split ${header[split]}`]),
    ...(groupColumn === undefined ? [] : [`group ${header[groupColumn]}`]),
    ...(unused.length > 0 ? [`left out ${unused.join(", ")}`] : []),
  ];
  return { width: header.length, image, label, split, group: groupColumn, labels, text: text.join(", ") };
}

interface Row {
  line: number;
  image: string;
  file: string;
  labels: string[];
  split: ImageFile["split"];
  group: string | undefined;
}

/** One row, or why it cannot be used. */
function readRow(cells: readonly string[], line: number, columns: Columns, path: string): Row | string {
  if (cells.length !== columns.width) return `expected ${columns.width} columns, got ${cells.length}`;
  const image = cells[columns.image];
  if (image === "") return "names no image";
  const splitText = columns.split === undefined ? "" : cells[columns.split];
  const split = splitText === "" ? null : splitOf(splitText);
  if (split === undefined) {
    throw new HqcnnError(`${path}: line ${line}: expected a split (train, val or test), got ${splitText}`);
  }
  const group = columns.group === undefined ? undefined : cells[columns.group];
  if (group === "") return `${image}: names no group`;
  const base = { line, image, file: "", split, group };
  if (columns.label !== undefined) {
    const labels = [...new Set(cells[columns.label].split("|").map((label) => label.trim()))].filter(
      (label) => label !== "",
    );
    return labels.length === 0 ? `${image}: has no label` : { ...base, labels };
  }
  const labels: string[] = [];
  for (const { name, at } of columns.labels) {
    const value = Number(cells[at] === "" ? Number.NaN : cells[at]);
    if (value !== 0 && value !== 1) {
      throw new HqcnnError(`${path}: line ${line}: expected 0 or 1 in column ${name}, got ${cells[at] || "nothing"}`);
    }
    if (value === 1) labels.push(name);
  }
  return { ...base, labels };
}

/** The file that a row names: from the manifest's folder, or from the root; null if there is none. */
async function findFile(platform: Platform, folder: string, image: string): Promise<string | null> {
  const isRooted = /^([\\/]|[a-z]:)/i.test(image);
  const isThere = async (path: string) => (await platform.stat(path))?.kind === "file";
  for (const name of new Set([image, image.replaceAll("\\", "/")])) {
    const path = isRooted || folder === "" ? name : platform.join(folder, name);
    if (await isThere(path)) return path;
  }
  return null;
}
