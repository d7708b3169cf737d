import { HqcnnError } from "../../check.ts";
import { type NpyHeader, readTexts, valueReader } from "./npy.ts";

/** Most classes the network can have. */
export const mostClasses = 64;

/** The labels of one part as they stand in the file: one number or text an image, or a row of 0 and 1 each. */
export type RawLabels =
  | { kind: "numbers"; values: ArrayLike<number>; steps: string[]; columnsIfOneHot?: number }
  | { kind: "texts"; values: string[]; steps: string[]; columnsIfOneHot?: undefined }
  | { kind: "matrix"; values: Uint8Array; columns: number; steps: string[] };

/**
 * Checks that the header can be labels of `count` images. @throws HqcnnError that names file, array, expected and got
 */
export function checkLabels({ dtype, shape }: NpyHeader, count: number, where: string): void {
  if (dtype.startsWith("complex")) throw new HqcnnError(`${where}: expected labels as numbers or text, got ${dtype}`);
  const sizes = shape.slice(1).filter((length) => length !== 1);
  if (shape.length === 0 || sizes.length > 1) {
    throw new HqcnnError(`${where}: expected shape (n), (n, 1) or (n, classes), got (${shape.join(", ")})`);
  }
  if (shape[0] !== count || sizes[0] === 0) {
    throw new HqcnnError(
      `${where}: expected ${count} (as many labels as images), got ${sizes[0] === 0 ? 0 : shape[0]}`,
    );
  }
}

/**
 * Reads labels of any integer or float type, bool, text, or one-hot rows; rows with several 1s are several labels an
 * image.
 */
export function readLabels(header: NpyHeader, data: Uint8Array, where: string): RawLabels {
  const { dtype, shape, fortran } = header;
  const count = shape[0];
  const columns = shape.slice(1).find((length) => length !== 1) ?? 1;
  if (dtype === "str" || dtype === "bytes") {
    if (columns > 1) throw new HqcnnError(`${where}: expected one text an image, got (${shape.join(", ")})`);
    return { kind: "texts", values: readTexts(header, data, where), steps: [] };
  }
  const read = valueReader(header, data, where);
  const at = (row: number, column: number) => read(fortran ? column * count + row : row * columns + column);
  if (columns === 1) {
    const values = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      values[i] = at(i, 0);
      if (Number.isSafeInteger(values[i])) continue;
      throw new HqcnnError(`${where}: expected whole numbers as labels, got ${values[i]} at image ${i}`);
    }
    return { kind: "numbers", values, steps: [] };
  }
  const values = new Uint8Array(count * columns);
  let isOneHot = true;
  for (let row = 0; row < count; row++) {
    let sum = 0;
    for (let column = 0; column < columns; column++) {
      const value = at(row, column);
      if (value !== 0 && value !== 1) {
        throw new HqcnnError(
          `${where}: expected rows of 0 and 1 (one-hot, or several labels an image), got ${value} at image ${row}`,
        );
      }
      values[row * columns + column] = value;
      sum += value;
    }
    if (sum !== 1) isOneHot = false;
  }
  if (!isOneHot) return { kind: "matrix", values, columns, steps: [] };
  const hot = Float64Array.from({ length: count }, (_, row) =>
    values.subarray(row * columns, (row + 1) * columns).indexOf(1),
  );
  return { kind: "numbers", values: hot, steps: [`one-hot rows of ${columns} as labels`], columnsIfOneHot: columns };
}

/** Labels as the network learns them, with names. */
export interface Classes {
  classNames: string[];
  /** Class of each image, part by part. */
  labels: Uint8Array[];
  /** Whether the names come from numbers, not from words. */
  isNumbered: boolean;
  steps: string[];
}

/**
 * Classes out of the labels of all parts. With `names`, labels are 0 … names − 1. Else numbers and texts become classes
 * in their order; those that are not 0, 1, 2 … are said.
 * @throws HqcnnError on labels out of range, a single class where `fewest` are needed, or too many
 */
export function classesOf(parts: readonly RawLabels[], where: readonly string[], names?: readonly string[]): Classes {
  const steps = [...new Set(parts.flatMap((part) => part.steps))];
  const kinds = new Set(parts.map(({ kind }) => kind));
  if (kinds.size > 1)
    throw new HqcnnError(`${where.join(", ")}: expected labels of one kind, got ${[...kinds].join(" and ")}`);
  if (kinds.has("texts")) {
    const texts = parts.map(({ values }) => values as string[]);
    const found = [...new Set(texts.flat())].sort(byNumberOrText);
    const missing = texts.flatMap((values, i) => (values.includes("") ? [where[i]] : []));
    if (missing.length > 0) throw new HqcnnError(`${missing[0]}: expected a label for every image, got an empty text`);
    checkCount(found.length, where);
    const classNames = names && found.every((text) => names.includes(text)) ? [...names] : found;
    steps.push(`labels are text: ${classNames.map((name, label) => `${label} ${name}`).join(", ")}`);
    const labelOf = new Map(classNames.map((name, label) => [name, label]));
    return {
      classNames,
      labels: texts.map((all) => Uint8Array.from(all, (text) => labelOf.get(text)!)),
      isNumbered: false,
      steps,
    };
  }
  const numbers = parts.map(({ values }) => values as ArrayLike<number>);
  if (names) {
    const labels = numbers.map((all, part) =>
      Uint8Array.from(all, (label, i) => {
        if (label >= 0 && label < names.length) return label;
        throw new HqcnnError(`${where[part]}: expected labels 0 … ${names.length - 1}, got ${label} at image ${i}`);
      }),
    );
    return { classNames: [...names], labels, isNumbered: false, steps };
  }
  const distinct = new Set<number>();
  for (const all of numbers) for (let i = 0; i < all.length && distinct.size <= mostClasses; i++) distinct.add(all[i]);
  const found = [...distinct].sort((a, b) => a - b);
  checkCount(found.length, where);
  if (found.some((label, i) => label !== i)) {
    steps.push(`labels ${found.join(", ")} are classes ${found.map((_, i) => i).join(", ")}`);
  }
  const labelOf = new Map(found.map((label, i) => [label, i]));
  return {
    classNames: found.map((label) => `class ${label}`),
    labels: numbers.map((all) => Uint8Array.from(all, (label) => labelOf.get(label)!)),
    isNumbered: true,
    steps,
  };
}

/** Numbers in their order, then texts in theirs: classes "1", "2" and "10" of the ordinal task are grades. */
export function byNumberOrText(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  const [isX, isY] = [!Number.isNaN(x), !Number.isNaN(y)];
  if (isX !== isY) return isX ? -1 : 1;
  if (isX && x !== y) return x - y;
  return a < b ? -1 : Number(a > b);
}

function checkCount(count: number, where: readonly string[]): void {
  if (count <= mostClasses) return;
  throw new HqcnnError(
    `${where[0]}: expected at most ${mostClasses} different labels, got ${count > mostClasses ? "more" : count}: are these classes?`,
  );
}
