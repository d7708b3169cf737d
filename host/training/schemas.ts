import { HqcnnError } from "../check.ts";
import { z } from "../zod.ts";

// What the files of a run folder may hold. Fields that are not named here are left alone: later versions may write
// more.

const count = z.int("a whole number").min(0, "a number of at least 0");
/** Sums of rounded parts may end a little above 1. */
const ROUNDING = 1e-9;
const share = z
  .number("a number")
  .min(0, "a number from 0 to 1")
  .max(1 + ROUNDING, "a number from 0 to 1");
const amount = z.number("a number").min(0, "a number of at least 0");
const text = z.string("a text");
const texts = z.array(text, "a list of texts");

export const configSchema = z.looseObject(
  {
    options: z.looseObject({}, "an object of options"),
    network: z.looseObject(
      { parameters: count, multiplyAdds: count.optional(), trunk: z.array(z.looseObject({ type: text })).optional() },
      "an object",
    ),
    data: z.looseObject(
      {
        name: text,
        path: text,
        md5: z.string("an MD5 or null").nullable(),
        license: text,
        citation: text,
        protocol: text,
        task: text,
        classNames: texts.min(2, "at least two names").max(256, "at most 256 names"),
        classCounts: z.looseObject({ train: z.array(count), val: z.array(count), test: z.array(count) }).optional(),
      },
      "an object",
    ),
    start: z.looseObject({ file: text, taken: count, of: count, left: texts }).optional(),
    engine: text,
    runtime: text,
    cpuCount: count,
    version: text,
    started: text,
  },
  "an object",
);

const epochSchema = z.looseObject(
  {
    epoch: z.int("a whole number").min(1, "a number of at least 1"),
    lr: amount,
    train: z.looseObject({ loss: amount, accuracy: share }, "an object"),
    val: z.looseObject({ loss: amount, accuracy: share, auc: share.nullable() }, "an object"),
    best: z.boolean("true or false"),
    oneClass: count.optional(),
    diagnosis: z
      .looseObject({ gradients: z.record(z.string(), amount), spread: z.array(amount).optional() }, "an object")
      .optional(),
    seconds: amount,
    imagesPerSecond: amount,
  },
  "an object",
);

/** The epochs of a run so far, in order. */
export const historySchema = z
  .array(epochSchema, "a list of epochs")
  .refine((history) => history.every(({ epoch }, i) => epoch === i + 1), "epochs counted from 1, each once");

const interval = z.tuple([z.number("a number"), z.number("a number")], "two numbers");
const classSchema = z.looseObject({ precision: share, recall: share, f1: share, support: count }, "an object");

const labelSchema = z.looseObject(
  {
    ...{ precision: share, recall: share, f1: share, support: count, accuracy: share },
    ...{ auc: share.nullable(), aucInterval: interval.nullable(), averagePrecision: share.nullable() },
    confusion: z.tuple([z.tuple([count, count]), z.tuple([count, count])], "a table of two rows of two counts"),
  },
  "an object",
);

const multilabelSchema = z.looseObject(
  {
    labels: z.array(labelSchema, "a list"),
    subsetAccuracy: share,
    subsetAccuracyInterval: interval,
    definedAuc: share.nullable(),
    withoutAuc: z.array(count, "a list of labels"),
  },
  "an object",
);

const ordinalSchema = z.looseObject(
  {
    quadraticKappa: z
      .number("a number")
      .min(-1 - ROUNDING, "a number from -1 to 1")
      .max(1 + ROUNDING, "a number from -1 to 1")
      .nullable(),
    meanAbsoluteError: amount,
    quadraticKappaInterval: interval.nullable().optional(),
    meanAbsoluteErrorInterval: interval.nullable().optional(),
  },
  "an object",
);

export const metricsSchema = z.looseObject(
  {
    count: z.int("a whole number").min(1, "at least one image"),
    accuracy: share,
    accuracyInterval: interval,
    auc: share.nullable(),
    crossEntropy: amount,
    confusion: z.array(z.array(count, "a list of counts"), "a table of counts"),
    perClass: z.array(classSchema, "a list"),
    macro: classSchema,
    weighted: classSchema,
    mcc: z
      .number("a number")
      .min(-1 - ROUNDING, "a number from -1 to 1")
      .max(1 + ROUNDING, "a number from -1 to 1"),
    averagePrecision: share,
    brier: amount,
    calibrationError: share,
    multilabel: multilabelSchema.optional(),
    ordinal: ordinalSchema.optional(),
    aucInterval: interval.nullable().optional(),
    aucIntervalMethod: text.optional(),
    warnings: texts.optional(),
  },
  "an object",
);

/**
 * A value out of a file of a run folder.
 * @throws HqcnnError naming the file, the place in it, what is expected and what came
 */
export function checked<T>(schema: z.ZodType<T>, value: unknown, path: string): T {
  const { success, data, error } = schema.safeParse(value, { reportInput: true });
  if (success) return data;
  const [{ path: place, message, input }] = error.issues;
  const where = place.length > 0 ? `${place.join(".")}: ` : "";
  const got = JSON.stringify(input) ?? "nothing";
  throw new HqcnnError(
    `${path}: not written by hqcnn train, or damaged (${where}expected ${message}, got ${got.length > 60 ? `${got.slice(0, 60)}…` : got})`,
  );
}
