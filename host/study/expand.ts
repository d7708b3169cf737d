import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { HqcnnError, UsageError } from "../check.ts";
import { headOf } from "../training/head.ts";
import { type OptionName, ROWS, type TrainOptions } from "../training/options.ts";
import { parseTrainOptions } from "../training/parse.ts";
import type { Range, StudySpec } from "./spec.ts";

/** More are a mistake in the file. */
export const MOST_RUNS = 10_000;

/** The options that a configuration sets itself. */
export type Varied = Partial<Record<OptionName, unknown>>;

/** One training of a study file, before its data are known. */
export interface StudyPoint {
  varied: Varied;
  options: TrainOptions;
}

/**
 * The trainings of a study file: for every data set, every configuration with every seed.
 * @throws UsageError naming the first configuration that cannot be trained, or too many runs
 */
export function expandStudy(spec: StudySpec): StudyPoint[] {
  const { base = {}, data } = spec;
  const count = configurationCount(spec) * seedsOf(spec).length * (data?.length ?? 1);
  if (count > MOST_RUNS)
    throw new UsageError(`expected at most ${MOST_RUNS} runs, got ${count}: make the study smaller`);
  const sets: Varied[] = data?.map((name) => ({ data: name })) ?? [{}];
  const configurations = configurationsOf(spec);
  const found: StudyPoint[] = [];
  for (const set of sets) {
    for (const { place, varied } of configurations) {
      for (const seed of seedsOf(spec)) {
        const options = checkedOptions({ ...base, ...seed, ...varied, ...set }, `${place}${textOf(varied)}`);
        found.push({ varied, options });
      }
    }
  }
  return found;
}

function checkedOptions(input: object, place: string): TrainOptions {
  try {
    const options = parseTrainOptions(input);
    headOf(options); // a circuit that cannot be is refused before hours of training
    return options;
  } catch (error) {
    if (error instanceof HqcnnError) throw new UsageError(`${place}: ${error.message}`);
    throw error;
  }
}

function textOf(varied: Varied): string {
  const text = variedText(varied);
  return text === "" ? "" : ` (${text})`;
}

/** As in "lr=0.01 head=none". */
export function variedText(varied: Varied): string {
  return Object.entries(varied)
    .map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(",") : value}`)
    .join(" ");
}

/** One object for each seed; empty where the seed is an option like others. */
function seedsOf({ base = {}, seeds }: StudySpec): { seed?: number }[] {
  if (seeds === undefined) return [{}];
  if (Array.isArray(seeds)) return seeds.map((seed) => ({ seed }));
  const first = typeof base.seed === "number" ? base.seed : 0;
  return Array.from({ length: seeds }, (_, i) => ({ seed: first + i }));
}

function configurationCount({ grid, list, random }: StudySpec): number {
  if (grid) return Object.values(grid).reduce((product, values) => product * values.length, 1);
  return list?.length ?? random?.runs ?? 1;
}

function configurationsOf({ grid, list, random }: StudySpec): { place: string; varied: Varied }[] {
  if (grid) {
    let all: Varied[] = [{}];
    for (const [name, values] of Object.entries(grid)) {
      all = all.flatMap((varied) => values.map((value) => ({ ...varied, [name]: value })));
    }
    return all.map((varied) => ({ place: "grid", varied }));
  }
  if (list) return list.map((varied, i) => ({ place: `list[${i}]`, varied }));
  if (random) return draw(random);
  return [{ place: "base", varied: {} }];
}

/** Configurations at random: the same for the same seed on every runtime, the first ones whatever `runs` is. */
function draw({ runs, seed = 0, options }: NonNullable<StudySpec["random"]>): { place: string; varied: Varied }[] {
  const generator = xoroshiro128plus(seed);
  const uniform = () => (generator.next() >>> 0) / 2 ** 32;
  // Not in the order of the file, which is no part of what it says.
  const drawn = Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1));
  return Array.from({ length: runs }, (_, i) => ({
    place: `random, draw ${i}`,
    varied: Object.fromEntries(
      drawn.map(([name, from]) => [
        name,
        Array.isArray(from) ? from[Math.floor(uniform() * from.length)] : inRange(from, isWhole(name), uniform()),
      ]),
    ),
  }));
}

function isWhole(name: string): boolean {
  return ROWS.find((row) => row.name === name)?.kind.type === "integer";
}

/** @param share at least 0, below 1 */
function inRange({ low, high, scale = "linear" }: Range, whole: boolean, share: number): number {
  if (scale === "linear")
    return whole ? low + Math.floor(share * (high - low + 1)) : rounded(low + share * (high - low));
  // By halving in the logarithm: a square root is the same on every runtime, a power is not.
  let [from, to] = [low, high];
  for (let bit = 1; bit <= 32; bit++) {
    const middle = Math.sqrt(from * to);
    if (Math.floor(share * 2 ** bit) % 2 === 1) from = middle;
    else to = middle;
  }
  return whole ? Math.min(high, Math.max(low, Math.round(from))) : Math.min(high, Math.max(low, rounded(from)));
}

/** To digits that a person would write. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
