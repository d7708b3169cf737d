import { type Command, Option } from "commander";
import { UsageError } from "../check.ts";
import type { Dataset, Split } from "../datasets/types.ts";
import { ATTACKS, type Attack, type AttackSettings, checkAttack, evaluateAttack } from "../evaluation/attack.ts";
import {
  CORRUPTION_NAMES,
  CORRUPTIONS,
  type CorruptionName,
  SEVERITIES,
  type Severity,
} from "../evaluation/corruptions/table.ts";
import {
  type CorruptionSettings,
  checkCorruptions,
  evaluateCorruptions,
  LABELS_NOTE,
} from "../evaluation/robustness.ts";
import { attackJson, attackTable, corruptionTable, robustnessJson } from "../evaluation/robustnessTable.ts";
import type { Tta } from "../evaluation/tta.ts";
import type { Network } from "../network/network.ts";
import { flag } from "../training/options.ts";
import { notesOn } from "../work/notes.ts";
import { ttaNote } from "./figures.ts";
import { createBar, parseChoices, parseNumber, parseNumbers, print, printJson, table } from "./terminal.ts";

/** What a user says about corruptions and attacks. */
export interface RobustnessFlags {
  corruptions?: CorruptionName[] | true;
  severities?: Severity[];
  corruptionSeed?: number;
  attack?: Attack;
  epsilon?: number[];
  attackSteps?: number;
  attackSeed?: number;
  json?: boolean;
}

/** What was asked for, checked as far as that goes without a network. */
export interface RobustnessRequest {
  corruptions?: CorruptionSettings;
  attack?: AttackSettings;
}

const GROUP = "Corruptions and attacks:";
const WITH = {
  corruptions: ["severities", "corruptionSeed"],
  attack: ["epsilon", "attackSteps", "attackSeed"],
} as const;

const parseCorruptions = (text: string) =>
  text === "all" ? true : parseChoices<CorruptionName>(CORRUPTION_NAMES)(text);

function parseSeverities(text: string): Severity[] {
  return parseChoices(SEVERITIES.map(String))(text).map(Number) as Severity[];
}

/** Adds --corruptions and what goes with it; `attacks`: also --attack. */
export function addRobustness(command: Command, attacks: boolean): void {
  const add = (flags: string, help: string, parse: (text: string) => unknown) =>
    command.addOption(new Option(flags, help).helpGroup(GROUP).argParser(parse));
  const names = CORRUPTION_NAMES.map((name) => `${name}: ${CORRUPTIONS[name].help}`).join("; ");
  add("--corruptions [names]", `errors on corrupted test images (default: all): ${names}`, parseCorruptions);
  add("--severities <n,...>", "how strong, 1 to 5 (default: all)", parseSeverities);
  add("--corruption-seed <n>", "seed of what corruptions draw (default: 0)", parseNumber);
  if (!attacks) return;
  command.addOption(
    new Option(
      "--attack <name>",
      "accuracy on images that an attacker changed, who knows the network: one step (fgsm) or several (pgd)",
    )
      .choices(ATTACKS)
      .helpGroup(GROUP),
  );
  add(
    "--epsilon <e,...>",
    "largest changes of a pixel, 0 to 1 (default: 1/255, 2/255, 4/255, 8/255 and 16/255)",
    parseNumbers,
  );
  add("--attack-steps <n>", "steps of pgd (default: 10)", parseNumber);
  add("--attack-seed <n>", "seed of pgd's random start (default: 0)", parseNumber);
}

/** What was asked for; null: neither. @throws UsageError on flags that need another one, and on impossible values */
export function robustnessRequest(flags: RobustnessFlags): RobustnessRequest | null {
  for (const [main, others] of Object.entries(WITH)) {
    const other = others.find((name) => flags[name] !== undefined);
    if (flags[main as keyof typeof WITH] === undefined && other !== undefined)
      throw new UsageError(`${flag(other)}: expected ${flag(main)} with it`);
  }
  const { corruptions, severities, corruptionSeed, attack, epsilon, attackSteps, attackSeed } = flags;
  const request: RobustnessRequest = {};
  if (corruptions !== undefined) {
    request.corruptions = { severities, seed: corruptionSeed, ...(corruptions !== true && { corruptions }) };
    checkCorruptions(3, request.corruptions);
  }
  if (attack !== undefined) {
    request.attack = { attack, epsilons: epsilon, steps: attackSteps, seed: attackSeed };
    checkAttack(request.attack);
  }
  return corruptions === undefined && attack === undefined ? null : request;
}

/** Measures and prints what was asked for. */
export async function showRobustness(
  network: Network,
  images: Split,
  about: { model: string; data: Dataset; split: string; warnings: readonly string[]; tta: Tta },
  request: RobustnessRequest,
  json = false,
): Promise<void> {
  const { data, split, model, tta } = about;
  const bar = await createBar();
  const watch = (what: string) => (done: number, total: number) =>
    bar.update(done, total, `${done} of ${total} ${what}`);
  const corrupted =
    request.corruptions &&
    (await evaluateCorruptions(network, images, { ...request.corruptions, tta }, watch("settings")).finally(() =>
      bar.stop(),
    ));
  const attacked =
    request.attack &&
    (await evaluateAttack(network, images, request.attack, watch("images")).finally(() => bar.stop()));
  const single = attacked && tta !== "none" ? ["attacks: without test-time augmentation"] : [];
  const labels = attacked && images.matrix ? [LABELS_NOTE] : [];
  const notes = [...new Set([...(corrupted?.notes ?? []), ...labels, ...single, ...notesOn(data.protocol)])];
  if (json) {
    const from = { model, data: data.name, split, count: images.count, protocol: data.protocol, tta };
    printJson({
      ...from,
      ...(corrupted && { corruptions: robustnessJson(corrupted) }),
      ...(attacked && { attack: attackJson(attacked) }),
      note: notes.join("; "),
      warnings: about.warnings,
    });
    return;
  }
  print(
    `${data.name}, split ${split}, protocol ${data.protocol}, ${images.count} images${corrupted ? ttaNote(tta) : ""}\n`,
  );
  if (corrupted) {
    const error = images.matrix ? "share of wrong labels" : "balanced error (1 − mean recall)";
    print(`${error} in percent on corrupted images, seed ${corrupted.seed}\n`);
    print(table(corruptionTable(corrupted)));
  }
  if (attacked) {
    const how = attacked.attack === "pgd" ? `, ${attacked.steps} steps, seed ${attacked.seed}` : "";
    print(`${corrupted ? "\n" : ""}attack ${attacked.attack}${how}: largest change of a pixel against accuracy\n`);
    print(table(attackTable(attacked)));
  }
  print(`\n${notes.join("\n")}`);
}
