import { HqcnnError, parseJson, UsageError } from "../check.ts";
import { ABLATIONS, type AblationName } from "../comparison/ablations.ts";
import { z } from "../zod.ts";

/** What a claim's file holds: see the descriptions, which also stand in claim.schema.json. */
const share = () => z.number().min(0).max(1);
const ablation = () => z.enum(Object.keys(ABLATIONS) as [AblationName, ...AblationName[]]);

export const claimSchema = z.strictObject({
  $schema: z.string().optional(),
  id: z
    .string()
    .regex(/^[\w.-]+$/, "letters, digits, - . and _")
    .describe("name of the claim: letters, digits, - . and _"),
  says: z.string().min(1).describe("the claim in one sentence"),
  source: z.strictObject({
    title: z.string().min(1),
    authors: z.string().min(1),
    year: z.int().min(1900).max(2100),
    url: z.string().min(1).optional(),
    text: z
      .enum(["full", "abstract", "none"])
      .describe("what of the text was at hand when this file was written; the rest is assumed"),
  }),
  data: z.string().min(1).describe("data set, as the option --data takes it"),
  protocol: z.enum(["official", "pooled", "not stated"]).describe("splits of the source"),
  figure: z.enum(["accuracy", "auc"]).describe("what the claim is about"),
  published: z
    .strictObject({
      network: share().describe("of the network, 0 to 1"),
      baseline: share()
        .optional()
        .describe("of the network that it is said to beat; left out: the claim is the value alone"),
      baselineName: z.string().optional(),
      runs: z.int().min(1).describe("trainings that the published numbers are means of"),
    })
    .optional()
    .describe("left out where no numbers are at hand: see unpublished"),
  ordinary: z
    .strictObject({ value: share(), who: z.string().min(1) })
    .optional()
    .describe("without a published baseline: what an ordinary network has on these data"),
  unpublished: z
    .strictObject({
      expects: z.enum(["better", "equal"]).describe("than, or to the baseline"),
      margin: z.number().gt(0).lt(1).describe("the difference that is asked for, or that does not matter"),
    })
    .optional()
    .describe("what is claimed where no numbers are at hand"),
  options: z
    .record(z.string(), z.unknown())
    .describe("options of training of the network as described, by their names in configuration files"),
  baseline: ablation().describe("the ablation that stands for the source's baseline"),
  ablations: z.array(ablation()).describe("others that are trained, too"),
  seeds: z.int().min(1).describe("trainings unless --seeds says otherwise"),
  assumed: z.array(z.string().min(1)).describe("what the source does not say, or what differs here, one sentence each"),
});

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
  const { success, data, error } = claimSchema.safeParse(value);
  if (!success) {
    const [{ path: place, message }] = error.issues;
    throw new UsageError(
      `${path}: ${place.join(".") || "the file"}: ${message}; host/docs/claims.md says what a claim holds`,
    );
  }
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
