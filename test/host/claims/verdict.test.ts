// How often each verdict comes, in simulations: with a true difference of 0, and of the claimed size.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { judgeTrainings, judgeValues, type Question, type Verdict, verdictOf } from "../../../host/claims/verdict.ts";

const test = suite("claims/verdict");

let state = 12345;
const uniform = () => {
  state = (state * 48271) % 0x7fffffff;
  return state / 0x7fffffff;
};
const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());

const TRIALS = 1500;

/** Shares of the answers over trials of `seeds` trainings; what is published is a mean of `runs` around `published`. */
function simulate(
  { truth, published, sd, seeds, runs }: { truth: number; published: number; sd: number; seeds: number; runs: number },
  ordinary = 0,
): Record<"yes" | "no" | "open", number> {
  const shares = { yes: 0, no: 0, open: 0 };
  for (let trial = 0; trial < TRIALS; trial++) {
    const claimed = published + (sd * normal()) / Math.sqrt(runs);
    const values = Array.from({ length: seeds }, () => truth + sd * normal());
    shares[judgeValues(values, { kind: "value", claimed, ordinary, runs }).answer] += 1 / TRIALS;
  }
  return shares;
}

test("a claim that is right is rejected in 2.5 % of trials, whatever the seeds and published trainings", () => {
  for (const seeds of [2, 5, 30]) {
    for (const runs of [1, 5]) {
      const { no } = simulate({ truth: 0.02, published: 0.02, sd: 0.004, seeds, runs });
      assert.ok(Math.abs(no - 0.025) < 0.015, `${seeds} seeds, ${runs} published: ${no}`);
    }
  }
});

test("a claim is confirmed in at most 2.5 % of trials where there is no difference", () => {
  for (const [seeds, sd] of [
    [2, 0.01],
    [5, 0.02],
    [30, 0.05],
  ]) {
    const { yes } = simulate({ truth: 0, published: 0.02, sd, seeds, runs: 5 });
    assert.ok(yes < 0.035, `${seeds} seeds: ${yes}`);
  }
});

test("with the number of seeds that it asks for, it decides in four of five trials, either way", () => {
  const sd = 0.01;
  const question: Question = { kind: "value", claimed: 0.02, ordinary: 0, runs: 5 };
  const pilot = judgeValues([0.01 - sd / Math.SQRT2, 0.01 + sd / Math.SQRT2], question);
  assert.ok(Math.abs(pilot.sd! - sd) < 1e-12);
  const seeds = pilot.needed!;
  assert.ok(seeds > 2 && seeds < 30, String(seeds));
  const right = simulate({ truth: 0.02, published: 0.02, sd, seeds, runs: 5 });
  const wrong = simulate({ truth: 0, published: 0.02, sd, seeds, runs: 5 });
  // With the true sd unknown in each trial a little less or more comes out.
  assert.ok(right.yes > 0.78, JSON.stringify(right));
  assert.ok(wrong.no > 0.72, JSON.stringify(wrong));
});

test("with the number of seeds that equality asks for, it is confirmed in four of five trials", () => {
  const sd = 0.01;
  const question: Question = { kind: "none", margin: 0.01 };
  const seeds = judgeValues([-sd / Math.SQRT2, sd / Math.SQRT2], question).needed!;
  let yes = 0;
  for (let trial = 0; trial < TRIALS; trial++) {
    const values = Array.from({ length: seeds }, () => sd * normal());
    if (judgeValues(values, question).answer === "yes") yes++;
  }
  assert.ok(yes / TRIALS > 0.75, `${seeds} seeds: ${yes / TRIALS}`);
});

test("trainings that answer one class only decide nothing", () => {
  const claim: Question = { kind: "value", claimed: 0.02, ordinary: 0, runs: 5 };
  const flat = [true, true, true, false, true];
  // The pairs of a trial: four baselines that answer one class, and one that learned.
  const values = [0.11, 0.1, 0.12, 0.05, 0.13];
  assert.is(judgeValues(values, claim).answer, "yes");
  assert.equal(
    [judgeTrainings(values, flat, claim).answer, judgeTrainings(values, flat, claim).unlearned],
    ["open", true],
  );
  const none = [false, false, false, false, false];
  assert.equal(judgeTrainings(values, none, claim), judgeValues(values, claim));
  // What holds without them, stands; so does what is open anyway.
  const steady = [0.02, 0.021, 0.019, 0.3, 0.02];
  const one = [false, false, false, true, false];
  assert.is(judgeTrainings([0.02, 0.021, 0.019, 0.022, 0.02], one, claim).answer, "yes");
  assert.is(judgeTrainings(steady, one, claim).unlearned, undefined);
  // Nor is a network that never learned evidence against a claim, or for equality.
  const all = none.map(() => true);
  assert.is(judgeTrainings([-0.1, -0.11, -0.1, -0.12, -0.1], all, claim).answer, "open");
  assert.is(judgeTrainings([0, 0, 0, 0, 0], all, { kind: "none", margin: 0.01 }).answer, "open");
});

test("where the published number varies as much as the difference, no number of seeds decides", () => {
  const { needed, answer } = judgeValues([-0.03, 0.03, 0.01], { kind: "value", claimed: 0.02, ordinary: 0, runs: 1 });
  assert.equal([needed, answer], [null, "open"]);
});

test("nothing is claimed to differ: within the margin, beyond it, or neither", () => {
  const question: Question = { kind: "none", margin: 0.02 };
  assert.is(judgeValues([0.001, -0.001, 0.002, 0], question).answer, "yes");
  assert.is(judgeValues([-0.051, -0.05, -0.049, -0.05], question).answer, "no");
  assert.is(judgeValues([-0.05, 0.05, 0.03], question).answer, "open");
});

test("values against an ordinary one; claims of a lower value; one seed", () => {
  const value: Question = { kind: "value", claimed: 0.9995, ordinary: 0.935, runs: 1 };
  assert.is(judgeValues([0.998, 0.9993, 0.9996], value).answer, "yes");
  assert.is(judgeValues([0.87, 0.878, 0.88], value).answer, "no");
  assert.is(judgeValues([0.9995], value).answer, "open");
  assert.is(judgeValues([0.9995], value).interval, null);
  const lower: Question = { kind: "value", claimed: -0.05, ordinary: 0, runs: 1 };
  assert.is(judgeValues([-0.051, -0.05, -0.052], lower).answer, "yes");
  assert.is(judgeValues([0.001, 0, -0.001], lower).answer, "no");
});

test("the official split decides, unless only pooled data confirm the claim", () => {
  const finding = (answer: "yes" | "no" | "open") => ({ ...judgeValues([0], { kind: "none", margin: 1 }), answer });
  const cases: [official: "yes" | "no" | "open" | null, pooled: "yes" | "no" | "open" | null, Verdict][] = [
    ["yes", "no", "reproduced"],
    ["yes", null, "reproduced"],
    ["no", "yes", "pooled"],
    ["no", "no", "not"],
    ["no", "open", "open"],
    ["no", null, "not"],
    ["open", "yes", "open"],
    ["open", "no", "open"],
    [null, "yes", "pooled"],
    [null, "no", "not"],
    [null, null, "open"],
  ];
  for (const [official, pooled, verdict] of cases) {
    const given = { ...(official && { official: finding(official) }), ...(pooled && { pooled: finding(pooled) }) };
    assert.is(verdictOf(given), verdict, `${official} and ${pooled}`);
  }
});

test.run();
