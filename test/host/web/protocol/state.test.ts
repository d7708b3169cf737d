import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { circuitData } from "../../../../host/circuit/data.ts";
import { createTemplate } from "../../../../host/circuit/templates.ts";
import { ABLATIONS, type AblationName } from "../../../../host/comparison/ablations.ts";
import {
  attributeOf,
  FIELDS,
  inWords,
  type OptionField,
  parseValue,
  problemWith,
  withOption,
} from "../../../../host/training/fields.ts";
import { parseTrainOptions } from "../../../../host/training/parse.ts";
import {
  decodeState,
  encodeState,
  HIDEABLE,
  type LabState,
  START,
  VIEWS,
} from "../../../../host/web/protocol/state.ts";

const state = suite("web/state");

/** Values of an option that may be asked for, and some that may not. */
function valuesOf({ key, type, choices }: OptionField): fc.Arbitrary<unknown> {
  if (key === "augment") return fc.constantFrom("none", "flips", "rotations", "flips,rotations");
  if (choices) return fc.constantFrom(...choices);
  switch (type) {
    case "boolean":
      return fc.boolean();
    case "integer":
      return fc.integer({ min: 0, max: 20 });
    case "number":
      return fc.double({ min: 0, max: 1, noNaN: true });
    case "array":
      return fc.array(fc.nat(100), { minLength: 1, maxLength: 5 });
    case "string":
      return fc.string({ minLength: 1, unit: "grapheme" });
  }
}

const options = fc
  .tuple(...FIELDS.map((field) => fc.option(valuesOf(field), { nil: undefined })))
  .map((values) =>
    FIELDS.reduce(
      (all, field, i) =>
        values[i] === undefined || problemWith(field, values[i]) !== null ? all : withOption(all, field, values[i]),
      {} as LabState["options"],
    ),
  );

const drawn = circuitData(createTemplate({ ansatz: "strongly-entangling", embedding: "iqp", wires: 3, layers: 2 }));

const states: fc.Arbitrary<LabState> = fc.record(
  {
    view: fc.constantFrom(...VIEWS),
    run: fc.option(fc.string({ unit: "grapheme" })),
    options,
    circuit: fc.constantFrom(null, drawn),
    twins: fc.option(fc.subarray(Object.keys(ABLATIONS) as AblationName[])),
    seeds: fc.integer({ min: 1, max: 20 }),
    hide: fc.subarray([...HIDEABLE]),
    large: fc.boolean(),
  },
  { noNullPrototype: true },
);

state("a link says everything: encoded and decoded it is the same", () => {
  fc.assert(
    fc.property(states, (given) => {
      const { state: found, problems } = decodeState(`#${encodeState(given)}`);
      assert.equal(problems, []);
      assert.equal(found, given);
    }),
  );
});

state("the start needs no fragment, and a link holds what differs", () => {
  assert.is(encodeState(START), "");
  assert.equal(decodeState("").state, START);
  const changed = { ...START, options: { epochs: 5, augment: "flips,rotations", positive: [1, 2] } };
  assert.is(encodeState(changed), "epochs=5&augment=flips,rotations&positive=1,2".split("&").sort(byPlace).join("&"));
});

/** Options stand in the order of the table. */
const place = (part: string) => FIELDS.findIndex(({ key }) => attributeOf(key) === part.split("=")[0]);
const byPlace = (a: string, b: string) => place(a) - place(b);

state("what a link gets wrong is said and left out; the rest counts", () => {
  const { state: found, problems } = decodeState(
    "epochs=0&batch-size=32&colour=red&view=predict&twins=none,magic&seeds=99",
  );
  assert.equal(found, { ...START, view: "use", options: { batchSize: 32 } });
  assert.equal(problems, [
    "The link says epochs=0: expected a whole number from 1 to 100000.",
    "The link says colour=red: there is no such option.",
    `The link says twins=none,magic: expected some of ${Object.keys(ABLATIONS).join(", ")}.`,
    "The link says seeds=99: expected a whole number from 1 to 20.",
  ]);
});

state("any text at all is read without an exception", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => void decodeState(text)));
  fc.assert(
    fc.property(fc.constantFrom(...FIELDS), fc.string(), (field, text) => {
      const value = parseValue(field, text);
      const problem = problemWith(field, value);
      if (problem === null) return;
      assert.throws(
        () => parseTrainOptions({ [field.key]: value }),
        new RegExp(`^--${attributeOf(field.key)}: expected`),
      );
    }),
  );
});

state("messages of the command line name options as the page does", () => {
  assert.is(inWords("--lr: expected a number above 0"), "“learning rate”: expected a number above 0");
  assert.is(inWords("try --clip-norm 1 or --out x"), "try “clip norm” 1 or --out x");
});

state.run();
