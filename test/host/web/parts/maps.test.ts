import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Circuit } from "../../../../host/circuit/circuit.ts";
import { columnAt, columnX, layOut, wireAt, wireY } from "../../../../host/web/parts/circuitLayout.ts";
import { mostProbable } from "../../../../host/web/parts/figures.tsx";
import { channelAt, place, placeInSheet, range, sheet } from "../../../../host/web/parts/maps.ts";
import { ANGLE_STEP, isAngle, sliderLimit, wrapped } from "../../../../host/web/parts/slider.ts";

const test = suite("web/maps");

test("a sheet holds every feature map where placeInSheet and channelAt say", () => {
  const [channels, height, width] = [11, 2, 3]; // a last row with room left
  const values = Float32Array.from(
    { length: channels * height * width },
    (_, i) => Math.floor(i / (height * width)) + 1,
  );
  const picture = sheet({ shape: [channels, height, width], values }, 0, 255);
  assert.equal([picture.height, picture.width], [5, 31]); // 2 rows of 2, 8 columns of 3, and a pixel between them
  for (let channel = 0; channel < channels; channel++) {
    const at = placeInSheet([channels, height, width], channel);
    const [top, left] = [Math.round(at.top * picture.height), Math.round(at.left * picture.width)];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++)
        assert.is(
          picture.rgba[4 * ((top + y) * picture.width + left + x)],
          channel + 1,
          `map ${channel} at ${y}, ${x}`,
        );
    }
    assert.is(channelAt(channels, at.left + at.width / 2, at.top + at.height / 2), channel);
  }
  assert.is(picture.rgba[4 * 3], 0); // the pixel between
});

test("nothing is picked beside the sheet, or where its last row has no map", () => {
  assert.equal([channelAt(11, -0.01, 0.2), channelAt(11, 1, 0.2), channelAt(11, 0.2, 1)], [null, null, null]);
  assert.equal([channelAt(11, 2.5 / 8, 0.75), channelAt(11, 3.5 / 8, 0.75)], [10, null]);
  assert.is(channelAt(3, 0.99, 0.99), 2); // fewer than a row
});

test("the range of values, and where a map is largest in words", () => {
  assert.equal(range(Float32Array.of(2, -1, 0.5)), [-1, 2]);
  const peak = (at: number) =>
    place(
      Array.from({ length: 54 }, (_, i) => Number(i === at)),
      6,
      9,
    );
  assert.is(peak(0), "strongest at the top left");
  assert.is(peak(2 * 9 + 4), "strongest at the middle centre");
  assert.is(peak(53), "strongest at the bottom right");
});

test("the first of equal classes is the answer, as in predict", () => {
  assert.equal([mostProbable([0.2, 0.5, 0.3]), mostProbable([0.5, 0.5]), mostProbable([1])], [1, 0, 0]);
});

test("an angle's slider ends at π, or where the angle lies, and has 0 and ±π/2 on its way", () => {
  assert.equal([sliderLimit(0), sliderLimit(-3.1), sliderLimit(Math.PI)], [Math.PI, Math.PI, Math.PI]);
  for (const angle of [3.2, -7.85, 40]) {
    const limit = sliderLimit(angle);
    assert.ok(limit >= Math.abs(angle) && limit < Math.abs(angle) + ANGLE_STEP, `${angle}: ${limit}`);
    for (const mark of [0, Math.PI / 2, -Math.PI]) {
      const steps = (mark + limit) / ANGLE_STEP;
      assert.ok(Math.abs(steps - Math.round(steps)) < 1e-9, `${mark} from ${-limit}`);
    }
  }
});

test("an angle is shown from −π to π where a turn of it changes nothing", () => {
  for (const angle of [0, 3, -3.1, 3.2, -7.85, 40, 1e4]) {
    const shown = wrapped(angle);
    assert.ok(Math.abs(shown) <= Math.PI, `${angle}: ${shown}`);
    const turns = (angle - shown) / (2 * Math.PI);
    assert.ok(Math.abs(turns - Math.round(turns)) < 1e-9, `${angle}: ${turns} turns`);
  }
  const circuit = new Circuit(2, [
    { name: "RX", wires: [0], params: [{ input: 0 }] },
    { name: "CRX", wires: [0, 1], params: [{ input: 1 }] },
    { name: "RZ", wires: [1], params: [{ input: 2, factor: 0.5 }] },
    { name: "RY", wires: [1], params: [{ product: [0, 3] }] },
    { name: "RY", wires: [1], params: [{ weight: 0, factor: 2, shift: 1 }] },
  ]);
  const inputs = [0, 1, 2, 3].map((index) => isAngle(circuit, { kind: "input", index }));
  assert.equal(inputs, [false, false, false, false]);
  assert.ok(isAngle(circuit, { kind: "weight", index: 0 }));
  assert.ok(isAngle(new Circuit(1, [{ name: "RX", wires: [0], params: [{ input: 0 }] }]), { kind: "input", index: 0 }));
});

test("a drawing has every gate in one column, and every place of it has a wire and a column", () => {
  const circuit = new Circuit(3, [
    { name: "CNOT", wires: [0, 2] },
    { name: "RX", wires: [1], params: [0.5] },
    { name: "Hadamard", wires: [0] },
  ]);
  const layout = layOut(circuit);
  assert.equal(
    layout.columns.map(({ things }) => things.map(({ index }) => index)),
    [[0], [1, 2]], // the line of CNOT crosses wire 1
  );
  assert.equal(
    layout.outputs.map(({ things }) => things.map(({ text }) => text)),
    [["⟨Z⟩", "⟨Z⟩", "⟨Z⟩"]],
  );
  layout.columns.forEach(({ x }, at) => {
    assert.is(columnAt(layout, x), at);
    assert.is(columnX(layout, at), x);
  });
  assert.is(columnAt(layout, columnX(layout, 2)), 2);
  assert.ok(layout.columns.every(({ x, width }) => x + width / 2 < layout.end) && layout.end < layout.width);
  for (const wire of [0, 1, 2]) assert.is(wireAt(3, wireY(wire)), wire);
});

test.run();
