import { UsageError } from "../../check.ts";
import { z } from "../../zod.ts";
import { GATES } from "../gates.ts";
import { MAX_WIRES } from "../limits.ts";
import { readJson } from "../text.ts";
import { CHANNEL_NAMES, type ChannelName, channelOf } from "./channels.ts";
import { checkNoise, GATE_KINDS, type NoiseModel } from "./model.ts";

const whole = z.int().min(0);
const place = {
  gates: z
    .array(z.enum([...GATE_KINDS, ...GATES.keys()] as [string, ...string[]]))
    .min(1)
    .optional()
    .describe("behind these gates, by name or kind (1q: on one wire, 2q: on more); default all"),
  operations: z.array(whole).min(1).optional().describe("behind these operations, counted from 0; in place of gates"),
  at: z.enum(["start", "end"]).optional().describe("once on every wire: before the first gate, or the measurement"),
  on: z.enum(["gate", "all"]).optional().describe("on the wires of the gate (default), or on every wire"),
  wires: z.array(whole.lt(MAX_WIRES)).min(1).optional().describe("of those wires only these"),
};
const complex = z.union([z.number(), z.tuple([z.number(), z.number()]).describe("real and imaginary part")]);

function ruleSchema(name: ChannelName): z.ZodObject {
  const { params, help } = channelOf(name);
  const shape = Object.fromEntries(
    params.map(({ kind, default: standard, name: param, help: of }) => {
      const number = z.number().min(0);
      const ranged = (kind === "probability" ? number.max(1) : kind === "time" ? z.number().gt(0) : number).describe(
        of,
      );
      return [param, standard === undefined && param !== "p10" ? ranged : ranged.optional()];
    }),
  );
  const own = name === "kraus" ? { matrices: z.array(z.array(z.array(complex))).min(1) } : shape;
  const where = name === "readout" ? { wires: place.wires } : place;
  return z.strictObject({ channel: z.literal(name), ...own, ...where }).describe(help);
}

/** The form of a noise file; the published JSON Schema is made of it. */
export function noiseJsonSchema(): object {
  const schema = z
    .strictObject({
      $schema: z.string().optional(),
      rules: z.array(z.union(CHANNEL_NAMES.map(ruleSchema))),
    })
    .describe("A noise model for hqcnn: hqcnn evaluate MODEL --noise FILE");
  return z.toJSONSchema(schema, { io: "input" });
}

/**
 * A noise model out of a file.
 * @param name of the file, for messages
 * @throws UsageError with line and column
 */
export function parseNoiseFile(text: string, name: string): NoiseModel {
  const { data, where } = readJson(text, name);
  try {
    checkNoise(data);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const rule = /^noise rule (\d+)/.exec(error.message);
    throw new UsageError(`${where(rule ? ["rules", Number(rule[1])] : [])}: ${error.message}`, { cause: error });
  }
  const { $schema: _, ...model } = data as NoiseModel & { $schema?: string };
  return model;
}
