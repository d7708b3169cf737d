import { isRecord, UsageError } from "../../check.ts";
import { GATES } from "../gates.ts";
import {
  CHANNELS,
  type ChannelName,
  type ComplexData,
  channelName,
  channelOf,
  checkKraus,
  checkParams,
  type Kraus,
  short,
} from "./channels.ts";

/** Names for kinds of gates: on one wire, and on two or more. */
export const GATE_KINDS = ["1q", "2q"] as const;

/** Where a channel acts. */
export interface NoisePlace {
  /** Behind these gates, by name or kind ("1q": on one wire, "2q": on more); default all. */
  readonly gates?: readonly string[];
  /** Behind these operations of the circuit, counted from 0; in place of gates. */
  readonly operations?: readonly number[];
  /** Once on every wire: before the first gate, or before the measurement; in place of gates. */
  readonly at?: "start" | "end";
  /** gate (default): the wires of the gate; all: every wire of the circuit. */
  readonly on?: "gate" | "all";
  /** Of those wires only these. */
  readonly wires?: readonly number[];
}

/** One channel and where it acts: what a noise file lists. Parameters by their names. */
export interface NoiseRule extends NoisePlace {
  readonly channel: ChannelName;
  readonly matrices?: readonly (readonly (readonly ComplexData[])[])[];
  readonly [param: string]: unknown;
}

/** Which channel acts after which gates, as data. */
export interface NoiseModel {
  readonly rules: readonly NoiseRule[];
}

/** A rule with its numbers checked. */
export interface CheckedRule {
  readonly name: ChannelName;
  readonly place: NoisePlace;
  readonly params: readonly number[];
  readonly kraus: Kraus | null;
  /** "noise rule 2 (bit-flip)" */
  readonly label: string;
}

const PLACE_KEYS = ["gates", "operations", "at", "on", "wires"];

/**
 * Checks a noise model.
 * @throws UsageError that names the rule, what is expected and what came
 */
export function checkNoise(given: unknown): CheckedRule[] {
  if (!isRecord(given) || !Array.isArray(given.rules)) {
    throw new UsageError(`noise: expected { "rules": [{ "channel": …, … }] }, got ${short(given)}`);
  }
  const others = Object.keys(given).filter((key) => key !== "rules" && key !== "$schema");
  if (others.length > 0) throw new UsageError(`noise: expected rules only, got ${others.join(", ")}`);
  return given.rules.map(checkRule);
}

function checkRule(rule: unknown, i: number): CheckedRule {
  const at = `noise rule ${i}`;
  if (!isRecord(rule)) throw new UsageError(`${at}: expected { "channel": …, … }, got ${short(rule)}`);
  const name = channelName(rule.channel, at);
  const label = `${at} (${name})`;
  const { params } = channelOf(name);
  const own = name === "kraus" ? ["matrices"] : params.map(({ name: param }) => param);
  const known = ["channel", ...own, ...(name === "readout" ? ["wires"] : PLACE_KEYS)];
  const unknown = Object.keys(rule).filter((key) => !known.includes(key));
  if (unknown.length > 0) {
    throw new UsageError(`${label}: expected ${known.join(", ")}, got ${unknown.join(", ")}`);
  }
  return {
    ...{ name, label, place: checkPlace(rule, label) },
    params: checkParams(name, rule, label),
    kraus: name === "kraus" ? checkKraus(rule.matrices, label) : null,
  };
}

function checkPlace(rule: Record<string, unknown>, label: string): NoisePlace {
  const { gates, operations, at, on, wires } = rule;
  const fail = (expected: string, got: unknown): never => {
    throw new UsageError(`${label}: expected ${expected}, got ${short(got)}`);
  };
  const wholes = (list: unknown) =>
    Array.isArray(list) && list.length > 0 && list.every((n) => Number.isInteger(n) && (n as number) >= 0);
  const isGate = (name: unknown) => (GATE_KINDS as readonly unknown[]).includes(name) || GATES.has(name as string);
  if (gates !== undefined && !(Array.isArray(gates) && gates.length > 0 && gates.every(isGate))) {
    const wrong = Array.isArray(gates) ? gates.find((name) => !isGate(name)) : gates;
    fail(`gates as a list of ${GATE_KINDS.join(", ")}, ${[...GATES.keys()].join(", ")}`, wrong);
  }
  if (operations !== undefined && !wholes(operations)) fail("operations as a list of whole numbers from 0", operations);
  if (at !== undefined && at !== "start" && at !== "end") fail("at as start or end", at);
  if (on !== undefined && on !== "gate" && on !== "all") fail("on as gate or all", on);
  if (wires !== undefined && !(wholes(wires) && new Set(wires as number[]).size === (wires as number[]).length)) {
    fail("wires as a list of different whole numbers from 0", wires);
  }
  const said = Object.entries({ gates, operations, at }).filter(([, value]) => value !== undefined);
  if (said.length > 1) fail("one of gates, operations and at", said.map(([key]) => key).join(" and "));
  if (at !== undefined && on !== undefined) fail("no on with at, which is once on every wire", on);
  return { gates, operations, at, on, wires } as NoisePlace;
}

/** How a SPEC is written, for help and messages. */
export const NOISE_FORM =
  "CHANNEL:STRENGTH[@GATES], several joined by commas, such as depolarizing:0.01@CNOT+RX,readout:0.02";

/**
 * A noise model from the command line: channel:strength[@gates], several joined by commas. More than one number of a
 * channel are joined by slashes in the order of CHANNELS (thermal-relaxation:T1/T2/TIME); gates by plus signs; start
 * and end may stand in place of gates.
 * @throws UsageError that names the part
 */
export function parseNoiseSpec(text: string): NoiseModel {
  const rules = text.split(",").map((part, i) => specRule(part.trim(), i));
  const model = { rules };
  checkNoise(model);
  return model;
}

/**
 * Noise models that differ in strengths: as parseNoiseSpec, but a number alone behind a comma is another strength of
 * the channel before it (depolarizing:0.005,0.01,0.03@CNOT,readout:0.02: three models). Several lists: all
 * combinations.
 * @throws UsageError that names the part
 */
export function parseNoiseSweep(text: string): NoiseModel[] {
  const channels: string[][] = [];
  for (const part of text.split(",").map((one) => one.trim())) {
    const last = channels[channels.length - 1];
    if (last && /^[-+.\d]/.test(part)) last.push(part);
    else channels.push([part]);
  }
  const lists = channels.map(([first, ...more]) => {
    const { name, value, target } = /^(?<name>[^:@]*):?(?<value>[^@]*)(?<target>@.*)?$/.exec(first)?.groups ?? {};
    // the gates stand behind the last strength, and hold for all
    const targets = [target, ...more.map((one) => /@.*$/.exec(one)?.[0])].filter((one) => one !== undefined);
    if (more.length === 0) return [first];
    return [value, ...more.map((one) => one.replace(/@.*$/, ""))].map((one) => `${name}:${one}${targets.at(-1) ?? ""}`);
  });
  const specs = lists.reduce<string[][]>((all, list) => all.flatMap((head) => list.map((one) => [...head, one])), [[]]);
  return specs.map((spec) => parseNoiseSpec(spec.join(",")));
}

function specRule(text: string, i: number): NoiseRule {
  const match = /^([A-Za-z-]+)(?::([^@]*))?(?:@(.*))?$/.exec(text);
  if (!match) throw new UsageError(`noise: expected ${NOISE_FORM}, got ${short(text) || "nothing"}`);
  const channel = channelName(match[1], `noise rule ${i}`);
  const label = `noise rule ${i} (${channel})`;
  if (channel === "kraus") throw new UsageError(`${label}: expected a JSON file, as matrices fit no command line`);
  const { params } = CHANNELS[channel];
  const form = params.map(({ name, ...row }) => ("default" in row || name === "p10" ? `[/${name}]` : `/${name}`));
  const strengths = (match[2] ?? "").split("/").map((number) => number.trim());
  const fail = (got: string): never => {
    throw new UsageError(`${label}: expected ${channel}:${form.join("").replace(/^\//, "")}, got ${got}`);
  };
  if (match[2] === undefined || strengths.length > params.length) fail(text);
  const numbers = strengths.map((number) => (/^[-+.\d]/.test(number) ? Number(number) : Number.NaN));
  if (numbers.some(Number.isNaN)) fail(text);
  const values = Object.fromEntries(numbers.map((number, k) => [params[k].name, number]));
  return { channel, ...values, ...(match[3] !== undefined && specPlace(match[3])) };
}

function specPlace(text: string): NoisePlace {
  const names = text.split("+").map((name) => name.trim());
  if (names.length === 1 && (names[0] === "start" || names[0] === "end")) return { at: names[0] };
  return names.length === 1 && names[0] === "all" ? {} : { gates: names };
}

/** A noise model as a SPEC; JSON where it has what no SPEC can say. */
export function noiseText({ rules }: NoiseModel): string {
  const texts = rules.map((rule) => {
    const { channel, gates, operations, at, on, wires } = rule;
    if (channel === "kraus" || operations || on || wires) return null;
    const values = CHANNELS[channel].params.map(({ name }) => rule[name]).filter((value) => value !== undefined);
    const target = at ?? gates?.join("+");
    return `${channel}:${values.join("/")}${target === undefined ? "" : `@${target}`}`;
  });
  return texts.every((text) => text !== null) ? texts.join(",") : JSON.stringify({ rules });
}
