import { suite } from "uvu";
import * as assert from "uvu/assert";
import { publishedFigures } from "../../../host/comparison/published.ts";
import type { RunConfig } from "../../../host/training/record.ts";

const published = suite("published figures");

published("stand only beside the same data and task", () => {
  const config = (data: object, options: object = {}) =>
    ({
      options,
      data: {
        name: "bloodmnist",
        md5: "7053d0359d879ad8a5505303e11de1dc",
        task: "binary",
        protocol: "official",
        ...data,
      },
    }) as RunConfig;
  const path = { name: "pathmnist", md5: "a8b06965200029087d5bd730944a56c1", task: "multiclass" };
  assert.equal(
    publishedFigures(config({})).map(({ accuracy }) => accuracy),
    [0.9912],
  );
  assert.equal(publishedFigures(config({}, { positive: [2, 1] })).length, 1);
  assert.equal(publishedFigures(config({}, { positive: [3] })), []);
  assert.equal(publishedFigures(config({ md5: "0" })), []);
  assert.equal(publishedFigures(config({ name: "bloodmnist-sample" })), []);
  assert.equal(
    publishedFigures(config(path)).map(({ auc }) => auc),
    [0.983],
  );
  assert.equal(
    publishedFigures(config({ task: "multiclass" })).map(({ accuracy, auc }) => [accuracy, auc]),
    [[0.958, 0.998]],
  );
  assert.equal(publishedFigures(config({ ...path, protocol: "pooled" })), []);
});

published.run();
