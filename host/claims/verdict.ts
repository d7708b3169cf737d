import { studentQuantile } from "../statistics/spread.ts";
import { summarize } from "../statistics/tests.ts";

/** What a claim says about one number: of the network's figure, or of its difference to the baseline. */
export type Question =
  /** It is `claimed`, the mean over so many published trainings, and not `ordinary`, which it has without the claim. */
  | { kind: "value"; claimed: number; ordinary: number; runs: number }
  /** It is 0, give or take `margin`. */
  | { kind: "none"; margin: number };

/** What our trainings by one protocol say about it. */
export interface Finding {
  /** yes: as claimed; no: what is claimed is excluded; open: these seeds allow both. */
  answer: "yes" | "no" | "open";
  values: number[];
  mean: number;
  /** Null for one seed. */
  sd: number | null;
  /** 95 % of the mean over trainings, by Student's t; null for one seed. */
  interval: [low: number, high: number] | null;
  /**
   * Seeds that would decide in four of five trials, whether the claim is right or what is ordinary, if trainings vary
   * as these did; null: more than MOST_SEEDS, or none would, as what is published varies itself.
   */
  needed: number | null;
  /** Open, because the answer rests on trainings that answer one class only. */
  unlearned?: true;
}

export const MOST_SEEDS = 1000;
/** Of the normal distribution, four of five: below the first; within plus and minus the second. */
const POWER = { value: 0.8416, none: 1.2816 } as const;

/**
 * The rule, with 95 % intervals over trainings. A claimed value is confirmed if the interval excludes what is ordinary
 * on its side, and what is published lies in reach; not confirmed if what is published is out of reach: further away
 * than the mean of so many trainings may lie from ours, whose spread it is taken to have. Else both are possible. Where
 * nothing is claimed to differ, the interval must lie within the margin, or beyond it.
 */
export function judgeValues(values: readonly number[], question: Question): Finding {
  const { mean, sd, count } = summarize(values);
  const needed = sd === null ? null : seedsFor(question, sd);
  const found = { values: [...values], mean, sd, needed };
  if (sd === null) return { ...found, answer: "open", interval: null };
  const t = studentQuantile(count - 1);
  const half = (t * sd) / Math.sqrt(count);
  const interval: [number, number] = [mean - half, mean + half];
  return { ...found, interval, answer: answerTo(question, mean, half, t * sd, count) };
}

/**
 * The same, but a training that answers one class only, or whose baseline does, decides nothing: the answer must hold
 * without it.
 */
export function judgeTrainings(
  values: readonly number[],
  answersOneClass: readonly boolean[],
  question: Question,
): Finding {
  const finding = judgeValues(values, question);
  const learned = values.filter((_, i) => !answersOneClass[i]);
  if (finding.answer === "open" || learned.length === values.length) return finding;
  if (learned.length > 1 && judgeValues(learned, question).answer === finding.answer) return finding;
  return { ...finding, answer: "open", unlearned: true };
}

function answerTo(question: Question, mean: number, half: number, reach: number, count: number): Finding["answer"] {
  if (question.kind === "none") {
    if (Math.abs(mean) + half <= question.margin) return "yes";
    return Math.abs(mean) - half > question.margin ? "no" : "open";
  }
  const { claimed, ordinary, runs } = question;
  const side = claimed >= ordinary ? 1 : -1;
  if (side * (claimed - mean) > reach * Math.sqrt(1 / count + 1 / runs)) return "no";
  return side * (mean - ordinary) > half ? "yes" : "open";
}

/** See Finding.needed. */
function seedsFor(question: Question, sd: number): number | null {
  const distance = question.kind === "none" ? question.margin : Math.abs(question.claimed - question.ordinary);
  const runs = question.kind === "none" ? Number.POSITIVE_INFINITY : question.runs;
  for (let n = 2; n <= MOST_SEEDS; n++) {
    if (distance >= (studentQuantile(n - 1) + POWER[question.kind]) * sd * Math.sqrt(1 / n + 1 / runs)) return n;
  }
  return null;
}

export const VERDICTS = {
  reproduced: "reproduced",
  not: "not reproduced",
  pooled: "reproduced only with pooled data",
  open: "cannot be told apart with this many seeds",
} as const;
export type Verdict = keyof typeof VERDICTS;

/**
 * The verdict on a claim: that of the official split, unless that one contradicts the claim and pooled data confirm it,
 * or leave it open.
 */
export function verdictOf({ official, pooled }: { official?: Finding; pooled?: Finding }): Verdict {
  const answers = { yes: "reproduced", no: "not", open: "open" } as const;
  if (official?.answer === "no" && pooled) return pooled.answer === "yes" ? "pooled" : answers[pooled.answer];
  if (official) return answers[official.answer];
  return pooled?.answer === "yes" ? "pooled" : answers[pooled?.answer ?? "open"];
}
