import { type Comparison, compareVariants, type VariantRuns } from "../comparison/compare.ts";
import { latex, type Table } from "../comparison/tables.ts";
import { cellText, deltaText, FIGURES, valueText } from "../comparison/text.ts";
import type { Protocol } from "../datasets/types.ts";
import type { Predictions } from "../training/record.ts";
import type { Claim } from "./schema.ts";
import {
  type Finding,
  judgeTrainings,
  MOST_SEEDS,
  type Question,
  VERDICTS,
  type Verdict,
  verdictOf,
} from "./verdict.ts";

/** A claim's trainings by one protocol. */
export interface ClaimPart {
  protocol: Protocol;
  comparison: Comparison;
  /** Null where the figure is not defined. */
  finding: Finding | null;
  /** Trainings that ended with one answer for all test images: of the network, and of a baseline that it is held to. */
  collapsed: { network: number; baseline: number };
}

/** What became of a claim. */
export interface ClaimResult {
  claim: Claim;
  parts: ClaimPart[];
  verdict: Verdict;
  /** In place of the recipe's: then it says nothing about the claim. */
  epochs?: number;
}

/** What the claim says about a number: a difference where a baseline is published, else the network's value. */
export function questionOf({ published, ordinary, unpublished }: Claim): Question {
  if (published) {
    const { network, baseline, runs } = published;
    return baseline === undefined
      ? { kind: "value", claimed: network, ordinary: ordinary!.value, runs }
      : { kind: "value", claimed: network - baseline, ordinary: 0, runs };
  }
  const { expects, margin } = unpublished!;
  return expects === "equal"
    ? { kind: "none", margin }
    : { kind: "value", claimed: margin, ordinary: 0, runs: Number.POSITIVE_INFINITY };
}

/** Whether it is about the difference to the baseline. */
export function isDifference({ published }: Claim): boolean {
  return published === undefined || published.baseline !== undefined;
}

/** Whether all images have the same answer: one class, or the same labels. */
function isFlat({ predicted, labels, rows }: Predictions): boolean {
  if (!rows) return new Set(predicted).size === 1;
  const width = rows.predicted.length / labels.length;
  return rows.predicted.every((is, i) => is === rows.predicted[i % width]);
}

/** What a training does that has not learned. */
function oneAnswer({ task }: Comparison): string {
  return task === "multilabel" ? "give all images the same labels" : "answer one class only";
}

/** @param parts the runs of each protocol: the network, its baseline, other ablations */
export function claimResult(
  claim: Claim,
  parts: readonly { protocol: Protocol; variants: readonly VariantRuns[] }[],
  task: string,
  epochs?: number,
): ClaimResult {
  const found = parts.map(({ protocol, variants }): ClaimPart => {
    const comparison = compareVariants(variants, { name: claim.data, task: task as never, protocol });
    const [own, baseline] = variants.map(({ runs }) => runs.map(({ result }) => result.metrics[claim.figure]));
    const [flat, flatBaseline] = variants.map(({ runs }) => runs.map(({ result }) => isFlat(result.predictions)));
    const isHeld = isDifference(claim);
    const values = own.map((value, i) => {
      const other = isHeld ? baseline[i] : 0;
      return value === null || other === null ? null : value - other;
    });
    const isDefined = values.every((value) => value !== null);
    const oneClass = flat.map((network, i) => network || (isHeld && flatBaseline[i]));
    const finding = isDefined ? judgeTrainings(values, oneClass, questionOf(claim)) : null;
    const count = (which: readonly boolean[]) => which.filter(Boolean).length;
    const collapsed = { network: count(flat), baseline: isHeld ? count(flatBaseline) : 0 };
    return { protocol, comparison, finding, collapsed };
  });
  const of = (protocol: Protocol) => found.find((part) => part.protocol === protocol)?.finding ?? undefined;
  const verdict = verdictOf({ official: of("official"), pooled: of("pooled") });
  return { claim, parts: found, verdict, ...(epochs !== undefined && { epochs }) };
}

/** What is published, in words. */
export function publishedText(claim: Claim): string {
  const { published, ordinary, unpublished, figure } = claim;
  const { name, unit, points } = FIGURES[figure];
  const text = (value: number) => valueText(figure, value);
  if (!published) {
    const { expects, margin } = unpublished!;
    return `no numbers at hand; asked is whether the ${name} is ${expects === "better" ? "better by at least" : "the same to within"} ${text(margin)}${points}`;
  }
  const { network, baseline, baselineName, runs } = published;
  const over = `${runs} ${runs === 1 ? "training" : "trainings"}`;
  const other =
    baseline === undefined
      ? `beside ${text(ordinary!.value)} of ${ordinary!.who}`
      : `beside ${text(baseline)} of ${baselineName ?? "its baseline"}: ${deltaText(figure, network - baseline)}${points}`;
  return `${name} ${text(network)}${unit} ${other}; ${over}`;
}

/** One line for each protocol: what was found, and how many seeds would decide. */
export function findingText(claim: Claim, { protocol, finding, comparison, collapsed }: ClaimPart): string {
  const { published, figure } = claim;
  const { name } = FIGURES[figure];
  if (!finding) return `${protocol}: the ${name} is not defined on these test images`;
  const { mean, interval, answer, needed, values } = finding;
  const text = (value: number) => (isDifference(claim) ? deltaText(figure, value) : valueText(figure, value));
  const unit = isDifference(claim) ? FIGURES[figure].points : FIGURES[figure].unit;
  const what = isDifference(claim) ? `Δ${name} to the ablation ${claim.baseline}` : name;
  const over = `${values.length} ${values.length === 1 ? "seed" : "seeds"}`;
  const range = interval ? ` [${interval.map(text).join(", ")}]` : "";
  const says = {
    yes: "as claimed",
    no: "not as claimed",
    open: finding.unlearned
      ? `this rests on trainings that ${oneAnswer(comparison)}, and shows nothing without them`
      : interval
        ? "the claim and its absence are both possible"
        : "one seed has no interval",
  }[answer];
  const more =
    answer !== "open" || !interval || finding.unlearned
      ? ""
      : needed === null
        ? Number.isFinite(published?.runs ?? Number.POSITIVE_INFINITY)
          ? `; not even ${MOST_SEEDS} seeds would decide, as what is published varies as much from training to training`
          : `; more than ${MOST_SEEDS} seeds would be needed`
        : needed <= values.length
          ? `; about as many seeds would decide in four of five trials`
          : `; about ${needed} seeds would decide in four of five trials`;
  const flat = (["network", "baseline"] as const)
    .filter((name) => collapsed[name] > 0)
    .map((name) => `; ${collapsed[name]} of ${values.length} trainings of the ${name} ${oneAnswer(comparison)}`)
    .join("");
  return `${protocol}: ${what} ${text(mean)}${range}${unit} over ${over} and ${comparison.images} test images: ${says}${more}${flat}`;
}

/** One sentence for the whole claim. */
export function verdictText({ claim, verdict, epochs, parts }: ClaimResult): string {
  const short =
    epochs === undefined
      ? ""
      : ` (${epochs} ${epochs === 1 ? "epoch" : "epochs"} in place of the recipe's: this says nothing about the claim)`;
  const seeds = Math.max(...parts.map(({ comparison }) => comparison.seeds.length));
  const detail = verdict === "open" ? ` (${seeds})` : "";
  const missing = (["official", "pooled"] as const).filter((name) => !parts.some(({ protocol }) => protocol === name));
  const untested = verdict === "reproduced" ? "" : missing.map((name) => `; not tested with protocol ${name}`).join("");
  return `${claim.id}: ${VERDICTS[verdict]}${detail}${untested}${short}`;
}

/** Every variant by every protocol, beside what is published. */
export function claimTable({ claim, parts }: ClaimResult): Table {
  const { published, figure } = claim;
  const own = FIGURES[figure].head;
  const head = ["protocol", "network", "accuracy %", "AUC", `published ${own}`, "parameters", "epochs to 95 %"];
  const theirs = (place: number) => {
    const value = place === 0 ? published?.network : place === 1 ? published?.baseline : undefined;
    return value === undefined ? "–" : valueText(figure, value);
  };
  return [
    head,
    ...parts.flatMap(({ protocol, comparison }) =>
      comparison.variants.map(({ variant, accuracy, auc, parameters, convergence }, i) => [
        protocol,
        i === 0 ? "the network" : `ablation ${variant}${i === 1 ? " (baseline)" : ""}`,
        cellText("accuracy", accuracy),
        cellText("auc", auc),
        theirs(i),
        String(parameters),
        convergence ? convergence.epochs.mean.toFixed(1) : "none",
      ]),
    ),
  ];
}

/** A paragraph on methods, for citing. */
export function methodsText({ claim, parts }: ClaimResult, version: string): string {
  const { seeds } = parts[0].comparison;
  const protocols = parts.map(({ protocol, comparison }) => `${protocol} (${comparison.images} test images)`);
  return (
    `The network was trained on ${claim.data} with hqcnn ${version}, by the ${protocols.length > 1 ? "protocols" : "protocol"} ${protocols.join(" and ")}, ` +
    `with ${seeds.length} ${seeds.length === 1 ? "seed" : "seeds"} (${seeds.join(", ")}), and with the same splits, batches and epochs its ablations ${parts[0].comparison.variants
      .slice(1)
      .map(({ variant }) => variant)
      .join(", ")}. ` +
    "The parameters of the epoch with the best validation result were tested. Intervals are 95 % of the mean over trainings by Student's t. " +
    (questionOf(claim).kind === "none"
      ? "The claim is reproduced if the interval lies within the margin, and not reproduced if it lies beyond it."
      : "A published mean of k trainings is taken to vary as k of ours do. The claim is reproduced if the interval excludes what " +
        "is ordinary and the published number is within reach, and not reproduced if that is out of reach.") +
    ` Trainings that ${oneAnswer(parts[0].comparison)}, and their pairs, decide nothing.`
  );
}

/** The authors as prose has them. */
export function authorsText({ source: { authors } }: Claim): string {
  return typeof authors === "string" ? authors : authors.join(", ");
}

/** BibTeX entries of this program, and of the sources: each once, with a key of its own. */
export function bibtex(claims: readonly Claim[], version: string): string {
  const found = new Map<string, string>();
  const add = (kind: string, key: string, fields: Record<string, string | undefined>) => {
    const lines = Object.entries(fields).flatMap(([name, value]) => (value ? [`  ${name} = {${value}}`] : []));
    const entry = (own: string) => `@${kind}{${own},\n${lines.join(",\n")}\n}`;
    let own = key;
    for (let i = 2; found.has(own) && found.get(own) !== entry(own); i++) own = `${key}-${i}`;
    found.set(own, entry(own));
  };
  const title = (text: string) => `{${latex(text)}}`; // braces keep capitals
  add("software", "hqcnn", {
    title: title("hqcnn: hybrid quantum-classical convolutional networks in WebAssembly"),
    version,
    license: "MIT",
  });
  for (const { id, source } of claims) {
    const { authors, year, url } = source;
    add("misc", id.replace(/[^\w-]/g, "-"), {
      title: title(source.title),
      author: typeof authors === "string" ? `{${latex(authors)}}` : authors.map(latex).join(" and "),
      year: String(year),
      url: url?.replaceAll("{", "%7B").replaceAll("}", "%7D"),
    });
  }
  return [...found.values()].join("\n\n");
}
