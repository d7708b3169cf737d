import { HqcnnError, UsageError } from "../check.ts";

/** The classes that a trained model knows, and the data it learned them from. */
export interface Known {
  /** Of the training data. */
  name: string;
  md5: string | null;
  /** Classes of the network's outputs. */
  classNames: readonly string[];
  /** Classes of the training data before a task joined some; models of old versions do not tell. */
  sourceClasses?: readonly string[];
}

/** For each class of the data, the class of the model that it is. */
export interface Match {
  labels: number[];
  steps: string[];
}

/**
 * Finds a model's classes among those of other data: by their names, in their exact form or but for case, spaces, "_"
 * and "-". Classes without names (numbers in an npz) are matched by number. `renames` says what cannot be found: data's
 * name → model's.
 * @throws HqcnnError that lists the names that are in only one of both
 */
export function matchClasses(
  found: { name: string; classNames: readonly string[]; isNumbered: boolean },
  known: readonly string[],
  renames: Readonly<Record<string, string>> = {},
): Match {
  for (const [from, to] of Object.entries(renames)) {
    if (!found.classNames.includes(from)) {
      throw new UsageError(
        `--rename ${from}=${to}: ${found.name} has no class ${from}; it has ${found.classNames.join(", ")}`,
      );
    }
    if (!known.includes(to)) {
      throw new UsageError(`--rename ${from}=${to}: the model has no class ${to}; it has ${known.join(", ")}`);
    }
  }
  const numberOf = (name: string) => {
    const digits = /^(?:(?:class|label) )?(-?\d+)$/.exec(name)?.[1];
    return digits === undefined ? undefined : Number(digits);
  };
  const plain = (name: string) =>
    name
      .normalize("NFC")
      .toLowerCase()
      .replace(/[\s_-]+/g, " ")
      .trim();
  const knownNumbers = known.map(numberOf);
  const isKnownNumbered = knownNumbers.every((number) => number !== undefined);
  const steps = new Set<string>();
  const missing: string[] = [];
  const labels = found.classNames.map((name) => {
    const wanted = renames[name] ?? name;
    const exact = known.indexOf(wanted);
    if (exact >= 0) return exact;
    const alike = known.flatMap((other, label) => (plain(other) === plain(wanted) ? [label] : []));
    if (alike.length === 1) {
      steps.add(`class ${name} is the model's ${known[alike[0]]}`);
      return alike[0];
    }
    const number = numberOf(name);
    if (number !== undefined && isKnownNumbered && knownNumbers.includes(number)) return knownNumbers.indexOf(number);
    if (found.isNumbered && !isKnownNumbered && number !== undefined && Object.hasOwn(known, number)) {
      steps.add("the data name no classes: their labels are taken as the model's, in its order");
      return number;
    }
    missing.push(name);
    return -1;
  });
  if (missing.length > 0) {
    const unused = known.filter((_, label) => !labels.includes(label));
    throw new HqcnnError(
      `${found.name}: the model does not know the class ${missing.join(", ")}; of its classes ${unused.join(", ") || "none"} ` +
        `${unused.length === 1 ? "is" : "are"} not in the data: say what is what with --rename ${missing[0]}=${unused[0] ?? known[0]}`,
    );
  }
  const twice = labels.find((label, i) => labels.indexOf(label) < i);
  if (twice !== undefined && Object.keys(renames).length === 0) {
    throw new HqcnnError(`${found.name}: two classes would both be the model's ${known[twice]}: say so with --rename`);
  }
  return { labels, steps: [...steps] };
}

/** Parses the option --rename: "data's name=model's name", several with commas. @throws UsageError */
export function parseRenames(text: string): Record<string, string> {
  const pairs = text.split(",").map((pair) => {
    const at = pair.indexOf("=");
    const [from, to] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
    if (at <= 0 || from === "" || to === "") {
      throw new UsageError(`--rename: expected NAME IN THE DATA=NAME IN THE MODEL, got ${pair.trim() || "nothing"}`);
    }
    return [from, to] as const;
  });
  return Object.fromEntries(pairs);
}
