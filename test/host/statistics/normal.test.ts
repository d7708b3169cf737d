import { suite } from "uvu";
import * as assert from "uvu/assert";
import { normalQuantile, normalTail, Z95 } from "../../../host/statistics/normal.ts";

const normal = suite("evaluation/normal");

// mpmath with 40 digits, rounded to doubles: erfc(z / sqrt(2)) / 2. Both formulas and the place where they meet (3.54)
// are in the list.
const tails: [z: number, tail: number][] = [
  [0, 0.5],
  [0.3, 0.3820885778110474],
  [1, 0.15865525393145705],
  [1.96, 0.024997895148220435],
  [2.5, 0.006209665325776135],
  [3.4, 0.0003369292656768811],
  [3.6, 0.00015910859015753383],
  [5, 2.866515718791939e-7],
  [8, 6.220960574271784e-16],
  [20, 2.7536241186062337e-89],
  [37, 5.725571222524577e-300],
];

normal("the tail has 12 digits of mpmath's, far out as well", () => {
  for (const [z, tail] of tails) {
    assert.ok(Math.abs(normalTail(z) / tail - 1) < 1e-12, `${z}: expected ${tail}, got ${normalTail(z)}`);
    assert.ok(Math.abs(normalTail(-z) - (1 - tail)) < 1e-15, `${-z}`);
  }
});

normal("the quantile agrees with scipy.stats.norm.ppf and undoes the tail", () => {
  const quantiles = [
    [0.001, -3.090232306167813],
    [0.025, -1.9599639845400545],
    [0.3, -0.5244005127080409],
    [0.975, 1.959963984540054],
    [0.9999, 3.719016485455709],
  ];
  for (const [p, z] of quantiles) assert.ok(Math.abs(normalQuantile(p) - z) < 1e-11, `${p}: ${normalQuantile(p)}`);
  assert.ok(Math.abs(normalQuantile(0.5)) < 1e-12);
  assert.ok(Math.abs(normalQuantile(0.975) - Z95) < 1e-12);
});

normal.run();
