import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UsageError } from "../../../host/check.ts";
import { ANSATZE } from "../../../host/circuit/templates.ts";
import { FIELDS, labelOf } from "../../../host/training/fields.ts";
import { follows } from "../../../host/training/kinds.ts";
import { optionsOf, ROWS } from "../../../host/training/options.ts";
import { optionsJsonSchema, parseTrainOptions } from "../../../host/training/parse.ts";

const options = suite("training/options");

const refused = (input: unknown, expected: string) => {
  assert.throws(
    () => parseTrainOptions(input),
    (error: Error) => error instanceof UsageError && error.message.includes(expected),
    `${JSON.stringify(input)} → ${expected}`,
  );
};

options("the defaults are the thesis's recipe", () => {
  const { epochs, batchSize, lr, schedule, augment, head, qubits, layers, ansatz, embedding } = parseTrainOptions({});
  assert.equal([epochs, batchSize, lr, schedule, augment], [10, 64, 0.001, "constant", "none"]);
  assert.equal([head, qubits, layers, ansatz, embedding], ["quantum", 4, 3, "thesis", "angle-x"]);
});

options("augmentations are a list, their strengths numbers", () => {
  const { augment, rotate, shift, border, ema } = parseTrainOptions({ augment: "rotations,flips", shift: 0.07 });
  assert.equal([augment, rotate, shift, border, ema], ["rotations,flips", undefined, 0.07, "zero", 0]);
  for (const augment of ["", "none,flips", "flips,", "flips rotations", "crop"]) {
    refused({ augment }, "--augment: expected none, flips, rotations or flips,rotations, got");
  }
  refused({ rotate: 181 }, "--rotate: expected a number from 0 to 180, got 181");
  refused({ shift: 1.5 }, "--shift: expected a number from 0 to 1");
  refused({ scale: 1 }, "--scale: expected a number from 0 to 0.9, got 1");
  refused({ ema: 1 }, "--ema: expected a number of at least 0 and below 1, got 1");
  refused({ border: "wrap" }, "--border: expected one of zero, reflect");
});

options("the resolved options parse to themselves", () => {
  const resolved = parseTrainOptions({ positive: [1, 2], augment: "flips,rotations", seed: 2 ** 32 - 1 });
  assert.equal(parseTrainOptions(JSON.parse(JSON.stringify(resolved))), resolved);
});

options("impossible values name the flag, what is allowed and what came", () => {
  refused({ qubits: 0 }, "--qubits: expected a whole number from 1 to 20, got 0");
  refused({ qubits: 21 }, "--qubits: expected a whole number from 1 to 20, got 21");
  refused({ layers: 2.5 }, "--layers: expected a whole number from 1 to 20, got 2.5");
  refused({ batchSize: 0 }, "--batch-size: expected a whole number");
  refused({ lr: -1 }, "--lr: expected a number above 0, got -1");
  refused({ lr: Number.NaN }, "--lr: expected a number above 0");
  refused({ lr: Number.POSITIVE_INFINITY }, "--lr: expected a number above 0");
  refused({ epochs: "12abc" }, "--epochs: expected a whole number");
  refused({ ansatz: "magic" }, `--ansatz: expected one of ${ANSATZE.join(", ")}, got magic`);
  refused({ seed: 2 ** 32 }, "--seed: expected a whole number");
  refused({ splitRatio: 1 }, "--split-ratio: expected a number between 0 and 1, got 1");
  refused({ positive: [] }, "--positive: expected at least one label");
  refused([], "options: expected an object");
});

options("an unknown option is refused with the nearest known one", () => {
  refused({ batchsize: 3 }, "--batchsize: no such option; --batch-size?");
  refused({ zzz: 3 }, "--zzz: no such option; there are --data, --size");
});

options("every problem is told at once", () => {
  refused({ qubits: 0, lr: 0 }, "\n");
});

options("every default is a value that its option takes, and no two options have one label", () => {
  for (const { name, kind, default: standard } of ROWS) {
    if (standard !== undefined) assert.ok(follows(kind.rule, standard), `${name}: ${standard}`);
  }
  const labels = FIELDS.map(({ key }) => labelOf(key));
  assert.is(new Set(labels).size, labels.length);
});

options("the parts of the program get their options from the table", () => {
  const given = parseTrainOptions({ seed: 3, rotate: 5, data: "x.npz", positive: [1] });
  const data = optionsOf("data", given);
  assert.equal(Object.keys(data).sort(), [
    ...["data", "fit", "fraction", "positive", "protocol", "seed", "shuffleLabels", "splitRatio", "strict"],
  ]);
  assert.equal(optionsOf("augmentation", { rotate: 5, epochs: 2 }), { rotate: 5 });
  for (const { name, belongsTo } of ROWS) assert.ok(belongsTo.length > 0, name);
});

options("the JSON Schema names every option with its limits and default", () => {
  const { properties, additionalProperties } = optionsJsonSchema() as Record<string, Record<string, object>>;
  assert.equal(
    Object.keys(properties),
    ROWS.map(({ name }) => name),
  );
  assert.is(additionalProperties as unknown, false);
  const { qubits } = properties as Record<string, Record<string, unknown>>;
  assert.equal([qubits.type, qubits.minimum, qubits.maximum, qubits.default], ["integer", 1, 20, 4]);
});

options.run();
