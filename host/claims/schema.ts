import { HqcnnError, parseJson, UsageError } from "../check.ts";
import { ABLATIONS, type AblationName } from "../comparison/ablations.ts";
import { z } from "../zod.ts";

/** What a claim's file holds: see the descriptions, which also stand in claim.schema.json. */
const SHARE = "a number from 0 to 1";
const share = () => z.number(SHARE).min(0, SHARE).max(1, SHARE);
const text = () => z.string("a text").min(1, "a text");
const oneOf = <const Names extends readonly [string, ...string[]]>(...names: Names) =>
  z.enum(names, `one of ${names.join(", ")}`);
const ablation = () => oneOf(...(Object.keys(ABLATIONS) as [AblationName, ...AblationName[]]));
const fromOne = () => z.int("a whole number from 1 on").min(1, "a whole number from 1 on");
const ID = "letters, digits, - . and _, at most 100";
const YEAR = "a year from 1900 to 2100";
const MARGIN = "a number between 0 and 1";
const AUTHORS = "a text, or a list of names";

export const claimSchema = z.strictObject(
  {
    $schema: z.string("a text").optional(),
    id: z
      .string(ID)
      .regex(/^[\w.-]{1,100}$/, ID)
      .describe("name of the claim: letters, digits, - . and _"),
    says: text().describe("the claim in one sentence"),
    source: z.strictObject(
      {
        title: text(),
        authors: z
          .union([text(), z.array(text()).min(1, AUTHORS)], AUTHORS)
          .describe("names, one each; or a text that is taken as it stands"),
        year: z.int(YEAR).min(1900, YEAR).max(2100, YEAR),
        url: text().optional(),
        text: oneOf("full", "abstract", "none").describe(
          "what of the text was at hand when this file was written; the rest is assumed",
        ),
      },
      "an object",
    ),
    data: text().describe("data set, as the option --data takes it"),
    protocol: oneOf("official", "pooled", "not stated").describe("splits of the source"),
    figure: oneOf("accuracy", "auc").describe("what the claim is about"),
    published: z
      .strictObject(
        {
          network: share().describe("of the network, 0 to 1"),
          baseline: share()
            .optional()
            .describe("of the network that it is said to beat; left out: the claim is the value alone"),
          baselineName: z.string("a text").optional(),
          runs: fromOne().describe("trainings that the published numbers are means of"),
        },
        "an object",
      )
      .optional()
      .describe("left out where no numbers are at hand: see unpublished"),
    ordinary: z
      .strictObject({ value: share(), who: text() }, "an object")
      .optional()
      .describe("without a published baseline: what an ordinary network has on these data"),
    unpublished: z
      .strictObject(
        {
          expects: oneOf("better", "equal").describe("than, or to the baseline"),
          margin: z
            .number(MARGIN)
            .gt(0, MARGIN)
            .lt(1, MARGIN)
            .describe("the difference that is asked for, or that does not matter"),
        },
        "an object",
      )
      .optional()
      .describe("what is claimed where no numbers are at hand"),
    options: z
      .record(z.string(), z.unknown(), "an object of options")
      .describe("options of training of the network as described, by their names in configuration files"),
    baseline: ablation().describe("the ablation that stands for the source's baseline"),
    ablations: z.array(ablation(), "a list of ablations").describe("others that are trained, too"),
    seeds: fromOne().describe("trainings unless --seeds says otherwise"),
    assumed: z
      .array(text(), "a list of sentences")
      .describe("what the source does not say, or what differs here, one sentence each"),
  },
  "an object",
);

/** One published statement about a network on a data set, and the network to test it with. */
export type Claim = z.infer<typeof claimSchema>;

export function claimJsonSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(claimSchema, { io: "input" }), null, 2)}\n`;
}

/** Refuses what is no claim. @param path names it in messages */
export function parseClaim(text: string, path: string): Claim {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    throw new HqcnnError(`${path}: expected JSON: ${error instanceof Error ? error.message : error}`);
  }
  const { success, data, error } = claimSchema.safeParse(value, { reportInput: true });
  if (!success) throw new UsageError(`${path}: ${wrong(error.issues[0])}; host/docs/claims.md says what a claim holds`);
  const { published, ordinary, unpublished } = data;
  if ((published === undefined) === (unpublished === undefined))
    throw new UsageError(`${path}: expected one of published and unpublished`);
  if (published && (published.baseline === undefined) === (ordinary === undefined))
    throw new UsageError(`${path}: expected one of published.baseline and ordinary: what the claim is better than`);
  if (unpublished && ordinary)
    throw new UsageError(`${path}: ordinary: without published numbers the claim is about the baseline: leave it out`);
  const own = ["data", "protocol"].find((name) => Object.hasOwn(data.options, name));
  if (own !== undefined)
    throw new UsageError(
      `${path}: options.${own}: ${own === "data" ? "the claim's own data are" : "those of --protocols are"} used: leave it out`,
    );
  if (published && published.network === (published.baseline ?? ordinary?.value))
    throw new UsageError(`${path}: expected a network that differs from its baseline, both have ${published.network}`);
  return data;
}

/** The first fault of a claim's file, in our own words. */
function wrong(issue: z.core.$ZodIssue): string {
  const place = issue.path.join(".");
  if (issue.code === "unrecognized_keys") return `${place || "the file"}: no such field: ${issue.keys.join(", ")}`;
  const got = JSON.stringify(issue.input) ?? "nothing";
  const short = got.length > 60 ? `${got.slice(0, 60)}…` : got;
  return `${place || "the file"}: expected ${issue.message}, got ${short}`;
}
